import { createHash } from 'node:crypto';
import express from 'express';
import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import type { Json } from '../model/json.js';
import { ApiProblem } from './problem.js';

const BODY_LIMIT_BYTES = 1024 * 1024;

/** Middleware that reads a JSON body of at most 1 MiB; other types are refused with 415, broken JSON with its line and column. */
export function jsonBody(): RequestHandler {
  const read: RequestHandler = express.json({ limit: BODY_LIMIT_BYTES, strict: false });
  return (req, res, next) => {
    if (hasBody(req) && !req.is('application/json')) {
      const type = req.headers['content-type'];
      throw new ApiProblem(415, type ? `The body is sent as ${type}.` : 'The body has no Content-Type.', {
        fix: 'Send JSON, with the header Content-Type: application/json.',
      });
    }
    read(req, res, (error?: unknown) => next(error === undefined ? undefined : bodyProblem(error)));
  };
}

/** A request has a body when it says how long it is or that it comes in chunks (RFC 9112 §6.3). */
function hasBody(req: Request): boolean {
  if (req.headers['transfer-encoding'] !== undefined) return true;
  return Number(req.headers['content-length'] ?? 0) > 0;
}

/** What body-parser's errors mean to the one who sent the body; it marks them by `type`. */
function bodyProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !('type' in error)) return error;
  switch (error.type) {
    case 'entity.too.large':
      return new ApiProblem(413, `The body is larger than ${BODY_LIMIT_BYTES} bytes.`, {
        fix: 'Send only the three files of the application.',
      });
    case 'entity.parse.failed': {
      const text = 'body' in error && typeof error.body === 'string' ? error.body : '';
      return new ApiProblem(400, `The body is not JSON: ${error.message}${placeOf(error.message, text)}.`);
    }
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new ApiProblem(415, `The body cannot be read: ${error.message}.`, {
        fix: 'Send UTF-8, without compression or with gzip.',
      });
    case 'request.aborted':
    case 'request.size.invalid':
      return new ApiProblem(400, `The body did not arrive whole: ${error.message}.`);
    default:
      return error;
  }
}

/** V8 tells the position as a count of characters, and not at all where the text just ends. */
function placeOf(message: string, text: string): string {
  if (/\bline \d+ column \d+/.test(message)) return '';
  const told = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, told === undefined ? text.length : Number(told));
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return ` (line ${line}, column ${column})`;
}

/**
 * Reads a part of the request by its schema.
 * @param status 422 for a body, 400 for a query string.
 * @throws ApiProblem with one finding for each field that is wrong.
 */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, status: 400 | 422): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const findings = parsed.error.issues.map((issue) => ({
    level: 'error' as const,
    ...(issue.path.length > 0 && { field: issue.path.join('.') }),
    message: issue.message,
  }));
  const where = status === 422 ? 'body' : 'query';
  const first = findings[0];
  throw new ApiProblem(
    status,
    `The ${where} does not fit: ${[first?.field, first?.message].filter(Boolean).join(': ')}.`,
    {
      fix: 'GET /openapi.json shows what fits.',
      findings,
    },
  );
}

/** Hex SHA-256 of a JSON value, the same for every order of its keys: tells whether a repeated request is the same request. */
export function fingerprint(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value as Json)))
    .digest('hex');
}

function sorted(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value ?? null;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
