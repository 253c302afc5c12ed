import { inject } from 'vitest';
import { service } from './services.js';

/** The workflow bundle of this run, made from the sources for the first test that asks: give it to `Worker.create` as it is. */
export async function workflowBundle(): Promise<{ codePath: string }> {
  return service<{ codePath: string }>(inject('services'), 'bundle');
}
