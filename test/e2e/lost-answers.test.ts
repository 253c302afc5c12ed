import { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { hasEnded } from '../../model/wire.js';
import { until } from '../support/processes.js';
import { changesOf, FIRST, PROMOTED, repeated, ROLLED_BACK, standing, TO_ANALYSIS } from './changes.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack, type ProcessName } from './stack.js';

const LIMIT = 5 * MINUTE;
const [one, two] = [shopOf('one'), shopOf('two')];
const [promoted, failing, cancelled, fresh] = [
  shopOf('promoted'),
  shopOf('failing'),
  shopOf('cancelled'),
  shopOf('fresh'),
];
const APPS = [one, two, promoted, failing, cancelled, fresh].map(({ app }) => app);
const stack = useStack({ world: worldOf(APPS, { idle: ['fresh'] }) });

/** Every change that AWS is ever asked for in these pipelines. */
const OPERATIONS = [
  'RegisterTaskDefinition',
  'CreateService',
  'CreateTaskSet',
  'UpdateServicePrimaryTaskSet',
  'UpdateTaskSet',
  'ModifyListener',
  'DeleteTaskSet',
];
const OLD = expect.stringMatching(/^PRIMARY .*nginx.* 100 % blue$/) as string;

test(
  'no answer is ever heard whole: a first deployment and a canary end as if all had been',
  { timeout: LIMIT },
  async () => {
    const { sandbox, deploy, ends } = stack();
    for (const operation of OPERATIONS) {
      // More than there are changes: the connection is cut at one call, the answer at the next.
      for (let times = 0; times < 10; times += 1) {
        await sandbox.fault({ kind: 'api', operation, mode: 'loseAnswer' });
        await sandbox.fault({ kind: 'api', operation, mode: 'truncate' });
      }
    }
    for (const more of [{}, { image: 'web:2' }]) {
      const ids = await Promise.all([one, two].map((shop) => deploy(shop.app, filesOf(shop), more)));
      for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
    }
    const [changes, state] = [await sandbox.changes(), await sandbox.state()];
    for (const shop of [one, two]) {
      expect(changesOf(changes, shop)).toEqual([...FIRST, ...PROMOTED]);
      expect(repeated(changes, shop)).toEqual([]);
      expect(standing(state, shop)).toEqual({
        sets: ['PRIMARY web:2 100 % blue'],
        weights: ['100/0'],
        revisions: 2,
      });
    }
    await sandbox.clearFaults();
  },
);

/**
 * Kills the worker after each change took effect and before its answer, every second time with Temporal and the API, until all of
 * these deployments have ended.
 * @param afterKill done each time before the processes are there again but Temporal.
 * @returns how often it killed.
 */
async function killAtEachChange(ids: string[], afterKill: () => Promise<void>): Promise<number> {
  const { sandbox, kill, restart, document } = stack();
  let next = await sandbox.nextChange();
  let kills = 0;
  const left = new Set(ids);
  while (left.size > 0) {
    const changed = await until(
      `a change of ${[...left].join(', ')}, or their ends`,
      async () => (await sandbox.nextChange()) > next,
      { timeout: 1 * SECOND, every: 25 },
    ).catch(() => false);
    if (changed) {
      kills += 1;
      const names: ProcessName[] = kills % 2 === 0 ? ['worker', 'api'] : ['worker'];
      const withTemporal: ProcessName[] = kills % 2 === 0 ? ['temporal'] : [];
      await kill(...names, ...withTemporal);
      // Whatever was changed until then was as unheard.
      next = await sandbox.nextChange();
      await restart(...withTemporal);
      await afterKill();
      await restart(...names);
      continue;
    }
    for (const id of left) {
      const now = await document(id).catch(() => undefined);
      if (now && hasEnded(now.status)) left.delete(id);
    }
  }
  return kills;
}

test(
  'killed between each change and its answer, deployments end as if nothing had happened',
  { timeout: 12 * MINUTE },
  async () => {
    const { sandbox, deploy, ends, temporal } = stack();
    const firsts = await Promise.all([promoted, failing, cancelled].map((shop) => deploy(shop.app, filesOf(shop))));
    for (const id of firsts) expect((await ends(id)).status).toBe('SUCCEEDED');
    await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
    await sandbox.clearCounters();
    const since = await sandbox.nextChange();
    for (const operation of OPERATIONS) await sandbox.fault({ kind: 'api', operation, mode: 'hang', times: 1_000 });

    const ids = [
      await deploy('promoted', filesOf(promoted), { image: 'web:2' }),
      await deploy('failing', filesOf(failing), { image: 'bad:1' }),
      await deploy('cancelled', filesOf(cancelled), { image: 'web:2' }),
      await deploy('fresh', filesOf(fresh)),
    ];
    let asked = false;
    const kills = await killAtEachChange(ids, async () => {
      if (asked || !changesOf(await sandbox.changes(since), cancelled).includes('UpdateTaskSet 0 %')) return;
      asked = true;
      const connection = await temporal();
      const { workflow } = new Client({ connection });
      await workflow.getHandle('deployment:cancelled-2').signal('cancel', { by: 'a test', reason: 'too late' });
      await connection.close();
    });
    const documents = await Promise.all(ids.map(ends));
    expect(documents.map(({ status }) => status)).toEqual(['SUCCEEDED', 'ROLLED_BACK', 'CANCELLED', 'SUCCEEDED']);

    const changes = await sandbox.changes(since);
    expect(changesOf(changes, promoted)).toEqual(PROMOTED);
    expect(changesOf(changes, failing)).toEqual(ROLLED_BACK);
    expect(changesOf(changes, fresh)).toEqual(FIRST);
    // The old version was retired already and comes back first (ecs-alb-facts §1 c). The next attempt finds it beside the new one, and
    // goes on by what it sees (§1 b): the weights, the primary, the new version.
    expect(changesOf(changes, cancelled)).toEqual([
      ...TO_ANALYSIS,
      'CreateTaskSet 100 % blue',
      'UpdateServicePrimaryTaskSet',
      'UpdateTaskSet 0 %',
      'UpdateTaskSet 100 %',
      'ModifyListener 100/0',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expect(kills).toBeGreaterThanOrEqual(PROMOTED.length);
    const state = await sandbox.state();
    expect(standing(state, promoted)).toEqual({ sets: ['PRIMARY web:2 100 % blue'], weights: ['100/0'], revisions: 2 });
    expect(standing(state, failing)).toEqual({ sets: [OLD], weights: ['100/0'], revisions: 2 });
    expect(standing(state, cancelled)).toEqual({ sets: [OLD], weights: ['100/0'], revisions: 2 });
    expect(standing(state, fresh)).toEqual({ sets: [OLD], weights: ['100/0'], revisions: 1 });
    expect(state.counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  },
);
