import { beforeAll, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { until } from '../support/processes.js';
import { changesOf, PROMOTED, standing } from './changes.js';
import { filesOf, shopOf, worldOf, type Written } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 6 * MINUTE;
/** Rolled back right after each of a canary's changes but the last, which removes the old version when all is over. */
const CUTS = PROMOTED.slice(0, 8).map((change, index) => ({ app: `cut-${index + 1}`, after: index + 1, change }));
const BLUE_GREEN = ['swap', 'swap-back'];
const STICKY = ['sticky', 'sticky-back'];
const APPS = [...CUTS.map(({ app }) => app), 'analysed', 'cancelled', 'plain', ...BLUE_GREEN, ...STICKY];
const stack = useStack({ world: worldOf(APPS, { sticky: STICKY }) });

function files(app: string): Record<string, string> {
  const written: Written = BLUE_GREEN.includes(app) ? { example: 'bluegreen' } : {};
  return filesOf(shopOf(app), written);
}

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  const ids = await Promise.all(APPS.map((app) => deploy(app, files(app))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
  await sandbox.clearCounters();
}, LIMIT);

const OLD = expect.stringMatching(/^PRIMARY .*nginx.* 100 % blue$/) as string;
const asBefore = { sets: [OLD], weights: ['100/0'] };
const promoted = { sets: ['PRIMARY web:2 100 % blue'], weights: ['100/0'] };

async function expectStanding(app: string, wanted: object): Promise<void> {
  expect(standing(await stack().sandbox.state(), shopOf(app))).toMatchObject(wanted);
}

async function begin(app: string): Promise<string> {
  return stack().deploy(app, files(app), { image: 'web:2' });
}

test.concurrent.each(CUTS)('rolled back after $change ($after)', { timeout: LIMIT }, async ({ app, after }) => {
  const { sandbox, stop, ends } = stack();
  const since = await sandbox.nextChange();
  const id = await begin(app);
  await until(
    `change ${after} of ${app}`,
    async () => changesOf(await sandbox.changes(since), shopOf(app)).length >= after,
    { timeout: LIMIT, every: 150 },
  );
  const taken = await stop(id, 'rollback');
  const end = await ends(id);
  if (!taken) {
    // Only the canary's removal leaves so little time that the deployment was over before it could be asked.
    expect(after).toBe(CUTS.length);
    expect(end.status).toBe('SUCCEEDED');
    await expectStanding(app, promoted);
    return;
  }
  // A stop that comes before the registration's end leaves nothing to roll back.
  expect(end.status).toMatch(after === 1 ? /^(FAILED|ROLLED_BACK)$/ : /^ROLLED_BACK$/);
  await expectStanding(app, asBefore);
});

test.concurrent.each(['analysed', 'swap-back', 'sticky-back'])(
  '%s: rolled back in ANALYSIS',
  { timeout: LIMIT },
  async (app) => {
    const { reaches, stop, ends } = stack();
    const id = await begin(app);
    await reaches(id, 'judge a window', ({ analysis }) => (analysis[0]?.measurements.length ?? 0) >= 1);
    expect(await stop(id, 'rollback')).toBe(true);
    expect((await ends(id)).status).toBe('ROLLED_BACK');
    await expectStanding(app, asBefore);
  },
);

test.concurrent('cancelled in ANALYSIS', { timeout: LIMIT }, async () => {
  const { reaches, stop, ends } = stack();
  const id = await begin('cancelled');
  await reaches(id, 'judge a window', ({ analysis }) => (analysis[0]?.measurements.length ?? 0) >= 1);
  expect(await stop(id, 'cancel')).toBe(true);
  expect((await ends(id)).status).toBe('CANCELLED');
  await expectStanding('cancelled', asBefore);
});

test.concurrent.each(['plain', 'swap', 'sticky'])('%s: promoted', { timeout: LIMIT }, async (app) => {
  expect(await stack().ends(await begin(app))).toMatchObject({ status: 'SUCCEEDED' });
  await expectStanding(app, promoted);
});

test('no request met a group that was empty or unhealthy, in all of this', async () => {
  const { counters } = await stack().sandbox.state();
  expect(counters.requests).toBeGreaterThan(10_000);
  expect(counters).toMatchObject({ emptyGroup503: 0, failOpen: 0, noWeight503: 0, elb5xx: 0 });
});
