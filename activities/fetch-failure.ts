/**
 * Why `fetch` failed, without secrets: what happened on the way is an error's cause. An error without one is about the request itself, and
 * repeats its address or a header with the key in it; it must not become the cause of another error either, for histories keep causes.
 */
export function fetchFailure(error: unknown): { words: string; cause?: Error } {
  if (error instanceof Error && error.cause instanceof Error) return { words: error.cause.message, cause: error.cause };
  return {
    words:
      'the request cannot be made: no user may stand in the address, and no line break or special character in a key',
  };
}
