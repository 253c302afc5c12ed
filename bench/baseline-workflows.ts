import { proxyActivities, sleep } from '@temporalio/workflow';

/** What the baseline workflows ask: activities that answer what they are given, or as much as the real ones do. */
export interface BaselineActivities {
  echo(text: string): Promise<string>;
  /** One change of AWS, with a result as large as the product's. */
  deliver(): Promise<unknown>;
  /** One window's measurement, as large as the product's. */
  judge(window: number): Promise<unknown>;
}

const activities = proxyActivities<BaselineActivities>({ startToCloseTimeout: '1 minute' });

/** One workflow, one activity, one answer: what Temporal itself costs. */
export async function roundTrip(text: string): Promise<string> {
  return activities.echo(text);
}

/** A canary as one would write it first: a timer and an activity for each window, and nothing that anybody could watch. */
export async function plainCanary({ windows, interval }: { windows: number; interval: number }): Promise<number> {
  for (let step = 0; step < 4; step += 1) await activities.deliver();
  for (let window = 1; window <= windows; window += 1) {
    await sleep(interval);
    await activities.judge(window);
  }
  for (let step = 0; step < 4; step += 1) await activities.deliver();
  return windows;
}
