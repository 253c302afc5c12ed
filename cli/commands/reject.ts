import type { CommandHost } from '../program.js';
import { addControl } from './control.js';

/** `sluice reject`: refuses a stage that waits for approval; the deployment is rolled back. */
export function addReject(host: CommandHost): void {
  addControl(host, 'reject', 'Refuse a stage that waits for approval; the deployment is rolled back.', { stage: true });
}
