import type { CommandHost } from '../program.js';
import { addControl } from './control.js';

/** `sluice approve`: lets a stage that waits for approval go on. */
export function addApprove(host: CommandHost): void {
  addControl(host, 'approve', 'Let a stage that waits for approval go on.', { stage: true });
}
