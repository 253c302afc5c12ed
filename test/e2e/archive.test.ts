import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { DeploymentList } from '../../model/wire.js';
import { readArchived } from '../../records/archived.js';
import { hasChromium, openBrowser, shows, visit } from '../web/browser.js';
import { until } from '../support/processes.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 5 * MINUTE;
const shop = shopOf('kept');
let folder = '';
const stack = useStack(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
  return { world: worldOf(['kept']), more: { archive: { folder } } };
});
let client: Client;
beforeAll(async () => {
  const { temporal, deploy, ends } = stack();
  client = new Client({ connection: await temporal() });
  // The first of all has no canary, and so no windows.
  const first = await deploy('kept', filesOf(shop));
  expect((await ends(first)).status).toBe('SUCCEEDED');
  await closed(first);
});
afterAll(async () => {
  await client.connection.close();
  await rm(folder, { recursive: true, force: true });
});

const filesOfKept = (): Promise<string[]> => readdir(join(folder, 'kept')).catch(() => []);

async function closed(id: string): Promise<void> {
  await until(`${id} to be closed in Temporal`, async () => {
    const { status } = await client.workflow.getHandle(`deployment:${id}`).describe();
    return status.name === 'COMPLETED';
  });
}

/** As the end of Temporal's retention does. */
async function forget(id: string): Promise<void> {
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowId STARTS_WITH "analysis:${id}:"` })) {
    await client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
  }
  const workflowId = `deployment:${id}`;
  await client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
  await until(`${id} to be gone`, () =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => false,
        (error: unknown) => error instanceof WorkflowNotFoundError,
      ),
  );
}

async function listed(query: string): Promise<string[]> {
  const { status, body } = await stack().ask('GET', `/deployments?${query}`);
  expect(status).toBe(200);
  expect(body).not.toHaveProperty('incomplete');
  return (body as DeploymentList).deployments.map(({ id }) => id);
}

test(
  'a deployment whose worker was killed while it was archived answers as before when Temporal knows it no more',
  { timeout: LIMIT },
  async () => {
    const { deploy, ends, kill, restart, document, measurements, log, ask } = stack();
    // Where its folder belongs there is a file: each try fails until that is gone.
    await rm(join(folder, 'kept'), { recursive: true });
    await writeFile(join(folder, 'kept'), 'in the way');
    const id = await deploy('kept', filesOf(shop), { image: 'web:2' });
    expect((await ends(id)).status).toBe('SUCCEEDED');
    await until('the archive to be tried', async () => {
      const { raw } = await client.workflow.getHandle(`deployment:${id}`).describe();
      return (raw.pendingActivities ?? []).some(
        ({ activityType, attempt }) => activityType?.name === 'archive' && (attempt ?? 0) > 1,
      );
    });
    await kill('worker');
    await rm(join(folder, 'kept'));
    await restart('worker');
    await closed(id);
    expect(await filesOfKept()).toContainEqual(expect.stringMatching(/^0000000002~.*~SUCCEEDED\.ndjson\.gz$/));

    const before = { document: await document(id), measurements: await measurements(id), log: await log(id) };
    expect(before.measurements.length).toBeGreaterThan(0);
    expect(before.log.length).toBeGreaterThan(0);
    expect(await listed('app=kept')).toEqual([id, 'kept-1']);
    await forget(id);
    expect(await document(id)).toEqual(before.document);
    expect(await measurements(id)).toEqual(before.measurements);
    expect(await log(id)).toEqual(before.log);
    await until('the list to have it of the archive', async () => (await listed('app=kept')).length === 2);
    expect(await listed('status=SUCCEEDED&text=kept-2')).toEqual([id]);
    expect(await listed('status=FAILED')).toEqual([]);
    expect((await ask('GET', '/deployments/kept-99')).status).toBe(404);
  },
);

test.runIf(hasChromium)('the page shows it, with its charts', { timeout: LIMIT }, async () => {
  const { browser, close } = await openBrowser();
  try {
    const { page, errors } = await visit(browser, stack().apiUrl, KEYS.viewer);
    await page.goto(`${stack().apiUrl}/deployments/kept-2`);
    await shows(page, /Succeeded[\s\S]*with all of the traffic/);
    await page.waitForSelector('.chart canvas');
    await shows(page, /The canary is removed/);
    await page.goto(`${stack().apiUrl}/deployments?q=kept`);
    await shows(page, /kept-2[\s\S]*Succeeded/);
    expect(errors).toEqual([]);
  } finally {
    await close();
  }
});

test(
  'what is not in the archive is found when a worker starts; a terminated one, too',
  { timeout: LIMIT },
  async () => {
    const { deploy, ends, kill, restart, reaches } = stack();
    const good = await deploy('kept', filesOf(shop), { image: 'web:3' });
    expect((await ends(good)).status).toBe('SUCCEEDED');
    await closed(good);
    const broken = await deploy('kept', filesOf(shop), { image: 'web:4' });
    await reaches(broken, 'begin', ({ status }) => status === 'RUNNING');
    await kill('worker');
    await client.workflow.getHandle(`deployment:${broken}`).terminate('by the test');
    for (const name of await filesOfKept()) if (name.startsWith('0000000003~')) await rm(join(folder, 'kept', name));
    await restart('worker');
    await until('both to be archived', async () => {
      const ends = new Map((await filesOfKept()).map((name) => [name.split('~')[0], name.split('~').at(-1)]));
      return ends.get('0000000003') === 'SUCCEEDED.ndjson.gz' && ends.get('0000000004') === 'FAILED.ndjson.gz';
    });
    const ofBroken = (await filesOfKept()).find((name) => name.startsWith('0000000004~')) ?? '';
    const { document } = readArchived(await readFile(join(folder, 'kept', ofBroken)));
    expect(document.reason).toContain('terminated in Temporal');
  },
);
