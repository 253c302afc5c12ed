import type { Check } from '../activities/people.js';
import { remembering } from './proxies.js';

/** What the worker can tell of its surroundings, for `sluice doctor`. */
export async function doctor(): Promise<{ checks: Check[] }> {
  return await remembering.examine();
}
