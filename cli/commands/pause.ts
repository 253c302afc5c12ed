import type { CommandHost } from '../program.js';
import { addControl } from './control.js';

/** `sluice pause`: holds the deployment before its next step; windows go on being judged. */
export function addPause(host: CommandHost): void {
  addControl(host, 'pause', 'Hold the deployment before its next step; windows go on being judged.', { stage: false });
}
