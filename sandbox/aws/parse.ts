import type { z } from 'zod';
import { AwsError, invalidParameter, validationError } from './aws-error.js';

/**
 * Parses the input of a JSON 1.1 operation.
 *
 * @throws AwsError - SerializationException for a member of the wrong type, as AWS answers it; InvalidParameterException otherwise
 */
export function parseJsonInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  const value = valueAt(input, issue?.path ?? []);
  if (issue?.code === 'invalid_type' && value !== undefined) {
    throw new AwsError(
      'SerializationException',
      `${jsonType(value)} can not be converted to ${article(issue.expected)} (at ${path === '' ? 'the body' : path})`,
    );
  }
  throw invalidParameter(
    value === undefined ? `${path} can not be blank.` : `Invalid value for ${path}: ${issue?.message ?? ''}`,
  );
}

/**
 * Parses the input of a query operation.
 *
 * @throws AwsError - ValidationError, in AWS's words
 */
export function parseQueryInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = valueAt(input, path);
  const shown = value === undefined ? 'null' : JSON.stringify(value);
  throw validationError(
    `1 validation error detected: Value ${shown} at '${path.join('.')}' failed to satisfy constraint: ${issue?.message ?? ''}`,
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY';
  if (typeof value === 'object') return value === null ? 'NULL' : 'START_OBJECT';
  return `${typeof value === 'boolean' ? String(value).toUpperCase() : typeof value === 'number' ? 'NUMBER' : 'STRING'}_VALUE`;
}

function article(expected: string): string {
  return expected === 'string'
    ? 'a String'
    : expected === 'number' || expected === 'int'
      ? 'an Integer'
      : `a ${expected}`;
}
