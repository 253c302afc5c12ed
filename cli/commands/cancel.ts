import { addExamples } from '../examples.js';
import type { CommandHost } from '../program.js';
import { sendControl, type ControlOptions } from './control.js';

/** `sluice cancel`: stops a deployment and rolls it back, unless told to keep what was done. */
export function addCancel(host: CommandHost): void {
  const command = host.program
    .command('cancel')
    .description('Stop a deployment and roll it back.')
    .argument('<deployment>', 'its id, such as web-12')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--keep', 'do not roll back: leave everything as it is and mark the application DIVERGED')
    .option('--json', 'answer as JSON')
    .action((id: string, options: ControlOptions) => sendControl(host, 'cancel', id, options));
  addExamples(
    command,
    ['stop web-12 and roll it back', 'sluice cancel web-12 --reason "wrong image"'],
    ['stop it and leave AWS as it is', 'sluice cancel web-12 --reason "we look by hand" --keep'],
  );
}
