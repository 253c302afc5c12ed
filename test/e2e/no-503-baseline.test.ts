import { beforeAll, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { until } from '../support/processes.js';
import { changesOf, PROMOTED_BESIDE_BASELINE, repeated, standing } from './changes.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 6 * MINUTE;
/** Not the verdict is tried here: with sticky clients a canary has so few requests that nothing can be shown of it. */
const UNDECIDED = { onNotEnoughData: 'PROCEED' };
/** Rolled back right after the changes that a baseline adds to a canary's, and after those next to them. */
const CUTS = [3, 4, 5, 8, 9].map((after) => ({
  app: `cut-${after}`,
  after,
  change: PROMOTED_BESIDE_BASELINE[after - 1] ?? '',
}));
const APPS = [...CUTS.map(({ app }) => app), 'plain', 'sticky', 'killed'];
const stack = useStack({ world: worldOf(APPS, { sticky: ['sticky'], baseline: true }) });

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  const ids = await Promise.all(APPS.map((app) => deploy(app, filesOf(shopOf(app), { example: 'baseline' }))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
  await sandbox.clearCounters();
}, LIMIT);

const OLD = expect.stringMatching(/^PRIMARY .*nginx.* 100 % blue$/) as string;
const asBefore = { sets: [OLD], weights: ['100/0/0'] };
const promoted = { sets: ['PRIMARY web:2 100 % blue'], weights: ['100/0/0'] };

async function begin(app: string): Promise<string> {
  return stack().deploy(app, filesOf(shopOf(app), { example: 'baseline', analysis: UNDECIDED }), { image: 'web:2' });
}

async function untilChange(app: string, after: number, since: number): Promise<void> {
  await until(
    `change ${after} of ${app}`,
    async () => changesOf(await stack().sandbox.changes(since), shopOf(app)).length >= after,
    { timeout: LIMIT, every: 150 },
  );
}

async function expectStanding(app: string, wanted: object): Promise<void> {
  expect(standing(await stack().sandbox.state(), shopOf(app))).toMatchObject(wanted);
}

test.concurrent.each(CUTS)('rolled back after $change ($after)', { timeout: LIMIT }, async ({ app, after }) => {
  const { sandbox, stop, ends } = stack();
  const since = await sandbox.nextChange();
  const id = await begin(app);
  await untilChange(app, after, since);
  expect(await stop(id, 'rollback')).toBe(true);
  expect((await ends(id)).status).toBe('ROLLED_BACK');
  await expectStanding(app, asBefore);
});

test.concurrent.each(['plain', 'sticky'])('%s: promoted, each change once', { timeout: LIMIT }, async (app) => {
  const { sandbox, ends } = stack();
  const since = await sandbox.nextChange();
  const ended = await ends(await begin(app));
  expect(ended).toMatchObject({ status: 'SUCCEEDED', traffic: { verified: { primary: 100, canary: 0 } } });
  await expectStanding(app, promoted);
  expect(changesOf(await sandbox.changes(since), shopOf(app))).toEqual(PROMOTED_BESIDE_BASELINE);
});

test('a worker that is killed while the baseline comes up makes no second one', { timeout: LIMIT }, async () => {
  const { sandbox, ends, kill, restart } = stack();
  const since = await sandbox.nextChange();
  const id = await begin('killed');
  await untilChange('killed', 3, since);
  await kill('worker');
  await restart('worker');
  expect((await ends(id)).status).toBe('SUCCEEDED');
  await expectStanding('killed', promoted);
  const changes = await sandbox.changes(since);
  expect(changesOf(changes, shopOf('killed'))).toEqual(PROMOTED_BESIDE_BASELINE);
  expect(repeated(changes, shopOf('killed'))).toEqual([]);
});

test('no request met a group that was empty or unhealthy, in all of this', async () => {
  const { counters } = await stack().sandbox.state();
  expect(counters.requests).toBeGreaterThan(5_000);
  expect(counters).toMatchObject({ emptyGroup503: 0, failOpen: 0, noWeight503: 0, elb5xx: 0 });
});
