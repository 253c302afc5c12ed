import type { CommandHost } from '../program.js';
import { changeHold, type HoldOptions } from './hold-state.js';

/** `sluice hold`. */
export function addHold(host: CommandHost): void {
  host.program
    .command('hold')
    .description('Start no more deployments of an application until it is released.')
    .argument('<app>', 'name of the application')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--json', 'answer as JSON')
    .action((app: string, options: HoldOptions) => changeHold(host, 'hold', app, options));
}
