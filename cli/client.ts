import { z } from 'zod';
import { SECOND } from '../model/duration.js';
import { formatFinding } from '../model/finding.js';
import { problemAnswer } from '../spec/http-answers.js';
import { connectionFailure } from './connection-failure.js';
import { CommandFailure, EXIT, type ExitCode } from './failure.js';

const ANSWER_TIMEOUT = 30 * SECOND;

/** Where the HTTP API is and what opens it. */
export interface Server {
  /** Base URL without a trailing slash: `http://127.0.0.1:8080`. */
  url: string;
  key?: string;
}

export interface Call {
  method?: 'GET' | 'POST';
  /** Below `/api/v1`, beginning with a slash. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds. */
  timeout?: number;
}

/**
 * Calls the HTTP API once.
 * @returns the answer as `schema` reads it.
 * @throws CommandFailure that says which address was asked, what happened and what to try.
 */
export async function call<T>(
  server: Server,
  { path, timeout = ANSWER_TIMEOUT, ...rest }: Call,
  schema: z.ZodType<T>,
): Promise<T> {
  const url = `${server.url}/api/v1${path}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...request(server, rest), signal: AbortSignal.timeout(timeout) });
    text = await response.text();
  } catch (error) {
    throw connectionFailure(error, url, timeout);
  }
  const json = parseJson(text);
  if (!response.ok) throw refusal(response.status, json, server);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    EXIT.unreachable,
    `${url} answered ${response.status}, but not as Sluice does: ${z.prettifyError(parsed.error).split('\n').slice(0, 3).join(' ')}`,
    'Is SLUICE_URL the address of Sluice, and of this version?',
  );
}

/** What `fetch` needs for a call: method, body and headers with the key. */
export function request(
  server: Server,
  { method = 'GET', body, headers }: Omit<Call, 'path' | 'timeout'>,
): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(server.key !== undefined && { authorization: `Bearer ${server.key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An answer that says no, as one message; a problem's findings stand below it, one a line. */
export function refusal(status: number, json: unknown, server: Server): CommandFailure {
  const problem = problemAnswer.safeParse(json);
  if (!problem.success) {
    return new CommandFailure(
      EXIT.unreachable,
      `${server.url} answered ${status}, but not as Sluice does.`,
      'Another program or a proxy may answer there: check SLUICE_URL.',
    );
  }
  const { detail, fix, findings = [] } = problem.data;
  const lines = [detail, ...findings.map((finding) => `  ${finding.level}: ${formatFinding(finding)}`)];
  return new CommandFailure(exitCode(status), lines.join('\n'), status === 401 ? keyAdvice(server) : fix);
}

function keyAdvice(server: Server): string {
  return server.key === undefined
    ? 'Set SLUICE_API_KEY; on the machine of `sluice up`, set SLUICE_DATA to its data folder, where the key is found.'
    : 'The key that was sent is wrong or expired: set SLUICE_API_KEY to a valid one.';
}

function exitCode(status: number): ExitCode {
  if (status === 409) return EXIT.failed;
  return status >= 500 || status === 429 ? EXIT.unreachable : EXIT.wrongUse;
}
