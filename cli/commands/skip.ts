import type { CommandHost } from '../program.js';
import { addControl } from './control.js';

/** `sluice skip`: ends a stage that may be skipped, such as WAIT or ANALYSIS. */
export function addSkip(host: CommandHost): void {
  addControl(host, 'skip', 'End a stage that may be skipped, such as WAIT or ANALYSIS.', { stage: true });
}
