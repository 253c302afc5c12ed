import { formatDuration, type Millis } from '../../model/duration.js';

/**
 * The work's result, or a TimeoutError once the limit is over. The work hears of it by the signal and is not waited for: not all that
 * a call does (looking for credentials, say) listens to signals.
 */
export async function withinLimit<T>(limit: Millis, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const error = new Error(`no answer within ${formatDuration(limit)}`);
        error.name = 'TimeoutError';
        reject(error);
        controller.abort(error);
      },
      Math.max(0, limit),
    );
  });
  try {
    return await Promise.race([over, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Does the work for each item, so many at once; results in the order of the items. The work must not throw. */
export async function fewAtOnce<T, R>(items: readonly T[], few: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  async function lane(): Promise<void> {
    for (const [index, item] of left) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: few }, lane));
  return results;
}
