import { randomUUID } from 'node:crypto';
import { MINUTE } from '../../model/duration.js';
import type { DeploymentDocument, LogPage, MeasurementRecord } from '../../model/wire.js';
import { hasEnded } from '../../model/wire.js';
import { until } from '../support/processes.js';
import { KEYS } from './configuration.js';

/** Long on a machine that runs the whole suite on two cores; a deployment here takes half a minute. */
const PATIENCE = 4 * MINUTE;

/** An answer of the API. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** Sluice's HTTP API under a test's hands. */
export interface Api {
  apiUrl: string;
  /** Asks the API with the deployer's key unless the headers say otherwise. Path below `/api/v1`. */
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Starts a deployment; answers its id. */
  deploy: (app: string, files: Record<string, string>, more?: object) => Promise<string>;
  document: (id: string) => Promise<DeploymentDocument>;
  /** All judged windows of a deployment, in order. */
  measurements: (id: string) => Promise<MeasurementRecord[]>;
  /** All log lines of a deployment, in order. */
  log: (id: string) => Promise<LogPage['lines']>;
  control: (id: string, name: string, more?: object) => Promise<Answer>;
  /** Cancels or rolls back, asked again while no worker answers in time. False when the deployment was over before. */
  stop: (id: string, name: 'cancel' | 'rollback') => Promise<boolean>;
  /** Waits until the deployment is as wanted, and fails at once when it has ended otherwise. */
  reaches: (id: string, what: string, wanted: (document: DeploymentDocument) => boolean) => Promise<DeploymentDocument>;
  /** Waits for the end. */
  ends: (id: string) => Promise<DeploymentDocument>;
}

/** Speaks to the API at this base URL. */
export function apiOf(apiUrl: string): Api {
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEYS.deployer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json: unknown = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
    return { status: answer.status, body: json, headers: answer.headers };
  }

  async function get<T>(path: string): Promise<T> {
    const { status, body } = await ask('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  const document = (id: string): Promise<DeploymentDocument> => get(`/deployments/${id}`);

  /** All pages of a list, one after the other. */
  async function all(id: string, what: 'measurements' | 'log', member: string): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let query = ''; ;) {
      const page = await get<Record<string, unknown[]> & { cursor?: string }>(`/deployments/${id}/${what}${query}`);
      found.push(...(page[member] ?? []));
      if (page.cursor === undefined) return found;
      query = `?cursor=${encodeURIComponent(page.cursor)}`;
    }
  }

  function control(id: string, name: string, more = {}): Promise<Answer> {
    return ask('POST', `/deployments/${id}/${name}`, { reason: 'a test', ...more });
  }

  async function reaches(
    id: string,
    what: string,
    wanted: (document: DeploymentDocument) => boolean,
  ): Promise<DeploymentDocument> {
    let last: DeploymentDocument | undefined;
    const seen = await until(
      `${id} to ${what}`,
      async () => {
        last = await document(id);
        return wanted(last) || hasEnded(last.status) ? last : undefined;
      },
      { timeout: PATIENCE, every: 400 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(last, null, 1)}`);
    });
    if (!wanted(seen))
      throw new Error(`${id} did not ${what} but ended ${seen.status}: ${JSON.stringify(seen, null, 1)}`);
    return seen;
  }

  return {
    apiUrl,
    ask,
    async deploy(app, files, more = {}) {
      // As the API advises its clients: the same request again, with the same key, when no worker answered in time.
      const key = { 'idempotency-key': randomUUID() };
      const { status, body } = await until(`${app} to be answered`, async () => {
        const answer = await ask('POST', `/applications/${app}/deployments`, { files, ...more }, key);
        return answer.status === 503 ? undefined : answer;
      });
      if (status !== 202) throw new Error(`${app} was not accepted: ${status} ${JSON.stringify(body, null, 1)}`);
      return (body as DeploymentDocument).id;
    },
    document,
    measurements: async (id) => (await all(id, 'measurements', 'measurements')) as MeasurementRecord[],
    log: async (id) => (await all(id, 'log', 'lines')) as LogPage['lines'],
    control,
    async stop(id, name) {
      for (let unheard = false; ; unheard = true) {
        const answer = await control(id, name);
        if (answer.status === 200) return true;
        // One that seemed unheard may have waited for the worker; then the next is refused.
        if (answer.status === 409) return unheard;
        if (answer.status !== 503) throw new Error(`${name} of ${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    },
    reaches,
    ends: (id) => reaches(id, 'end', ({ status }) => hasEnded(status)),
  };
}
