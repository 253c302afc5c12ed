import { runInNewContext } from 'node:vm';
import type { HttpCheck } from '../../../model/metric.js';
import { SourceError } from '../source.js';
import type { Answer } from './request.js';

/** Of what came instead, in words. */
const SHOWN = 80;
/** A regular expression can be written that takes for ever; meanwhile this process would do nothing else. */
const LONGEST_MATCH_MS = 100;

/**
 * What in an answer is not as expected, in words without a full stop; undefined when all is.
 * @throws SourceError when it could not be told
 */
export function differenceOf(check: HttpCheck, answer: Answer): string | undefined {
  if (answer.status !== check.expectedCode) return `status ${answer.status}, expected ${check.expectedCode}`;
  return (
    (check.expectedResponse === undefined ? undefined : unequal(check.expectedResponse, answer)) ??
    (check.bodyMatches === undefined ? undefined : unmatched(check.bodyMatches, answer)) ??
    (check.jsonPath === undefined ? undefined : otherAt(check.jsonPath, answer))
  );
}

function unequal(expected: string, { body, cut }: Answer): string | undefined {
  if (!cut && body.trim() === expected.trim()) return undefined;
  return `the body ${shown(body)} is not ${shown(expected)}`;
}

function unmatched(pattern: string, { body, cut }: Answer): string | undefined {
  const expression = expressionOf(pattern);
  let matched: unknown;
  try {
    // In a context of its own for the sake of the time limit alone: no code of the file's runs there.
    matched = runInNewContext('expression.test(body)', { expression, body }, { timeout: LONGEST_MATCH_MS });
  } catch {
    const message = `Whether the body matches /${pattern}/ could not be told within ${LONGEST_MATCH_MS} ms: write a simpler expression.`;
    throw new SourceError('refused', message);
  }
  const part = cut ? 'the first 64 KB of the body do' : `the body ${shown(body)} does`;
  return matched === true ? undefined : `${part} not match /${pattern}/`;
}

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    throw new SourceError('refused', `/${pattern}/ is no regular expression.`);
  }
}

function otherAt(paths: Readonly<Record<string, string>>, { body, cut }: Answer): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return cut ? 'the body is longer than 64 KB: it cannot be read as JSON' : `the body ${shown(body)} is no JSON`;
  }
  for (const [path, expected] of Object.entries(paths)) {
    const found = valueAt(document, path);
    if (found !== undefined && textOf(found) === expected) continue;
    const is = found === undefined ? 'is not there' : `is ${shown(textOf(found))}`;
    return `${path} ${is}, expected ${shown(expected)}`;
  }
  return undefined;
}

/** `$.checks[0].up`: members by name and items by number, own ones alone. */
function valueAt(document: unknown, path: string): unknown {
  let at = document;
  for (const [, name, index] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)) {
    const key = name ?? index ?? '';
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A text in quotes, cut to what fits into a sentence. */
function shown(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > SHOWN ? `"${line.slice(0, SHOWN)}…"` : `"${line}"`;
}
