import type { CommandHost } from '../program.js';
import { changeHold, type HoldOptions } from './hold-state.js';

/** `sluice release`. */
export function addRelease(host: CommandHost): void {
  host.program
    .command('release')
    .description('Let a held application deploy again.')
    .argument('<app>', 'name of the application')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--json', 'answer as JSON')
    .action((app: string, options: HoldOptions) => changeHold(host, 'release', app, options));
}
