import { signal } from '@preact/signals';
import type { Problem, SessionDocument } from '../model/wire.js';

/** Who is logged in; undefined until that is known, null when nobody is. */
export const session = signal<SessionDocument | null | undefined>(undefined);

/** What the server refused, in its words. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fix?: string,
    readonly findings?: Problem['findings'],
  ) {
    super(message);
  }
}

/** Asks the API, whose answers are of our own server: their types are trusted. @throws ApiFailure in words for people */
export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        ...(method !== 'GET' && { 'Sluice-Request': '1' }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiFailure(0, 'The server cannot be reached.', 'This page tries again by itself.');
  }
  if (response.status === 401 && path !== '/session') session.value = null;
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({}))) as unknown;
  if (!response.ok) {
    const problem = answer as Partial<Problem>;
    throw new ApiFailure(response.status, problem.detail ?? response.statusText, problem.fix, problem.findings);
  }
  return answer as T;
}

/** All pages of a list that is read by cursor, one after the other. */
export async function* pagesOf<T extends { cursor?: string }>(path: string): AsyncGenerator<T> {
  for (let cursor: string | undefined; ;) {
    const page: T = await ask('GET', cursor === undefined ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
    yield page;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
}

/** Asks who we are: the cookie may be of an earlier day. */
export async function findSession(): Promise<void> {
  try {
    session.value = await ask<SessionDocument>('GET', '/session');
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 401) session.value = null;
    else throw error;
  }
}

/** Exchanges a key for the session's cookie, which no script can read. @throws ApiFailure */
export async function logIn(key: string): Promise<void> {
  session.value = await ask<SessionDocument>('POST', '/session', { key });
}

export async function logOut(): Promise<void> {
  await ask('DELETE', '/session');
  session.value = null;
}
