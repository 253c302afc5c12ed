import { Client } from '@temporalio/client';
import { beforeAll, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { ApplicationDocument } from '../../model/wire.js';
import { until } from '../support/processes.js';
import { changesOf, ROLLED_BACK, standing } from './changes.js';
import { shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';
import { expectEachWindowOnce, expectPromoted, seenWindows, sixWindows } from './windows.js';

const LIMIT = 5 * MINUTE;
const [orphan, lost] = [shopOf('orphan'), shopOf('lost')];
const stack = useStack({ world: worldOf(['orphan', 'lost']) });

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  const ids = await Promise.all([orphan, lost].map((one) => deploy(one.app, sixWindows(one))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
  await sandbox.clearCounters();
}, LIMIT);

async function terminateApplication(app: string): Promise<void> {
  const connection = await stack().temporal();
  await new Client({ connection }).workflow.getHandle(`application:${app}`).terminate('a test');
  await connection.close();
}

test(
  'the application workflow is terminated during a canary: the canary ends, and its numbers go on',
  { timeout: LIMIT },
  async () => {
    const { ask, deploy, sandbox } = stack();
    const since = await sandbox.nextChange();
    const id = await deploy('orphan', sixWindows(orphan), { image: 'web:2' });
    const before = await seenWindows(stack(), id);
    await terminateApplication('orphan');
    await expectPromoted(stack(), orphan, { id, image: 'web:2', since });
    await expectEachWindowOnce(stack(), id, before);
    const application = await until('the application to know of its end', async () => {
      const { status, body } = await ask('GET', '/applications/orphan');
      const state = body as ApplicationDocument;
      return status === 200 && state.state === 'IDLE' && state.lastGood?.id === id ? state : undefined;
    });
    expect(application.history.map((entry) => entry.id)).toEqual(['orphan-2', 'orphan-1']);
  },
);

test(
  'without its memory the application still lets nothing begin beside the canary that runs',
  { timeout: LIMIT },
  async () => {
    const { deploy, ends, document } = stack();
    const running = await deploy('orphan', sixWindows(orphan), { image: 'web:3' });
    expect(running).toBe('orphan-3');
    await seenWindows(stack(), running);
    await terminateApplication('orphan');
    const next = await deploy('orphan', sixWindows(orphan), { image: 'web:4' });
    expect(next).toBe('orphan-4');
    expect((await document(next)).status).toBe('PENDING');
    const [first, second] = [await ends(running), await ends(next)];
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(Date.parse(second.startedAt!)).toBeGreaterThanOrEqual(Date.parse(first.completedAt!));
  },
);

test(
  'all of Sluice’s data is lost between two deployments: the numbers go on, and nothing foreign is left',
  { timeout: LIMIT },
  async () => {
    const { deploy, ends, loseData, sandbox } = stack();
    await loseData();
    const since = await sandbox.nextChange();
    const id = await deploy('lost', sixWindows(lost), { image: 'web:2' });
    expect(id).toBe('lost-2');
    await expectPromoted(stack(), lost, { id, image: 'web:2', since });

    await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
    await loseData();
    const sinceBad = await sandbox.nextChange();
    const bad = await deploy('lost', sixWindows(lost), { image: 'bad:1' });
    expect(bad).toBe('lost-3');
    expect((await ends(bad)).status).toBe('ROLLED_BACK');
    expect(changesOf(await sandbox.changes(sinceBad), lost)).toEqual(ROLLED_BACK);
    expect(standing(await sandbox.state(), lost)).toMatchObject({
      sets: ['PRIMARY web:2 100 % blue'],
      weights: ['100/0'],
    });
    expect((await sandbox.state()).counters).toMatchObject({ emptyGroup503: 0, failOpen: 0, noWeight503: 0 });
  },
);
