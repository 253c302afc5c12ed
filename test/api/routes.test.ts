import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../api/gateway.js';
import { ApiProblem } from '../../api/problem.js';
import type { DriftDocument } from '../../model/drift.js';
import { ROUTES } from '../../spec/http-routes.js';
import { openApiDocument } from '../../spec/openapi.js';
import type { Release } from '../../model/release.js';
import type { Problem } from '../../model/wire.js';
import type { ApplicationRollback, CancelControl, DeployRequest } from '../../workflows/messages.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';
import { liveDeployment } from './support/fake-gateway.js';

let api: ApiServer;
afterEach(() => api.close());

async function problem(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const body = (await answer.json()) as Problem;
  expect(body.status).toBe(answer.status);
  return body;
}

const release = { app: 'web', provider: 'production' } as Release;
const files = { 'app.pipecd.yaml': 'kind: ECSApp' };
const accepting = {
  ecsProviders: ['production'],
  read: () => release,
};

describe('what nothing answers', () => {
  it('is a 404 for an unknown route, and a 405 with the methods for a known path', async () => {
    api = await startApi({});
    expect((await problem(await api.get('/api/v1/plans'))).detail).toBe('There is no route GET /api/v1/plans.');
    expect((await problem(await api.get('/nothing'))).status).toBe(404);
    const refused = await api.send('DELETE', '/api/v1/deployments/web-7');
    expect(refused.headers.get('allow')).toBe('GET, HEAD');
    expect(await problem(refused)).toMatchObject({ status: 405, fix: 'Use GET, HEAD.' });
  });

  it('is a 500 without a stack where we have a bug', async () => {
    api = await startApi({ applications: () => Promise.reject(new TypeError('secret detail')) });
    const answer = await api.get('/api/v1/applications');
    const text = await answer.clone().text();
    expect(await problem(answer)).toMatchObject({ status: 500, detail: 'Sluice failed to answer this request.' });
    expect(text).not.toContain('secret detail');
    expect(text).toMatch(/request [0-9a-f-]{36}/);
  });
});

describe('a body', () => {
  it('that is no JSON is told with its place', async () => {
    api = await startApi({});
    const at = '/api/v1/deployments/web-7/pause';
    expect((await problem(await api.send('POST', at, '{"reason":\n  "x",, }'))).detail).toMatch(/\(line 2, column 7\)/);
    const cut = await problem(await api.send('POST', at, '{"reason": "x"'));
    expect(cut.detail).toMatch(/line 1,? column 15/);
    expect(cut.status).toBe(400);
  });

  it('of another type is refused', async () => {
    api = await startApi({});
    const answer = await api.send('POST', '/api/v1/deployments/web-7/pause', 'reason=x', {
      'content-type': 'text/plain',
    });
    expect(await problem(answer)).toMatchObject({ status: 415, detail: 'The body is sent as text/plain.' });
  });

  it('over the limit is refused', async () => {
    api = await startApi({});
    const big = { files: { 'app.pipecd.yaml': 'x'.repeat(1024 * 1024) } };
    expect((await problem(await api.send('POST', '/api/v1/applications/web/deployments', big))).status).toBe(413);
  });

  it('that does not fit names the field', async () => {
    api = await startApi({});
    const body = await problem(await api.send('POST', '/api/v1/deployments/web-7/pause', { reason: '', stop: true }));
    expect(body.status).toBe(422);
    expect(body.findings?.some((finding) => finding.field === 'reason')).toBe(true);
    expect(JSON.stringify(body.findings)).toContain('stop');
  });
});

describe('starting a deployment', () => {
  const deployed = (requests: DeployRequest[]): Gateway['deploy'] => {
    return (_app, request) => {
      requests.push(request);
      return Promise.resolve({ accepted: true, id: 'web-7', n: 7, repeated: requests.length > 1 });
    };
  };

  it('answers 202 with the deployment and its address', async () => {
    const requests: DeployRequest[] = [];
    api = await startApi(
      { deploy: deployed(requests), deployment: () => Promise.resolve(liveDeployment()) },
      { releases: accepting },
    );
    const answer = await api.send(
      'POST',
      '/api/v1/applications/web/deployments',
      { files, strategy: 'PIPELINE', commit: { hash: 'abc' } },
      { 'idempotency-key': 'run-1' },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/api/v1/deployments/web-7');
    expect(await answer.json()).toMatchObject({ id: 'web-7', status: 'RUNNING' });
    expect(requests[0]).toMatchObject({
      by: 'ci',
      strategy: 'PIPELINE',
      adopt: false,
      commit: { hash: 'abc' },
      release,
    });
    expect(requests[0]?.idempotency?.key).toBe('run-1');
  });

  it('knows the same body again whatever the order of its keys', async () => {
    const requests: DeployRequest[] = [];
    api = await startApi({ deploy: deployed(requests) }, { releases: accepting });
    const bodies = [
      { files, commit: { hash: 'a', author: 'b' } },
      { commit: { author: 'b', hash: 'a' }, files },
      { commit: { author: 'c', hash: 'a' }, files },
    ];
    for (const body of bodies) {
      const answer = await api.send('POST', '/api/v1/applications/web/deployments', body, { 'idempotency-key': 'k' });
      expect(answer.status).toBe(202);
    }
    const [first, second, third] = requests.map((request) => request.idempotency?.bodySha256);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('is answered as PENDING when the deployment cannot be read yet', async () => {
    api = await startApi(
      { deploy: deployed([]), deployment: () => Promise.reject(new ApiProblem(503, 'away')) },
      { releases: accepting },
    );
    const answer = await api.send('POST', '/api/v1/applications/web/deployments', { files });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ id: 'web-7', app: 'web', status: 'PENDING', trigger: { by: 'ci' } });
  });

  it('passes on why the application refused', async () => {
    const refusal = { accepted: false, status: 409, reason: 'web is held by ann.', fix: 'sluice release web' } as const;
    api = await startApi({ deploy: () => Promise.resolve(refusal) }, { releases: accepting });
    const body = await problem(await api.send('POST', '/api/v1/applications/web/deployments', { files }));
    expect(body).toMatchObject({ status: 409, detail: refusal.reason, fix: refusal.fix });
  });

  it('refuses a name that does not fit, and an odd Idempotency-Key', async () => {
    api = await startApi({}, { releases: accepting });
    for (const app of ['Web', '-web', 'a'.repeat(64), 'we%20b', '%E0%A4']) {
      const answer = await api.send('POST', `/api/v1/applications/${app}/deployments`, { files });
      expect([400, 422], app).toContain((await problem(answer)).status);
    }
    const odd = await api.send('POST', '/api/v1/applications/web/deployments', { files }, { 'idempotency-key': 'a b' });
    expect((await problem(odd)).detail).toContain('Idempotency-Key');
  });

  it('uses the application’s last provider where several are configured', async () => {
    const providers: (string | undefined)[] = [];
    api = await startApi(
      {
        deploy: deployed([]),
        application: (app) =>
          Promise.resolve({
            app,
            state: 'IDLE',
            service: { cluster: 'c', name: 'web', provider: 'staging' },
            labels: {},
            history: [],
            links: {},
          }),
      },
      {
        releases: {
          ecsProviders: ['production', 'staging'],
          read: ({ provider }) => {
            providers.push(provider);
            return release;
          },
        },
      },
    );
    await api.send('POST', '/api/v1/applications/web/deployments', { files });
    await api.send('POST', '/api/v1/applications/web/deployments', { files, platformProvider: 'production' });
    expect(providers).toEqual(['staging', 'production']);
  });
});

describe('controls', () => {
  it('carry the key’s name, the reason and the stage, and answer the workflow’s words', async () => {
    const sent: [string, string, CancelControl][] = [];
    api = await startApi({
      control: (id, name, control) => {
        sent.push([id, name, control]);
        return Promise.resolve({ status: 'ROLLING_BACK', text: 'Rolling back.' });
      },
    });
    const cancel = await api.send('POST', '/api/v1/deployments/web-7/cancel', { reason: 'no', rollback: false });
    expect(await cancel.json()).toEqual({ status: 'ROLLING_BACK', text: 'Rolling back.' });
    await api.send('POST', '/api/v1/deployments/web-7/skip', { reason: 'seen', stage: 'stage-2' });
    expect(sent).toEqual([
      ['web-7', 'cancel', { by: 'ci', reason: 'no', rollback: false }],
      ['web-7', 'skip', { by: 'ci', reason: 'seen', stage: 'stage-2' }],
    ]);
  });

  it('need a reason, and only cancel takes rollback', async () => {
    api = await startApi({});
    for (const name of ['approve', 'reject', 'skip', 'pause', 'resume', 'cancel', 'rollback']) {
      const answer = await api.send('POST', `/api/v1/deployments/web-7/${name}`);
      expect((await problem(answer)).findings?.[0]?.field, name).toBe('reason');
    }
    const pause = await api.send('POST', '/api/v1/deployments/web-7/pause', { reason: 'x', rollback: true });
    expect((await problem(pause)).status).toBe(422);
  });

  it('of an id that cannot be are a 404', async () => {
    api = await startApi({});
    const answer = await api.send('POST', '/api/v1/deployments/web/pause', { reason: 'x' });
    expect((await problem(answer)).status).toBe(404);
  });
});

describe('applications', () => {
  it('roll back with 202, and are 404 where unknown', async () => {
    const sent: ApplicationRollback[] = [];
    api = await startApi({
      application: () => Promise.resolve(undefined),
      rollbackApplication: (_app, request) => {
        sent.push(request);
        return Promise.resolve({ accepted: true, id: 'web-8', n: 8, repeated: false });
      },
      deployment: () => Promise.resolve(liveDeployment()),
    });
    const answer = await api.send('POST', '/api/v1/applications/web/rollback', { to: 'web-5', reason: 'slow' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/api/v1/deployments/web-8');
    expect(sent).toEqual([{ by: 'ci', reason: 'slow', to: 'web-5' }]);
    expect((await problem(await api.get('/api/v1/applications/nope'))).detail).toBe('There is no application nope.');
  });
});

describe('drift', () => {
  it('is looked for by a viewer too, and is 404 where nobody deployed', async () => {
    const seen: DriftDocument = {
      app: 'web',
      status: 'SYNCED',
      reason: 'All is well.',
      lookedAt: '2026-11-23T08:00:00.000Z',
      since: '2026-11-23T08:00:00.000Z',
      differences: [],
    };
    api = await startApi({
      lookForDrift: (app) =>
        app === 'web' ? Promise.resolve(seen) : Promise.reject(new ApiProblem(404, `There is no application ${app}.`)),
    });
    const viewer = { authorization: 'Bearer viewer-key' };
    const answer = await api.send('POST', '/api/v1/applications/web/drift', undefined, viewer);
    expect([answer.status, await answer.json()]).toEqual([200, seen]);
    expect((await api.send('POST', '/api/v1/applications/other/drift', undefined, viewer)).status).toBe(404);
  });
});

describe('lists', () => {
  it('hand on their filters, and refuse those that do not fit', async () => {
    const asked: unknown[] = [];
    api = await startApi({ deployments: (query) => (asked.push(query), Promise.resolve({ deployments: [] })) });
    await api.get('/api/v1/deployments?app=web&status=RUNNING,PAUSED&limit=5&cursor=abc');
    expect(asked).toEqual([{ app: 'web', status: ['RUNNING', 'PAUSED'], limit: 5, cursor: 'abc' }]);
    for (const query of ['limit=0', 'status=DONE', "app='x", 'order=asc']) {
      expect((await problem(await api.get(`/api/v1/deployments?${query}`))).status, query).toBe(400);
    }
  });
});

describe('records', () => {
  const line = { at: 1, level: 'info', text: 'one', stage: 'stage-0' } as const;
  const change = { at: 2, action: 'ecs:CreateTaskSet', resource: 'arn', summary: 'canary', stage: 'stage-0' };
  const window = {
    stage: 'stage-1',
    metric: 'errors',
    window: 1,
    from: 'a',
    to: 'b',
    outcome: 'PASS',
    points: [],
    reason: 'r',
  } as {
    stage: string;
    metric: string;
    window: number;
    from: string;
    to: string;
    outcome: string;
    points: [number, number][];
    reason: string;
  };

  it('page by a cursor, and add what running activities told on the last page, once', async () => {
    const places: unknown[] = [];
    api = await startApi({
      deployment: () =>
        Promise.resolve(liveDeployment({ log: [line, { ...line, at: 2, text: 'two' }], changes: [change] })),
      records: (_id, place) => {
        places.push(place);
        const first = Object.keys(place).length === 0;
        return Promise.resolve({ records: [{ kind: 'log', value: line }], place: { run: first ? 1 : 2 }, more: first });
      },
    });
    const first = (await (await api.get('/api/v1/deployments/web-7/log')).json()) as {
      lines: unknown[];
      cursor: string;
    };
    expect(first.lines).toEqual([line]);
    const last = (await (await api.get(`/api/v1/deployments/web-7/log?cursor=${first.cursor}`)).json()) as object;
    expect(last).toEqual({ lines: [line, { ...line, at: 2, text: 'two' }], changes: [change] });
    expect(places).toEqual([{}, { run: 1 }]);
    expect((await problem(await api.get('/api/v1/deployments/web-7/log?cursor=zzz'))).status).toBe(400);
  });

  it('are filtered by stage and metric', async () => {
    api = await startApi({
      deployment: () =>
        Promise.resolve(
          liveDeployment({
            measurements: [
              { ...window, window: 2 },
              { ...window, stage: 'other' },
            ],
          }),
        ),
      records: (_id, _place, _limit, wanted) => {
        const records = [window, { ...window, metric: 'latency' }].map((value) => ({
          kind: 'measurement' as const,
          value,
        }));
        return Promise.resolve({ records: records.filter(wanted), place: {}, more: false });
      },
    });
    const answer = await api.get('/api/v1/deployments/web-7/measurements?stage=stage-1&metric=errors');
    expect(await answer.json()).toEqual({ measurements: [window, { ...window, window: 2 }] });
  });
});

describe('metrics', () => {
  it('count by route pattern, never by path', async () => {
    api = await startApi({ deployment: () => Promise.resolve(undefined) });
    await api.get('/api/v1/deployments/web-1');
    await api.get('/api/v1/deployments/web-2');
    await api.get('/favicon.ico');
    const text = await (await api.get('/metrics')).text();
    expect(text).toContain('sluice_api_requests_total{method="GET",route="/api/v1/deployments/:id",status="404"} 2');
    expect(text).toContain('sluice_api_requests_total{method="GET",route="unmatched",status="404"} 1');
    expect(text).not.toContain('web-1');
  });
});

describe('a request that is cut off', () => {
  it('leaves the server well', async () => {
    api = await startApi({ applications: () => Promise.resolve([]) });
    const { port, hostname } = new URL(api.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          'POST /api/v1/deployments/web-7/pause HTTP/1.1\r\nhost: x\r\nauthorization: Bearer deployer-key\r\n',
        );
        socket.write('content-type: application/json\r\ncontent-length: 100\r\n\r\n{"rea');
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on('close', () => resolve());
    });
    expect((await api.get('/api/v1/applications')).status).toBe(200);
  });
});

describe('the OpenAPI document', () => {
  it('lists exactly what there is', async () => {
    api = await startApi({}, { openApi: openApiDocument('1.2.3') });
    const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as { info: { version: string } };
    expect(document.info.version).toBe('1.2.3');
    for (const route of ROUTES) {
      const path = (route.root ? route.path : `/api/v1${route.path}`).replace('{app}', 'web').replace('{id}', 'web-7');
      const options = await api.send('OPTIONS', path);
      const allowed = options.headers.get('allow')?.toLowerCase().split(', ') ?? [];
      expect(allowed, `${route.method} ${path}`).toContain(route.method);
      const listed = ROUTES.filter((other) => other.path === route.path).map(({ method }) => method);
      expect(allowed.filter((method) => method !== 'head').sort()).toEqual(listed.sort());
    }
  });
});
