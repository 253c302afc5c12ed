import { sleep } from '@temporalio/workflow';

/** A workflow that sleeps for some milliseconds: shows that a test server runs workflows. */
export async function sleeper(ms: number): Promise<string> {
  await sleep(ms);
  return `slept ${ms} ms`;
}
