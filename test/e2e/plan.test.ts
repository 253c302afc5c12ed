import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { MINUTE } from '../../model/duration.js';
import type { PlanDocument } from '../../model/plan-preview.js';
import { changesOf, FIRST, PROMOTED } from './changes.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 3 * MINUTE;
const stack = useStack({ world: worldOf(['web', 'new']) });

beforeAll(async () => {
  const { deploy, ends } = stack();
  expect((await ends(await deploy('web', filesOf(shopOf('web'))))).status).toBe('SUCCEEDED');
}, LIMIT);

async function plan(app: string, more: object = {}, files = filesOf(shopOf(app))): Promise<PlanDocument> {
  const { status, body } = await stack().ask(
    'POST',
    '/plan',
    { app, files, ...more },
    { authorization: `Bearer ${KEYS.viewer}` },
  );
  expect([status, body]).toMatchObject([200, {}]);
  return body as PlanDocument;
}

/** The AWS calls of a plan as the sandbox's log names them. */
function operations(changes: readonly string[]): string[] {
  return changes.map((change) =>
    change.startsWith('ModifyRule') ? 'ModifyListener' : (/^\w+/.exec(change)?.[0] ?? ''),
  );
}

test('what is planned is what the deployment then does, and the plan changes nothing', { timeout: LIMIT }, async () => {
  const { deploy, ends, sandbox } = stack();
  const since = await sandbox.nextChange();
  const planned = await plan('web', { image: 'web:2' });
  expect(planned).toMatchObject({
    plan: 'PIPELINE',
    reason: 'The version changed.',
    version: { image: 'web:2' },
    running: { deployment: 'web-1' },
    taskDefinition: [{ path: 'containerDefinitions[web].image', to: '"web:2"' }],
    service: [],
    problems: [],
  });
  expect(planned.analysis).toMatchObject([{ metric: 'metrics-0', windows: 3 }]);
  expect(await sandbox.changes(since)).toEqual([]);
  expect((await ends(await deploy('web', filesOf(shopOf('web')), { image: 'web:2' }))).status).toBe('SUCCEEDED');
  const done = changesOf(await sandbox.changes(since), shopOf('web'));
  expect(done).toEqual(PROMOTED);
  // The old version goes last in both; the sandbox’s log holds it before or after the canary.
  expect(operations(planned.changes).sort()).toEqual(done.map((change) => /^\w+/.exec(change)?.[0]).sort());
});

test(
  'a first deployment, one of nothing new, one that the commit’s message makes quick, and one that is refused',
  { timeout: LIMIT },
  async () => {
    const first = await plan('new');
    expect(first).toMatchObject({ plan: 'QUICK_SYNC', reason: expect.stringContaining('First deployment') as string });
    expect(operations(first.changes)).toEqual(expect.arrayContaining(FIRST.map((change) => /^\w+/.exec(change)?.[0])));

    expect(await plan('web', { image: 'web:2' })).toMatchObject({
      plan: 'NOTHING_TO_DO',
      changes: [],
      taskDefinition: [],
    });

    const files = filesOf(shopOf('web'));
    files['app.pipecd.yaml'] =
      files['app.pipecd.yaml']?.replace('spec:\n', 'spec:\n  commitMatcher: {quickSync: ^hotfix}\n') ?? '';
    const commit = { hash: 'a'.repeat(40), message: 'hotfix: now' };
    expect(await plan('web', { image: 'web:3', commit }, files)).toMatchObject({
      plan: 'QUICK_SYNC',
      version: { commit: commit.hash },
    });

    const other = await plan('other', {}, filesOf(shopOf('web')));
    expect(other).toMatchObject({
      plan: 'REFUSED',
      reason: expect.stringContaining('belongs to application "web"') as string,
      changes: [],
    });
  },
);

test('the command line shows it', { timeout: LIMIT }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-plan-'));
  for (const [name, text] of Object.entries(filesOf(shopOf('web')))) await writeFile(join(folder, name), text);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(packageRoot(), 'cli', 'sluice.mjs'), 'plan', folder, '--image', 'web:4'],
    { env: { ...process.env, SLUICE_URL: stack().apiUrl, SLUICE_API_KEY: KEYS.viewer } },
  );
  expect(stdout).toMatch(/^web: PIPELINE\. The version changed\.\n/);
  expect(stdout).toMatch(/web:2 → web:4/);
  expect(stdout).toMatch(/Changes in AWS\n {2}RegisterTaskDefinition/);
  expect(stdout).toMatch(/~ containerDefinitions\[web\]\.image: "web:2" → "web:4"/);
  await rm(folder, { recursive: true });
});
