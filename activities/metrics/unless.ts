/** The promise's result, or the reason of a signal that is aborted meanwhile. What it waited for goes on for the others. */
export async function unless<T>(cancelled: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled.reason as Error);
    cancelled.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    cancelled.removeEventListener('abort', stop);
  }
}
