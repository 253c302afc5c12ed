import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { hasEnded } from '../../model/wire.js';
import { until } from '../support/processes.js';
import { changesOf, FIRST, PROMOTED, repeated, ROLLED_BACK, standing } from './changes.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack, type ProcessName } from './stack.js';

const [cut, promoted, failing] = [shopOf('cut'), shopOf('promoted'), shopOf('failing')];
const stack = useStack({ world: worldOf(['cut', 'promoted', 'failing']) });

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

async function spoil(mode: 'loseAnswer' | 'truncate' | 'hang'): Promise<void> {
  for (const operation of OPERATIONS) await stack().sandbox.fault({ kind: 'api', operation, mode, times: 1_000 });
}

describe('an answer that is lost after each change took effect', () => {
  test('a first deployment and a canary end as if all had been heard', { timeout: 5 * MINUTE }, async () => {
    const { sandbox, deploy, ends } = stack();
    await spoil('loseAnswer');
    expect((await ends(await deploy('cut', filesOf(cut)))).status).toBe('SUCCEEDED');
    expect((await ends(await deploy('cut', filesOf(cut), { image: 'web:2' }))).status).toBe('SUCCEEDED');

    const changes = await sandbox.changes();
    expect(changesOf(changes, cut)).toEqual([...FIRST, ...PROMOTED]);
    expect(repeated(changes, cut)).toEqual([]);
    expect(standing(await sandbox.state(), cut)).toEqual({
      sets: ['PRIMARY web:2 100 % blue'],
      weights: ['100/0'],
      revisions: 2,
    });
    await sandbox.clearFaults();
  });

  test('an answer that is cut in half is an unknown answer', { timeout: 5 * MINUTE }, async () => {
    const { sandbox, deploy, ends } = stack();
    const since = await sandbox.nextChange();
    await spoil('truncate');
    expect((await ends(await deploy('cut', filesOf(cut), { image: 'web:3' }))).status).toBe('SUCCEEDED');
    expect(changesOf(await sandbox.changes(since), cut)).toEqual(PROMOTED);
    expect(standing(await sandbox.state(), cut).sets).toEqual(['PRIMARY web:3 100 % blue']);
    await sandbox.clearFaults();
  });
});

/**
 * Kills the worker after each change took effect and before its answer, every second time with the API and Temporal, until all of
 * these deployments have ended.
 * @returns how often it killed.
 */
async function killAtEachChange(ids: string[]): Promise<number> {
  const { sandbox, kill, restart, document } = stack();
  let next = await sandbox.nextChange();
  let kills = 0;
  const left = new Set(ids);
  while (left.size > 0) {
    const changed = await until(
      `a change of ${[...left].join(', ')}, or their ends`,
      async () => (await sandbox.nextChange()) > next,
      { timeout: 1 * SECOND, every: 10 },
    ).catch(() => undefined);
    if (changed) {
      kills += 1;
      const names: ProcessName[] = kills % 2 === 0 ? ['temporal', 'worker', 'api'] : ['worker'];
      await kill(...names);
      // Whatever was changed until then was as unheard.
      next = await sandbox.nextChange();
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
    const { sandbox, deploy, ends } = stack();
    const firsts = await Promise.all([deploy('promoted', filesOf(promoted)), deploy('failing', filesOf(failing))]);
    for (const id of firsts) expect((await ends(id)).status).toBe('SUCCEEDED');
    await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
    await sandbox.clearCounters();
    const since = await sandbox.nextChange();
    await spoil('hang');

    const good = await deploy('promoted', filesOf(promoted), { image: 'web:2' });
    const bad = await deploy('failing', filesOf(failing), { image: 'bad:1' });
    const kills = await killAtEachChange([good, bad]);

    expect((await ends(good)).status).toBe('SUCCEEDED');
    expect((await ends(bad)).status).toBe('ROLLED_BACK');
    const changes = await sandbox.changes(since);
    expect(changesOf(changes, promoted)).toEqual(PROMOTED);
    expect(changesOf(changes, failing)).toEqual(ROLLED_BACK);
    expect(kills).toBeGreaterThanOrEqual(PROMOTED.length);
    const state = await sandbox.state();
    expect(standing(state, promoted)).toEqual({ sets: ['PRIMARY web:2 100 % blue'], weights: ['100/0'], revisions: 2 });
    expect(standing(state, failing).weights).toEqual(['100/0']);
    expect(standing(state, failing).sets).toEqual([expect.stringMatching(/^PRIMARY .*nginx.* 100 % blue$/)]);
    expect(state.counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  },
);
