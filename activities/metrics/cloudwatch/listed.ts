import { z } from 'zod';
import type { Term } from '../../../model/cloudwatch-term.js';
import type { Millis } from '../../../model/duration.js';
import { COMMANDS } from '../../aws/commands.js';
import { SourceError, type Confirming } from '../source.js';
import { unless } from '../unless.js';
import type { Connection } from './connection.js';
import { isDenied } from './failure.js';

/** Each page of ListMetrics has 500. */
const PAGES = 20;

const LISTED = z.object({
  Metrics: z
    .array(
      z.object({
        Namespace: z.string(),
        MetricName: z.string(),
        Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
      }),
    )
    .default([]),
  NextToken: z.string().optional(),
});

type Listed = z.output<typeof LISTED>['Metrics'][number];
/** What is looked for: a metric by its name, its dimensions, or both. */
type Wanted = Pick<Term, 'namespace'> & Partial<Pick<Term, 'metric' | 'dimensions'>>;

/** What listing needs from the source around it. */
export interface Listing {
  connection(): Connection;
  failed(error: unknown, now: number, call: { action: string; timeout: Millis }): SourceError;
}

/** Whether a listed metric has exactly these dimensions: with more of them it is another metric. */
function isExactly({ Dimensions }: Listed, wanted: NonNullable<Wanted['dimensions']>): boolean {
  return (
    Dimensions.length === wanted.length &&
    wanted.every(({ name, value }) => Dimensions.some((each) => each.Name === name && each.Value === value))
  );
}

/** Whether CloudWatch lists such a metric. @throws SourceError when it cannot be asked; whatever the call threw when it is denied */
export async function isListed(wanted: Wanted, { metric, now, cancelled }: Confirming, on: Listing): Promise<boolean> {
  const { action } = COMMANDS.ListMetrics;
  const { namespace, metric: name, dimensions = [] } = wanted;
  const { timeout } = metric;
  const signal = AbortSignal.timeout(timeout);
  let token: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const input = {
      Namespace: namespace,
      ...(name !== undefined && { MetricName: name }),
      Dimensions: dimensions.map((each) => ({ Name: each.name, Value: each.value })),
      ...(token !== undefined && { NextToken: token }),
    };
    let body: unknown;
    try {
      body = await unless(cancelled, on.connection().listMetrics(input, signal));
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      if (isDenied(error)) throw error;
      throw on.failed(error, now, { action, timeout });
    }
    const listed = LISTED.safeParse(body);
    if (!listed.success)
      throw new SourceError('transient', "CloudWatch's list of metrics has a shape that is not known.");
    const { Metrics, NextToken } = listed.data;
    if (Metrics.some((each) => wanted.dimensions === undefined || isExactly(each, dimensions))) return true;
    token = NextToken;
    if (token === undefined) return false;
  }
  return false;
}
