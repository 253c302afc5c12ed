import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { until } from '../support/processes.js';
import { changesOf, standing, TO_ANALYSIS } from './changes.js';
import { shopOf, worldOf, type Shop } from './shop.js';
import { useStack, type ProcessName } from './stack.js';
import { expectEachWindowOnce, expectPromoted, seenWindows, sixWindows } from './windows.js';

const LIMIT = 5 * MINUTE;
const [shop, halted, judging, promoting] = [shopOf('shop'), shopOf('halted'), shopOf('judging'), shopOf('promoting')];
const SHOPS = [shop, halted, judging, promoting];
const stack = useStack({ world: worldOf(SHOPS.map(({ app }) => app)) });
const AS_BEFORE = { sets: [expect.stringMatching(/^PRIMARY .*nginx.* 100 % blue$/)], weights: ['100/0'] };

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  const ids = await Promise.all(SHOPS.map((one) => deploy(one.app, sixWindows(one))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
  await sandbox.clearCounters();
}, LIMIT);

/** Waits until the promotion of a canary has asked for the new primary. */
async function promotionBegun(of: Shop, since: number): Promise<void> {
  await until(
    `the new primary of ${of.app} to be asked for`,
    async () => changesOf(await stack().sandbox.changes(since), of).length > TO_ANALYSIS.length,
    { timeout: LIMIT, every: 20 },
  );
}

describe('killed with SIGKILL in the middle of ANALYSIS, the deployment ends as if nothing had happened', () => {
  const cases: ProcessName[][] = [['worker'], ['api'], ['temporal'], ['temporal', 'worker', 'api']];
  test.each(cases.map((names, index) => ({ names, image: `web:${index + 2}` })))(
    '$names',
    { timeout: LIMIT },
    async ({ names, image }) => {
      const { deploy, kill, restart, sandbox } = stack();
      const since = await sandbox.nextChange();
      const id = await deploy('shop', sixWindows(shop), { image });
      const before = await seenWindows(stack(), id);
      await kill(...names);
      await restart(...names);
      await expectPromoted(stack(), shop, { id, image, since });
      await expectEachWindowOnce(stack(), id, before);
    },
  );
});

test(
  'a worker that hangs for longer than the heartbeat time-out goes on, and judges no window twice',
  { timeout: LIMIT },
  async () => {
    const { deploy, process, sandbox } = stack();
    const since = await sandbox.nextChange();
    const id = await deploy('halted', sixWindows(halted), { image: 'web:2' });
    const before = await seenWindows(stack(), id);
    process('worker').freeze();
    await sleep(30 * SECOND);
    process('worker').thaw();
    await expectPromoted(stack(), halted, { id, image: 'web:2', since });
    await expectEachWindowOnce(stack(), id, before);
  },
);

test(
  'a worker that hung in the middle of a promotion changes nothing when it wakes after the rollback',
  { timeout: LIMIT },
  async () => {
    const { deploy, sandbox, stop, ends, process, secondWorker } = stack();
    const since = await sandbox.nextChange();
    const id = await deploy('halted', sixWindows(halted), { image: 'web:3' });
    await promotionBegun(halted, since);
    process('worker').freeze();
    const second = await secondWorker();
    expect(await stop(id, 'cancel')).toBe(true);
    expect((await ends(id)).status).toBe('CANCELLED');
    const changes = changesOf(await sandbox.changes(since), halted);
    const after = standing(await sandbox.state(), halted);
    expect(after).toMatchObject({ sets: ['PRIMARY web:2 100 % blue'], weights: ['100/0'] });

    process('worker').thaw();
    await sleep(8 * SECOND);
    expect(changesOf(await sandbox.changes(since), halted)).toEqual(changes);
    expect(standing(await sandbox.state(), halted)).toEqual(after);
    await second.end();
  },
);

test(
  'cancelled while no worker is there, deployments are rolled back by the next one',
  { timeout: LIMIT },
  async () => {
    const { deploy, sandbox, control, stop, ends, kill, restart, temporal } = stack();
    const since = await sandbox.nextChange();
    const inPromotion = await deploy('promoting', sixWindows(promoting), { image: 'web:2' });
    await seenWindows(stack(), inPromotion);
    const inAnalysis = await deploy('judging', sixWindows(judging), { image: 'web:2' });
    await promotionBegun(promoting, since);
    await kill('worker');
    const connection = await temporal();
    await new Client({ connection }).workflow
      .getHandle(`deployment:${inPromotion}`)
      .signal('cancel', { by: 'a person in the Temporal UI', reason: 'it looks bad' });
    await connection.close();
    const unheard = await control(inAnalysis, 'cancel');
    expect(unheard).toMatchObject({ status: 503, body: { detail: 'No worker answered in time.' } });
    await restart('worker');

    // The first request may have waited in Temporal for the worker; then this one is refused.
    await stop(inAnalysis, 'cancel');
    expect((await ends(inAnalysis)).status).toBe('CANCELLED');
    const ended = await ends(inPromotion);
    expect(ended.status).toBe('CANCELLED');
    expect(ended.reason).toContain('it looks bad');
    const state = await sandbox.state();
    expect(standing(state, promoting)).toMatchObject(AS_BEFORE);
    expect(standing(state, judging)).toMatchObject(AS_BEFORE);
  },
);

test('no request met an empty or an unhealthy group in all of this', async () => {
  expect((await stack().sandbox.state()).counters).toMatchObject({ emptyGroup503: 0, failOpen: 0, noWeight503: 0 });
});
