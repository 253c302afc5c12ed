import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { Client } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../cli/package-root.js';
import type { ChainDocument } from '../../model/chain.js';
import { MINUTE } from '../../model/duration.js';
import type { EventDocument } from '../../model/event-document.js';
import type { ApplicationDocument, DeploymentDocument, RepositoryList } from '../../model/wire.js';
import { createOrigin, serveHttp } from '../git/served.js';
import type { GitHost, Origin } from '../git/served.js';
import { until } from '../support/processes.js';
import { changesOf, FIRST, PROMOTED } from './changes.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 5 * MINUTE;
const APPS = ['web', 'api', 'lone'] as const;
const SECRET = 'a webhook secret';
const TOKEN = 'a-token';

let origin: Origin;
let host: GitHost;
const stack = useStack(async () => {
  origin = await createOrigin();
  host = await serveHttp(origin, TOKEN);
  await origin.push({ 'README.md': 'Nothing to deploy yet.' });
  const secret = async (name: string, text: string): Promise<string> => {
    await writeFile(join(origin.root, name), text);
    return join(origin.root, name);
  };
  return {
    world: worldOf(APPS),
    more: {
      git: { tokenFile: await secret('token', TOKEN) },
      // Long: what happens at once is the webhook's doing.
      syncInterval: '10m',
      repositories: [
        { repoId: 'shop', remote: host.remote, branch: 'main', webhookSecretFile: await secret('hook', SECRET) },
      ],
    },
  };
});
afterAll(async () => {
  await host.close();
  await origin.remove();
});

/** An application's files in a folder of the repository. */
function inFolder(app: (typeof APPS)[number], change: (files: Record<string, string>) => void = () => undefined) {
  const files = filesOf(shopOf(app));
  change(files);
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`apps/${app}/${name}`, text]));
}

function withImage(image: string) {
  return (files: Record<string, string>): void => {
    const task = parse(files['taskdef.yaml'] ?? '') as { containerDefinitions: { image: string }[] };
    for (const container of task.containerDefinitions) container.image = image;
    files['taskdef.yaml'] = stringify(task);
  };
}

async function webhook(): Promise<void> {
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const answer = await fetch(`${stack().apiUrl}/api/v1/webhooks/shop`, {
    method: 'POST',
    body,
    headers: { 'x-github-event': 'push', 'x-hub-signature-256': signature },
  });
  expect(answer.status).toBe(202);
}

async function fileOf(app: string) {
  const { body } = await stack().ask('GET', '/repositories');
  const [repository] = (body as RepositoryList).repositories;
  return repository?.applications.find((file) => file.path === `apps/${app}/app.pipecd.yaml`);
}

/** The deployment that a commit began, at its end. */
async function deployedBy(hash: string, app: string): Promise<DeploymentDocument> {
  const id = await until(
    `${app} to be deployed at ${hash.slice(0, 9)}`,
    async () => {
      const file = await fileOf(app);
      return file?.considered === hash ? file.deployment : undefined;
    },
    { timeout: LIMIT },
  );
  return stack().ends(id);
}

async function sluice(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(packageRoot(), 'cli', 'sluice.mjs'), ...args], {
    env: { ...process.env, SLUICE_URL: stack().apiUrl, SLUICE_API_KEY: KEYS.deployer },
  });
  return stdout;
}

test(
  'a push brings the applications out that it adds, each once, and tells their commit',
  { timeout: LIMIT },
  async () => {
    const hash = await origin.push({ ...inFolder('web'), ...inFolder('api') }, 'Add web and api');
    await webhook();
    for (const app of ['web', 'api'] as const) {
      const end = await deployedBy(hash, app);
      expect(end).toMatchObject({
        id: `${app}-1`,
        status: 'SUCCEEDED',
        version: { commit: hash },
        trigger: { by: 'git:shop' },
      });
      expect(changesOf(await stack().sandbox.changes(), shopOf(app))).toEqual(FIRST);
    }
  },
);

test('a push to one application’s folder deploys it alone, by its pipeline', { timeout: LIMIT }, async () => {
  const since = await stack().sandbox.nextChange();
  const hash = await origin.push(inFolder('web', withImage('web:2')), 'Bring web:2 out');
  await webhook();
  const end = await deployedBy(hash, 'web');
  expect([end.status, end.version.image]).toEqual(['SUCCEEDED', 'web:2']);
  const changes = await stack().sandbox.changes(since);
  expect(changesOf(changes, shopOf('web'))).toEqual(PROMOTED);
  expect(changesOf(changes, shopOf('api'))).toEqual([]);
});

test(
  'a file that cannot be loaded is told with its line, stops nothing else, and is deployed when it is mended',
  { timeout: LIMIT },
  async () => {
    const broken = inFolder('lone', (files) => (files['app.pipecd.yaml'] = 'kind: ECSApp\nspec: {name: lone}\n'));
    const hash = await origin.push({ ...broken, ...inFolder('api', withImage('api:2')) }, 'Break lone, change api');
    await webhook();
    expect((await deployedBy(hash, 'api')).status).toBe('SUCCEEDED');
    expect(await fileOf('lone')).toMatchObject({
      status: 'INVALID',
      problem: expect.stringMatching(/^apps\/lone\/app\.pipecd\.yaml:\d+/) as string,
    });
    const shown = await sluice('repositories').catch((error: unknown) => (error as { stdout: string }).stdout);
    expect(shown).toMatch(/lone .*INVALID .*\n\s+→ apps\/lone\/app\.pipecd\.yaml:\d+/);
    const mended = await origin.push(inFolder('lone'), 'Mend lone');
    await webhook();
    expect((await deployedBy(mended, 'lone')).status).toBe('SUCCEEDED');
  },
);

test(
  'a held application’s commit waits and says so; the next one that is let go brings it out',
  { timeout: LIMIT },
  async () => {
    await stack().ask('POST', '/applications/web/hold', { reason: 'a test' });
    const hash = await origin.push(inFolder('web', withImage('web:3')), 'Bring web:3 out');
    await webhook();
    await until('the commit to wait', async () => (await fileOf('web'))?.status === 'WAITING');
    const { body } = await stack().ask('GET', '/applications/web');
    expect((body as ApplicationDocument).git).toMatchObject({
      repoId: 'shop',
      status: 'WAITING',
      problem: expect.stringContaining('web is held by deployer') as string,
    });
    await stack().ask('POST', '/applications/web/release', { reason: 'enough' });
    await webhook();
    expect((await deployedBy(hash, 'web')).version).toMatchObject({ image: 'web:3', commit: hash });
  },
);

test(
  'a worker that is killed while a commit is on its way loses none and begins none twice',
  { timeout: LIMIT },
  async () => {
    const since = await stack().sandbox.nextChange();
    const hash = await origin.push(inFolder('api', withImage('api:3')), 'Bring api:3 out');
    await Promise.all([webhook(), stack().kill('worker')]);
    await stack().restart('worker');
    await webhook();
    const end = await deployedBy(hash, 'api');
    expect(end).toMatchObject({ status: 'SUCCEEDED', version: { image: 'api:3' } });
    expect(changesOf(await stack().sandbox.changes(since), shopOf('api'))).toEqual(PROMOTED);
  },
);

test('people deploy from git too; an older commit than the one that runs is refused', { timeout: LIMIT }, async () => {
  const document = JSON.parse(
    await sluice('deploy', '--git', 'shop:apps/lone', '--image', 'lone:2', '--json'),
  ) as DeploymentDocument;
  expect((await stack().ends(document.id)).version).toMatchObject({
    image: 'lone:2',
    commit: expect.any(String) as string,
  });
  const first = await origin.git('rev-list', '--max-parents=0', 'HEAD');
  const older = await stack().ask('POST', '/applications/web/deployments', {
    git: { repoId: 'shop', ref: first, path: 'apps/web' },
  });
  expect(older).toMatchObject({ status: 422, body: { detail: expect.stringContaining('is older than') as string } });
  const nowhere = await stack().ask('POST', '/applications/web/deployments', { git: { repoId: 'shop', path: 'apps' } });
  expect(nowhere).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('no application file at apps') as string },
  });
});

test('an event of an image becomes a commit of one line, which is deployed', { timeout: LIMIT }, async () => {
  const watched = inFolder('web', (files) => {
    withImage('web:4')(files);
    const file = parse(files['app.pipecd.yaml'] ?? '') as { spec: Record<string, unknown> };
    file.spec['eventWatcher'] = [
      {
        matcher: { name: 'image-update', labels: { app: 'web' } },
        handler: {
          type: 'GIT_UPDATE',
          config: { replacements: [{ file: 'taskdef.yaml', yamlField: '$.containerDefinitions[0].image' }] },
        },
      },
    ];
    files['app.pipecd.yaml'] = stringify(file);
  });
  const before = await origin.push(watched, 'Watch images');
  await webhook();
  expect((await deployedBy(before, 'web')).status).toBe('SUCCEEDED');

  await sluice('event', 'register', '--name', 'image-update', '--data', 'web:5', '--labels', 'app=web');
  const { version } = await until(
    'the deployment',
    async () => {
      const { body } = await stack().ask('GET', '/deployments?app=web&limit=1');
      const [newest] = (body as { deployments: DeploymentDocument[] }).deployments;
      return newest?.version.image === 'web:5' ? newest : undefined;
    },
    { timeout: LIMIT },
  );
  const hash = version.commit ?? '';
  expect((await deployedBy(hash, 'web')).version.image).toBe('web:5');
  await origin.git('fetch', '--quiet', 'origin');
  const diff = await origin.git('diff', '--unified=0', before, hash);
  const lines = diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
  expect(lines.map((line) => line.replace(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/^-.*image: web:4/) as string,
    expect.stringMatching(/^\+.*image: web:5/) as string,
  ]);
  expect(await sluice('event', 'list')).toMatch(/HANDLED/);
  await origin.git('reset', '--quiet', '--hard', 'origin/main');
});

/** Changes the application file of a folder’s files. */
function withSpec(change: (spec: Record<string, unknown>) => void) {
  return (files: Record<string, string>): void => {
    const file = parse(files['app.pipecd.yaml'] ?? '') as { spec: Record<string, unknown> };
    change(file.spec);
    files['app.pipecd.yaml'] = stringify(file);
  };
}

test(
  'a chain deploys what follows a good deployment, once, though its worker is killed',
  { timeout: LIMIT },
  async () => {
    const follower = withSpec((spec) => {
      spec['labels'] = { follows: 'web' };
      spec['trigger'] = { onChain: { disabled: false }, onCommit: { disabled: true } };
    });
    const follow = (app: 'api' | 'lone', image: string): Record<string, string> =>
      inFolder(app, (files) => {
        withImage(image)(files);
        follower(files);
      });
    const since = await stack().sandbox.nextChange();
    const hash = await origin.push(
      {
        ...inFolder('web', (files) => {
          withImage('web:6')(files);
          withSpec((spec) => {
            spec['postSync'] = { chain: { applications: [{ labels: { follows: 'web' } }] } };
          })(files);
        }),
        ...follow('api', 'api:6'),
        ...follow('lone', 'lone:6'),
      },
      'Bring all three out, one after the other',
    );
    await webhook();
    const first = await deployedBy(hash, 'web');
    expect(first).toMatchObject({ status: 'SUCCEEDED', chain: first.id });
    const read = async (): Promise<ChainDocument> =>
      (await stack().ask('GET', `/chains/${first.id}`)).body as ChainDocument;
    await until('its deployments', async () => {
      const [block] = ((await read()) as Partial<ChainDocument>).blocks ?? [];
      return block?.nodes.every((node) => node.deployment !== undefined);
    });
    await stack().kill('worker');
    await stack().restart('worker');
    const chain = await until(
      'the chain to end',
      async () => {
        const now = await read();
        return now.completedAt === undefined ? undefined : now;
      },
      { timeout: LIMIT },
    );
    expect(chain).toMatchObject({ status: 'SUCCEEDED', blocks: [{ status: 'SUCCEEDED' }] });
    const nodes = chain.blocks[0]?.nodes ?? [];
    expect(nodes.map(({ app, status }) => [app, status]).sort()).toEqual([
      ['api', 'SUCCEEDED'],
      ['lone', 'SUCCEEDED'],
    ]);
    const changes = await stack().sandbox.changes(since);
    for (const app of ['api', 'lone'] as const) {
      expect(changesOf(changes, shopOf(app))).toEqual(PROMOTED);
      const id = nodes.find((node) => node.app === app)?.deployment ?? '';
      expect((await stack().ask('GET', `/deployments/${id}`)).body).toMatchObject({
        chain: first.id,
        version: { image: `${app}:6`, commit: hash },
        trigger: { by: `chain:${first.id}` },
      });
    }
    const tree = await sluice('chains', first.id);
    expect(tree).toMatch(
      /^✔ web-\d+ {2}SUCCEEDED.*\n└─ ✔ labels follows=web {2}SUCCEEDED\n {4}├─ ✔ (api|lone)-\d+ {2}SUCCEEDED/,
    );
  },
);

test('a chain that finds nothing fails, and says why', { timeout: LIMIT }, async () => {
  const hash = await origin.push(
    inFolder('web', (files) => {
      withImage('web:7')(files);
      withSpec((spec) => {
        spec['postSync'] = { chain: { applications: [{ name: 'typo' }, { name: 'api' }] } };
      })(files);
    }),
    'Misspell the next one',
  );
  await webhook();
  const first = await deployedBy(hash, 'web');
  const chain = await until('the chain to end', async () => {
    const { body } = await stack().ask('GET', `/chains/${first.id}`);
    return (body as ChainDocument).completedAt === undefined ? undefined : (body as ChainDocument);
  });
  expect(chain).toMatchObject({
    status: 'FAILED',
    reason: expect.stringContaining('Nothing to deploy for typo') as string,
  });
  expect((await stack().ask('POST', `/chains/${first.id}/cancel`, { reason: 'too late' })).status).toBe(409);
});

test(
  'a worker that is killed while an event’s commit is being pushed loses none and makes none twice',
  { timeout: LIMIT },
  async () => {
    await origin.push({
      'values.yaml': 'image: first\n',
      '.pipe/values.yaml': stringify({
        apiVersion: 'pipecd.dev/v1beta1',
        kind: 'EventWatcher',
        spec: { events: [{ name: 'held', replacements: [{ file: 'values.yaml', yamlField: '$.image' }] }] },
      }),
    });
    const hook = join(origin.root, 'repo.git', 'hooks', 'pre-receive');
    for (const lands of [true, false]) {
      const [arrived, answered] = ['arrived', 'answered'].map((word) => join(origin.root, `${word}-${String(lands)}`));
      // The host holds the push: it is neither taken nor refused when the worker dies.
      const held = `[ -e ${answered} ] && exit 0\ntouch ${arrived}\nwhile [ ! -e ${answered} ]; do sleep 0.1; done\nexit ${lands ? 0 : 1}\n`;
      await writeFile(hook, `#!/bin/sh\n${held}`, { mode: 0o755 });
      const data = `second-${String(lands)}`;
      const { body } = await stack().ask('POST', '/events', { name: 'held', data, labels: {}, contexts: {} });
      const { id } = body as EventDocument;
      await until('the push to arrive', () => existsSync(arrived ?? ''), { timeout: LIMIT });
      await stack().kill('worker');
      await writeFile(answered ?? '', '');
      await stack().restart('worker');
      const ended = await until(
        'the event to end',
        async () => {
          const seen = (await stack().ask('GET', `/events/${id}`)).body as EventDocument;
          return seen.status === 'PENDING' ? undefined : seen;
        },
        { timeout: LIMIT },
      );
      expect(ended.status).toBe('HANDLED');
      await origin.git('fetch', '--quiet', 'origin', 'main');
      expect(await origin.git('show', 'FETCH_HEAD:values.yaml')).toBe(`image: ${data}`);
      expect(await origin.git('log', '--oneline', `-Simage: ${data}`, 'FETCH_HEAD', '--', 'values.yaml')).toMatch(
        /^[0-9a-f]+ [^\n]*$/,
      );
    }
    await rm(hook);
  },
);

test(
  'a file’s new name takes over the service and its past, though the worker is killed in its midst, and a rollback goes on from there',
  { timeout: LIMIT },
  async () => {
    const bringOut = async (image: string): Promise<DeploymentDocument> => {
      const hash = await origin.push(inFolder('api', withImage(image)), `Bring ${image} out`);
      await webhook();
      return deployedBy(hash, 'api');
    };
    // The one before it knows of no chain.
    const first = await bringOut('api:7');
    const second = await bringOut('api:8');
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const since = await stack().sandbox.nextChange();
    const named = inFolder('api', (files) => {
      withImage('api:9')(files);
      withSpec((spec) => (spec['name'] = 'store'))(files);
    });
    const hash = await origin.push(named, 'Call it store');
    await webhook();
    await until('the service to be given over', async () =>
      (await stack().sandbox.changes(since)).some(({ operation }) => operation === 'TagResource'),
    );
    await stack().kill('worker');
    await stack().restart('worker');
    await webhook();
    const third = await deployedBy(hash, 'api');
    expect(third).toMatchObject({ id: 'store-1', app: 'store', status: 'SUCCEEDED', version: { image: 'api:9' } });
    expect(await fileOf('api')).toMatchObject({ app: 'store', status: 'WATCHED' });
    const changes = await stack().sandbox.changes(since);
    expect(changesOf(changes, shopOf('api'))).toEqual(PROMOTED);
    // The service and its one task set, each once.
    expect(changes.filter(({ operation, applied }) => applied && operation === 'TagResource')).toHaveLength(2);

    const { body: was } = await stack().ask('GET', '/applications/api');
    expect(was).toMatchObject({ state: 'RENAMED', renamed: { to: 'store', by: 'git:shop' } });
    const { body: is } = await stack().ask('GET', '/applications/store');
    expect(is).toMatchObject({ state: 'IDLE', formerly: 'api', lastGood: { id: 'store-1' } });
    expect((is as ApplicationDocument).history.map(({ id }) => id).slice(0, 3)).toEqual([
      'store-1',
      second.id,
      first.id,
    ]);
    expect(await sluice('status', 'api')).toMatch(/^api {2}RENAMED\nrenamed to store by git:shop/);

    await sluice('rollback', 'store', '--to', first.id, '--reason', 'a test');
    expect(await stack().ends('store-2')).toMatchObject({
      status: 'SUCCEEDED',
      rollbackTo: first.id,
      version: { image: 'api:7' },
    });
    // Back by hand, held as it is.
    expect(await sluice('rename', 'store', 'api', '--reason', 'a test')).toBe('store is api now, HELD.\n');
    const twice = await stack().ask('POST', '/applications/store/rename', { to: 'web', reason: 'a test' });
    expect(twice).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('store was renamed to api') as string },
    });
  },
);

// The last one: it leaves no repository.
test(
  'an event that waits for a repository fails when that is not configured any more, and both are said',
  { timeout: LIMIT },
  async () => {
    const ask = async (): Promise<EventDocument | undefined> => {
      const { body } = await stack().ask('GET', '/events');
      return (body as { events: EventDocument[] }).events.find(({ data }) => data === 'web:99');
    };
    await host.close();
    await sluice('event', 'register', '--name', 'image-update', '--data', 'web:99', '--labels', 'app=web');
    await until('the host to be missed', async () => {
      const event = await ask();
      return event?.status === 'PENDING' && event.reason !== 'It will be committed.';
    });
    await stack().kill('worker', 'api');
    const config = parse(await readFile(stack().config, 'utf8')) as { spec: Record<string, unknown> };
    delete config.spec['repositories'];
    await writeFile(stack().config, stringify(config));
    await stack().restart('worker', 'api');
    const ended = await until(
      'the event to end',
      async () => {
        const event = await ask();
        return event?.status === 'PENDING' ? undefined : event;
      },
      { timeout: LIMIT },
    );
    expect(ended).toMatchObject({
      status: 'FAILED',
      reason: expect.stringContaining('Repository shop is not configured any more') as string,
    });
    // Its watcher sees it with its next look.
    const client = new Client({ connection: await stack().temporal() });
    await client.workflow.getHandle('repository:shop').signal('poke');
    await until('the repository to be shown as removed', async () =>
      /^shop {2}[\s\S]*Not configured any more: commits deploy nothing/.test(await sluice('repositories')),
    );
    await client.connection.close();
    const { body } = await stack().ask('GET', '/applications/web');
    expect(body).toMatchObject({ state: 'IDLE' });
  },
);
