import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findServer, type Context } from '../../cli/context.js';
import { runCommand } from '../../cli/program.js';
import { packageRoot } from '../../cli/package-root.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { BEGAN, runningCanary } from './documents.js';
import { closedPort, httpServer } from './sockets.js';

const EXAMPLE = join(packageRoot(), 'examples', 'canary');

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Runs a command as a script would; answers its exit code and what it wrote. */
async function sluice(
  args: string[],
  { url, apiKey, dataDir }: { url?: string; apiKey?: string; dataDir?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const context: Context = {
    environment: {
      configFiles: [],
      host: '127.0.0.1',
      port: 8080,
      dataDir: dataDir ?? (await scratch()),
      ...(url !== undefined && { url }),
      ...(apiKey !== undefined && { apiKey }),
    },
    out: (text) => out.push(text),
    say: (text) => err.push(text),
  };
  const code = await runCommand(args, context);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** An API of which a test says what it answers; it remembers what it was asked. */
async function api(
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => unknown,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await httpServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      seen.push({ method, url: path, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      const json = answer(path.replace('/api/v1', ''), response, request);
      if (json !== undefined) response.end(JSON.stringify(json));
    });
  });
  return { url, seen };
}

function notThere(response: ServerResponse, detail: string): object {
  response.statusCode = 404;
  return { type: 'about:blank', title: 'Not Found', status: 404, detail };
}

function ended(status: DeploymentDocument['status']): DeploymentDocument {
  return runningCanary({ status, completedAt: new Date(BEGAN).toISOString() });
}

test.each([[[]], [['nonsense']], [['status', '--nonsense']], [['watch']], [['approve', 'web-1']]])(
  'wrong use %j ends with 2',
  async (args) => {
    expect((await sluice(args)).code).toBe(2);
  },
);

test('help ends with 0', async () => {
  const { code, out } = await sluice(['deploy', '--help']);
  expect(code).toBe(0);
  expect(out).toContain('--idempotency-key');
});

test('a server that is not there ends with 3', async () => {
  const { code, err } = await sluice(['status'], { url: await closedPort() });
  expect(code).toBe(3);
  expect(err).toContain('refused the connection');
});

test('deploy sends the three files, the image and the commit', async () => {
  const { url, seen } = await api(() => runningCanary());
  const args = [
    'deploy',
    EXAMPLE,
    '--image',
    'example/web:2',
    '--strategy',
    'PIPELINE',
    '--commit',
    'abc',
    '--commit-author',
    'me',
  ];
  const { code, out } = await sluice([...args, '--idempotency-key', 'k', '--provider', 'eu'], {
    url,
    apiKey: 'secret',
  });
  expect(code).toBe(0);
  expect(out).toBe('web-12 RUNNING: sluice watch web-12');
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: '/api/v1/applications/canary/deployments',
    headers: { authorization: 'Bearer secret', 'idempotency-key': 'k', 'content-type': 'application/json' },
    body: {
      image: 'example/web:2',
      strategy: 'PIPELINE',
      platformProvider: 'eu',
      commit: { hash: 'abc', author: 'me' },
      files: {
        'app.pipecd.yaml': expect.stringContaining('ECSApp') as string,
        'servicedef.yaml': expect.any(String) as string,
        'taskdef.yaml': expect.any(String) as string,
      },
    },
  });
});

test('deploy takes an image for each container, but not both forms', async () => {
  const { url, seen } = await api(() => runningCanary());
  await sluice(['deploy', EXAMPLE, '--image', 'web=a:1', '--image', 'log=b:2', '--app', 'other'], { url });
  expect(seen[0]).toMatchObject({
    url: '/api/v1/applications/other/deployments',
    body: { image: { web: 'a:1', log: 'b:2' } },
  });
  expect((await sluice(['deploy', EXAMPLE, '--image', 'a:1', '--image', 'web=b:2'], { url })).code).toBe(2);
});

test('deploy without an application file says what is missing', async () => {
  const { code, err } = await sluice(['deploy', await scratch()]);
  expect(code).toBe(2);
  expect(err).toContain('app.pipecd.yaml');
  expect((await sluice(['deploy', '/nowhere'])).err).toContain('cannot be read');
});

test('a file outside of the folder is not sent', async () => {
  const { url, seen } = await api(() => runningCanary());
  const folder = await scratch();
  await mkdir(join(folder, 'app'));
  await writeFile(join(folder, 'secret.yaml'), 'x: 1');
  await writeFile(
    join(folder, 'app', 'app.pipecd.yaml'),
    'spec: { name: a, input: { taskDefinitionFile: ../secret.yaml, serviceDefinitionFile: /etc/hostname } }',
  );
  await sluice(['deploy', join(folder, 'app')], { url });
  expect(Object.keys((seen[0]?.body as { files: object }).files)).toEqual(['app.pipecd.yaml']);
});

test.each([
  ['SUCCEEDED', 0],
  ['ROLLED_BACK', 1],
  ['FAILED', 1],
  ['CANCELLED', 1],
  ['SUPERSEDED', 1],
] as const)('watch of one that ended %s ends with %i', async (status, code) => {
  const { url } = await api(() => ended(status));
  const watched = await sluice(['watch', 'web-12'], { url });
  expect(watched.code).toBe(code);
  expect(watched.out).toContain(`web-12 ${status}`);
  expect(JSON.parse((await sluice(['watch', 'web-12', '--json'], { url })).out)).toMatchObject({ status });
});

test('watch of an unknown deployment ends with 2', async () => {
  const { url } = await api((_, response) => notThere(response, 'There is no deployment web-99.'));
  expect(await sluice(['watch', 'web-99'], { url })).toMatchObject({
    code: 2,
    err: 'sluice: There is no deployment web-99.',
  });
});

test('deploy --wait follows the live stream over a cut, resumes after its last event, and shows its log', async () => {
  let streams = 0;
  let done = false;
  const line = (text: string): string => JSON.stringify({ at: BEGAN, level: 'info', text, stage: 'stage-0' });
  const { url, seen } = await api((path, response) => {
    if (!path.endsWith('/events')) return done ? ended('SUCCEEDED') : runningCanary();
    streams += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`id: ${streams}\nevent: log\ndata: ${line(`line ${streams}`)}\n\n`);
    if (streams === 1) setTimeout(() => response.destroy(), 100);
    else done = true;
    return undefined;
  });
  const { code, out } = await sluice(['deploy', EXAMPLE, '--wait'], { url });
  expect(code).toBe(0);
  expect(out).toContain('line 1');
  expect(out).toContain('line 2');
  const resumed = seen.filter(({ url: path }) => path.endsWith('/events'))[1];
  expect(resumed?.headers['last-event-id']).toBe('1');
});

test('watch goes on by polling where the stream is refused, and over an outage of the server', async () => {
  let reads = 0;
  const { url } = await api((path, response) => {
    if (path.endsWith('/events')) return notThere(response, 'No streams here.');
    reads += 1;
    if (reads !== 2) return reads < 3 ? runningCanary() : ended('ROLLED_BACK');
    response.destroy();
    return undefined;
  });
  const { code, out } = await sluice(['watch', 'web-12'], { url });
  expect(code).toBe(1);
  expect(out).toContain('the deployment goes on without us');
  expect(out).toContain('The server answers again.');
});

test('a control carries its reason and stage; a refusal ends with 1 and its words', async () => {
  const { url, seen } = await api((path, response) => {
    if (path.endsWith('/approve')) return { status: 'RUNNING', text: 'Approved.' };
    response.statusCode = 409;
    return { type: 'about:blank', title: 'Conflict', status: 409, detail: 'It does not wait.', fix: 'Do nothing.' };
  });
  const approved = await sluice(['approve', 'web-12', '-r', 'looks good', '--stage', 'stage-4'], { url });
  expect(approved).toMatchObject({ code: 0, out: 'web-12 RUNNING: Approved.' });
  expect(seen[0]).toMatchObject({
    url: '/api/v1/deployments/web-12/approve',
    body: { reason: 'looks good', stage: 'stage-4' },
  });
  expect(await sluice(['reject', 'web-12', '-r', 'no'], { url })).toMatchObject({
    code: 1,
    err: 'sluice: It does not wait.\nDo nothing.',
  });
  await sluice(['cancel', 'web-12', '-r', 'stop', '--keep'], { url });
  expect(seen.at(-1)?.body).toEqual({ reason: 'stop', rollback: false });
});

test('rollback takes a deployment, or an application that is called like one', async () => {
  const { url, seen } = await api((path, response) => {
    if (path === '/deployments/web-12') return runningCanary();
    if (path === '/deployments/web-12/rollback') return { status: 'ROLLING_BACK', text: 'Rolling back.' };
    if (path.startsWith('/applications/')) return runningCanary({ id: 'web-2-7' });
    return notThere(response, 'There is no such deployment.');
  });
  expect((await sluice(['rollback', 'web-12', '-r', 'bad'], { url })).out).toBe('web-12 ROLLING_BACK: Rolling back.');
  expect((await sluice(['rollback', 'web-2', '-r', 'bad', '--to', 'web-2-5'], { url })).out).toContain('web-2-7');
  expect(seen.at(-1)).toMatchObject({
    url: '/api/v1/applications/web-2/rollback',
    body: { reason: 'bad', to: 'web-2-5' },
  });
  expect((await sluice(['rollback', 'web-2', '-r', 'bad'], { url })).code).toBe(0);
  expect(seen.at(-1)).toMatchObject({ url: '/api/v1/applications/web-2/rollback' });
});

test('the key that `up` made is used on this machine, and is not offered to another', async () => {
  const dataDir = await scratch();
  await writeFile(join(dataDir, 'api-key'), 'made-here\n');
  const { url, seen } = await api(() => ({ deployments: [] }));
  await sluice(['status'], { url, dataDir });
  expect(seen[0]?.headers.authorization).toBe('Bearer made-here');
  const environment = { configFiles: [], host: '127.0.0.1', port: 8080, dataDir, url: 'https://sluice.example' };
  const context: Context = { environment, out: () => undefined, say: () => undefined };
  expect(findServer(context)).toEqual({ url: 'https://sluice.example' });
});

test('doctor shows what is wrong and what to do, and ends with 1', async () => {
  const checks = [
    { name: 'temporal', ok: true, detail: 'Server 1.32.0' },
    { name: 'ecs:CreateTaskSet', ok: false, detail: 'not allowed', fix: 'Allow it.' },
    { name: 'clock', ok: null, detail: 'could not be told' },
  ];
  const { url } = await api(() => ({ checks }));
  const { code, out } = await sluice(['doctor'], { url });
  expect(code).toBe(1);
  expect(out.split('\n')).toEqual([
    '✔ temporal           Server 1.32.0',
    '✖ ecs:CreateTaskSet  not allowed',
    '                     → Allow it.',
    '? clock              could not be told',
    '',
    '1 well, 1 wrong, 1 not known',
  ]);
});

test('drift shows each difference, and its exit code tells in sync, out of sync and not known apart', async () => {
  const found = {
    app: 'web',
    status: 'OUT_OF_SYNC',
    reason: 'It differs.',
    lookedAt: '2026-11-23T08:00:00.000Z',
    since: '2026-11-23T07:00:00.000Z',
    deployment: 'web-7',
    differences: [
      { path: 'service.desiredCount', deployed: '2', running: '3' },
      { path: 'taskSet', deployed: 'a primary task set' },
      { path: 'taskSet[9]', running: 'web:3 at 50 % in green' },
    ],
  };
  let answer: object = found;
  const { url, seen } = await api(() => answer);
  const { code, out } = await sluice(['drift', 'web'], { url });
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/applications/web/drift' });
  expect(code).toBe(1);
  expect(out.split('\n')).toEqual([
    'web: OUT_OF_SYNC. It differs.',
    '  ~ service.desiredCount: deployed 2, running 3',
    '  - taskSet: a primary task set (gone)',
    '  + taskSet[9]: web:3 at 50 % in green (not deployed)',
  ]);
  const json = await sluice(['drift', 'web', '--json'], { url });
  expect([json.code, JSON.parse(json.out)]).toEqual([1, found]);
  const codes = [];
  for (const status of ['SYNCED', 'UNKNOWN', 'DEPLOYING']) {
    answer = { ...found, status, differences: [] };
    codes.push((await sluice(['drift', 'web'], { url })).code);
  }
  expect(codes).toEqual([0, 4, 4]);
  expect((await sluice(['drift', '--help'])).out).toContain('Exit code 1 when it is out of sync');
});

test('lint of the example finds no error, and says that providers were not checked', async () => {
  const { code, out } = await sluice(['lint', EXAMPLE]);
  expect(code).toBe(0);
  expect(out).toContain('0 errors');
  expect(out).toContain('Names of providers were not checked');
});

test('lint names file, line and field, and ends with 1', async () => {
  const folder = await scratch();
  await writeFile(
    join(folder, 'app.pipecd.yaml'),
    'apiVersion: pipecd.dev/v1beta1\nkind: ECSApp\nspec:\n  pipeline: [\n',
  );
  const { code, out } = await sluice(['lint', folder]);
  expect(code).toBe(1);
  expect(out).toMatch(/^✖ app\.pipecd\.yaml:\d+:\d+/);
  const json = JSON.parse((await sluice(['lint', folder, '--json'])).out) as { findings: unknown[] };
  expect(json.findings[0]).toMatchObject({ level: 'error', file: 'app.pipecd.yaml' });
});

test('lint checks the names of providers against a configuration', async () => {
  const folder = await scratch();
  const config = join(folder, 'sluice.yaml');
  await writeFile(
    config,
    'apiVersion: sluice.dev/v1\nkind: Sluice\nspec:\n  ecsProviders: [{ name: eu, region: eu-central-1 }]\n',
  );
  const { code, out } = await sluice(['lint', EXAMPLE, '--config', config]);
  expect(code).toBe(1);
  expect(out).toContain('"sandbox-datadog" is not configured');
  expect((await sluice(['lint', EXAMPLE, '--config', join(folder, 'none.yaml')])).code).toBe(2);
});
