import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGit } from '../../activities/git/git.js';
import { commitEvents } from '../../activities/repository/commit-events.js';
import type { EventActivities } from '../../activities/events.js';
import { createGateway } from '../../api/temporal.js';
import { runCommand } from '../../cli/program.js';
import { gitEnvironment } from '../../config/environment.js';
import { openSecret } from '../../config/secret.js';
import type { EventDocument } from '../../model/event-document.js';
import { TASK_QUEUE } from '../../model/workflow-id.js';
import { startApi } from '../api/support/api-server.js';
import type { ApiServer } from '../api/support/api-server.js';
import { closedPort, httpServer } from '../cli/sockets.js';
import { workflowBundle } from '../support/bundle.js';
import { until } from '../support/processes.js';
import { connectTemporal } from '../support/temporal.js';
import type { TestTemporal } from '../support/temporal.js';
import { createOrigin, NO_REQUESTS, serveHttp } from './served.js';
import type { GitHost, Origin } from './served.js';

const NAME = 'pipecd-sandbox-canary-image-update';
let temporal: TestTemporal;
let origin: Origin;
let host: GitHost;
let folder: string;
let api: ApiServer;
let keyFile: string;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  origin = await createOrigin();
  await origin.push({
    'taskdef.yaml': 'family: web\ncontainerDefinitions:\n  - image: nginx:1.23   # pinned\n    name: web\n',
    '.pipe/event-watcher-ecs.yaml': `apiVersion: pipecd.dev/v1beta1\nkind: EventWatcher\nspec:\n  events:\n    - name: ${NAME}\n      replacements:\n        - file: taskdef.yaml\n          yamlField: $.containerDefinitions[0].image\n`,
  });
  host = await serveHttp(origin);
  folder = await mkdtemp(join(tmpdir(), 'sluice-register-'));
  keyFile = join(folder, 'key');
  await writeFile(keyFile, 'deployer-key\n');
  temporal = await connectTemporal();
  api = await startApi(
    createGateway(temporal.client, { publicUrl: 'http://127.0.0.1', namespace: temporal.namespace }, ['r']),
  );
  const git = createGit({
    access: {},
    openSecret,
    environment: gitEnvironment(),
    folder: join(folder, 'git'),
    cancelled: () => new AbortController().signal,
  });
  const activities: EventActivities & { notify: () => Promise<{ delivered: boolean }> } = {
    commitEvents: async ({ repoId, events }) => ({
      ...(await commitEvents(git, NO_REQUESTS, { repoId, remote: host.remote, branch: 'main' }, events)),
      alone: true,
    }),
    notify: () => Promise.resolve({ delivered: true }),
  };
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    activities,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await api.close();
  await temporal.close();
  await host.close();
  await origin.remove();
  await rm(folder, { recursive: true, force: true });
});

async function sluice(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(args, {
    environment: {
      configFiles: [],
      host: '127.0.0.1',
      port: 8080,
      dataDir: folder,
      url: api.url,
      apiKey: 'deployer-key',
    },
    out: (text) => out.push(text),
    say: (text) => err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const register = (name: string, address: string, data = 'nginx:1.25') =>
  sluice(
    'event',
    'register',
    `--address=${address}`,
    `--api-key-file=${keyFile}`,
    `--name=${name}`,
    `--data=${data}`,
    '--json',
  );

it('the seed user’s command becomes a commit of one line', async () => {
  const { code, out } = await register(NAME, api.url);
  expect(code).toBe(0);
  const { id, status } = JSON.parse(out) as EventDocument;
  expect(status).toBe('PENDING');
  const shown = await until('the event to end', async () => {
    const found = JSON.parse((await sluice('event', 'show', id, '--json')).out) as EventDocument;
    return found.status === 'PENDING' ? undefined : found;
  });
  await origin.git('fetch', '--quiet', 'origin', 'main');
  expect(shown).toMatchObject({ status: 'HANDLED', by: 'ci', commit: await origin.git('rev-parse', 'FETCH_HEAD') });
  expect(await origin.git('diff', '-U0', 'HEAD', 'FETCH_HEAD')).toContain(
    '\n-  - image: nginx:1.23   # pinned\n+  - image: nginx:1.25   # pinned',
  );
  expect((await sluice('event', 'list')).out).toContain(`${id}  HANDLED`);
});

it('who waits hears of its end', async () => {
  const { code, out, err } = await sluice(
    'event',
    'register',
    `--address=${api.url}`,
    `--api-key-file=${keyFile}`,
    `--name=${NAME}`,
    '--data=nginx:1.26',
    '--wait',
  );
  expect([code, out]).toEqual([0, expect.stringMatching(/ HANDLED .*nginx:1\.26/) as string]);
  expect(err).toContain('It will be committed.');
  const none = await sluice(
    'event',
    'register',
    `--address=${api.url}`,
    `--api-key-file=${keyFile}`,
    '--name=nobody',
    '--data=x',
    '--wait',
  );
  expect([none.code, none.out]).toEqual([1, expect.stringContaining('FAILED') as string]);
});

it('an event that nobody waits for fails, and says who waits for what', async () => {
  const { id } = JSON.parse((await register('unknown', api.url)).out) as EventDocument;
  const shown = await until('the event to end', async () => {
    const found = await sluice('event', 'show', id);
    return found.code === 1 ? found : undefined;
  });
  expect(shown.out).toContain(
    `No event watcher matches name unknown without labels; watchers are: name ${NAME} without labels`,
  );
});

it('what is no event is refused, and without a repository none is taken', async () => {
  const answer = await api.send('POST', '/api/v1/events', { name: 'a', data: 'two\nlines' });
  expect(answer.status).toBe(422);
  expect((await api.get('/api/v1/events/nope')).status).toBe(404);
  const alone = await startApi(
    createGateway(temporal.client, { publicUrl: 'http://127.0.0.1', namespace: temporal.namespace }),
  );
  const { code, err } = await register(NAME, alone.url);
  await alone.close();
  expect(code).toBe(1);
  expect(err).toContain('No git repository is configured');
  expect((await sluice('event', 'register', '--name=a', '--data=b', '--labels=x')).code).toBe(2);
});

it('a server that cannot be reached is named, with what happened and what to try', async () => {
  const closed = await closedPort();
  const refused = await register(NAME, closed.replace('http://', ''));
  expect(refused.code).toBe(3);
  expect(refused.err).toContain(`${closed} refused the connection: nothing listens there.`);
  expect(refused.err).toContain('--address');
  const other = await httpServer((_request, response) => void response.end('hello'));
  const strange = await register(NAME, other);
  expect(strange.code).toBe(3);
  expect(strange.err).toContain('not as Sluice does');
  const wrongKey = await sluice('event', 'register', `--address=${api.url}`, '--api-key=wrong', '--name=a', '--data=b');
  expect(wrongKey.code).toBe(2);
  expect(wrongKey.err).toContain('wrong or expired');
});
