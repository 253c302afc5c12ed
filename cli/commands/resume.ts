import type { CommandHost } from '../program.js';
import { addControl } from './control.js';

/** `sluice resume`: lets a paused deployment go on. */
export function addResume(host: CommandHost): void {
  addControl(host, 'resume', 'Let a paused deployment go on.', { stage: false });
}
