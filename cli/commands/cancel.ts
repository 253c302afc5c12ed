import type { CommandHost } from '../program.js';
import { sendControl, type ControlOptions } from './control.js';

/** `sluice cancel`: stops a deployment and rolls it back, unless told to keep what was done. */
export function addCancel(host: CommandHost): void {
  host.program
    .command('cancel')
    .description('Stop a deployment and roll it back.')
    .argument('<deployment>', 'its id, such as web-12')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--keep', 'do not roll back: leave everything as it is and mark the application DIVERGED')
    .option('--json', 'answer as JSON')
    .action((id: string, options: ControlOptions) => sendControl(host, 'cancel', id, options));
}
