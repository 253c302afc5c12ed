import type { z } from 'zod';
import { closest } from './closest.js';
import type { Path } from './yaml.js';

/** One of zod's issues in our words: where, what is wrong, what to do. */
export interface Complaint {
  path: Path;
  message: string;
  fix?: string;
}

/** Says what zod found in a value, in sentences for the person who wrote it. `known` are the keys at its top. */
export function complaints(issues: readonly z.core.$ZodIssue[], value: unknown, known: readonly string[] = []) {
  return issues.flatMap((issue) => complaintsOf(issue, value, known));
}

function complaintsOf(issue: z.core.$ZodIssue, value: unknown, known: readonly string[]): Complaint[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const actual = valueAt(value, path);
  if (actual === undefined && issue.code !== 'custom') {
    return [{ path, message: 'is missing', ...expectation(issue) }];
  }
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'never') return [{ path, message: issue.message }];
      return [
        { path, message: `must be ${article(issue.expected)}, not ${describe(actual)}`, ...quotes(issue, actual) },
      ];
    case 'invalid_value':
      return [{ path, message: `must be ${issue.values.map(show).join(' or ')}, not ${show(actual)}` }];
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], ...unknownKey(key, path.length === 0 ? known : []) }));
    case 'too_small':
      return [{ path, message: tooSmall(issue) }];
    case 'too_big':
      return [{ path, message: `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}` }];
    case 'custom': {
      const fix: unknown = issue.params?.['fix'];
      return [{ path, message: issue.message, ...(typeof fix === 'string' && { fix }) }];
    }
    case 'invalid_union':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      // The schemas give these their own message.
      return [{ path, message: issue.message }];
  }
}

/** The complaint about a key that nothing reads. */
export function unknownKey(key: string, known: readonly string[]): { message: string; fix?: string } {
  const near = closest(key, known);
  const message = `"${key}" is not a known field here`;
  if (near) return { message, fix: `Did you mean "${near}"?` };
  return known.length > 0 ? { message, fix: `Known fields: ${known.join(', ')}.` } : { message };
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

function expectation(issue: z.core.$ZodIssue): { fix?: string } {
  if (issue.code === 'invalid_type') return { fix: `Write ${article(issue.expected)}.` };
  if (issue.code === 'invalid_value') return { fix: `Write ${issue.values.map(show).join(' or ')}.` };
  return {};
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === 'string') return 'must not be empty';
  if (issue.origin === 'array')
    return `must have at least ${issue.minimum === 1 ? 'one entry' : `${issue.minimum} entries`}`;
  return issue.inclusive === false ? `must be above ${issue.minimum}` : `must be at least ${issue.minimum}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a map of fields',
  record: 'a map',
  string: 'a string',
};

function article(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return show(value);
}

function quotes(issue: z.core.$ZodIssueInvalidType, actual: unknown): { fix?: string } {
  if (issue.expected !== 'string' || (typeof actual !== 'number' && typeof actual !== 'boolean')) return {};
  return { fix: `Put it in quotes: "${String(actual)}".` };
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}
