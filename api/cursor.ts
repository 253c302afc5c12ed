import type { z } from 'zod';
import { ApiProblem } from './problem.js';

/** Writes the place where the next page begins, as text that callers hand back and do not read. */
export function writeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Reads a cursor back. @throws ApiProblem 400 when we did not write it. */
export function readCursor<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  const parsed = schema.safeParse(decode(text));
  if (parsed.success) return parsed.data;
  throw new ApiProblem(400, 'The cursor is not one that this route gave.', {
    fix: 'Ask without a cursor for the first page.',
  });
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
