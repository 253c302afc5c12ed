import type { Look } from '../../../analysis/judge.js';
import { formatDuration, MINUTE } from '../../../model/duration.js';
import type { HttpCheck, ThresholdMetric } from '../../../model/metric.js';
import { SourceError, type MetricSourceClient } from '../source.js';
import { differenceOf } from './check.js';
import { ForbiddenAddress, send, type Answer } from './request.js';

const AS_EXPECTED = 1;
const NOT_AS_EXPECTED = 0;
/** A request may be this late for its window, or an interval where that is longer. */
const LATEST = MINUTE;

/**
 * The source of `https` checks: one request when a window is over, whose answer is the window's one point. An answer that never came is
 * no verdict on the version but an error, and is not asked for again within its window.
 */
export function createHttpSource(): MetricSourceClient {
  return {
    render: ({ query }) => query,

    async ask({ metric, from, now, cancelled }): Promise<Look> {
      const to = from + metric.interval;
      refuseLate(metric, to, now);
      const { check, answer } = await answerOf(metric, cancelled);
      const difference = differenceOf(check, answer);
      const end = difference === undefined ? 'as expected' : `not as expected: ${difference}`;
      return {
        query: metric.query,
        points: [{ at: from, value: difference === undefined ? AS_EXPECTED : NOT_AS_EXPECTED }],
        // The window is over, and no more will be known of it.
        watermark: [{ at: Math.max(to, now), value: AS_EXPECTED }],
        bucket: metric.resolution,
        at: now,
        note: `It answered ${answer.status}, ${end}`,
      };
    },

    read: () => Promise.reject(new SourceError('refused', 'An https check has one answer and no series to compare.')),

    // A check that was answered is there.
    confirm: () => Promise.resolve(undefined),
  };
}

/** What answers long after a window says nothing of it: after a stand-still of ours, past windows are not all judged by one moment. */
function refuseLate({ interval }: ThresholdMetric, to: number, now: number): void {
  const late = now - to;
  if (late <= Math.max(interval, LATEST)) return;
  const message = `No request was made when the window ended; ${formatDuration(late)} later it would say nothing of it.`;
  throw new SourceError('refused', message);
}

async function answerOf(
  { http, name, timeout }: ThresholdMetric,
  cancelled: AbortSignal,
): Promise<{ check: HttpCheck; answer: Answer }> {
  if (!http) throw new SourceError('refused', `${name} has no request to make.`);
  const overdue = AbortSignal.timeout(timeout);
  try {
    return { check: http, answer: await send(http, AbortSignal.any([cancelled, overdue])) };
  } catch (error) {
    cancelled.throwIfAborted();
    if (overdue.aborted) throw new SourceError('refused', `No answer within ${formatDuration(timeout)}.`);
    const why = error instanceof Error ? error.message : String(error);
    throw new SourceError('refused', error instanceof ForbiddenAddress ? `${why}.` : `No answer: ${why}.`);
  }
}
