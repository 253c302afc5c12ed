import { beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { MINUTE } from '../../model/duration.js';
import { changesOf, PROMOTED, ROLLED_BACK } from './changes.js';
import { filesOf, shopOf, worldOf, type Written } from './shop.js';
import { useStack } from './stack.js';

const APPS = ['healthy', 'blind', 'silent', 'late', 'late-bad', 'tail', 'busy', 'wrong-key', 'refused'] as const;
type App = (typeof APPS)[number];
const LIMIT = 5 * MINUTE;
const [closedPort = 0] = await freePorts(1);
const stack = useStack({
  world: worldOf(APPS),
  metrics: [
    { name: 'wrong-key', apiKey: 'a key of somebody else' },
    { name: 'refused', address: `http://127.0.0.1:${closedPort}` },
  ],
});

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  const ids = await Promise.all(APPS.map((app) => deploy(app, filesOf(shopOf(app)))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
  await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
  await sandbox.clearCounters();
}, LIMIT);

async function canary(app: App, written: Written = {}, image = 'web:2') {
  const { deploy, ends, measurements, sandbox } = stack();
  const since = await sandbox.nextChange();
  const id = await deploy(app, filesOf(shopOf(app), written), { image });
  const end = await ends(id);
  return {
    status: end.status,
    reason: end.reason,
    analysis: end.analysis[0],
    windows: await measurements(id),
    changes: changesOf(await sandbox.changes(since), shopOf(app)),
  };
}

describe('a gate that saw nothing never opens, and says why in one sentence', () => {
  test.concurrent('a query that matches nothing has no data, ever', { timeout: LIMIT }, async () => {
    const query = 'sum:aws.applicationelb.httpcode_target_5xx{hostname:no-such-lb}.as_count()';
    const seen = await canary('blind', { metric: { query, maxDelay: '3s' } });
    expect(seen.status).toBe('ROLLED_BACK');
    expect(seen.reason).toBe('Datadog gave no point to judge for metrics-0 in any of 3 windows. (onNoData: ROLLBACK)');
    expect(seen.windows.map(({ outcome }) => outcome)).toEqual(['NO_DATA', 'NO_DATA', 'NO_DATA']);
    expect(seen.changes).toEqual(ROLLED_BACK);
  });

  test.concurrent('a key that Datadog does not know', { timeout: LIMIT }, async () => {
    const seen = await canary('wrong-key', { metric: { provider: 'wrong-key', maxDelay: '3s' } });
    expect(seen.status).toBe('ROLLED_BACK');
    expect(seen.reason).toMatch(
      /^2 windows of metrics-0 ended in an error, more than errorLimit 1\. Datadog answered 403: .*check the API key .*\(onNoData: ROLLBACK\)$/,
    );
    expect(seen.windows.every(({ outcome }) => outcome === 'ERROR')).toBe(true);
    expect(seen.changes).toEqual(ROLLED_BACK);
  });

  test.concurrent('a connection that is refused', { timeout: LIMIT }, async () => {
    const seen = await canary('refused', { metric: { provider: 'refused', maxDelay: '3s' } });
    expect(seen.status).toBe('ROLLED_BACK');
    expect(seen.reason).toMatch(
      /^2 windows of metrics-0 ended in an error, more than errorLimit 1\. .*ECONNREFUSED.*\(onNoData: ROLLBACK\)$/,
    );
    expect(seen.windows.every(({ outcome }) => outcome === 'ERROR')).toBe(true);
    expect(seen.changes).toEqual(ROLLED_BACK);
  });

  test.concurrent('a service that makes no error has no 5xx point, and is healthy', { timeout: LIMIT }, async () => {
    const seen = await canary('healthy');
    expect(seen.status).toBe('SUCCEEDED');
    expect(seen.windows.map(({ outcome, value }) => [outcome, value])).toEqual([
      ['PASS', 0],
      ['PASS', 0],
      ['PASS', 0],
    ]);
    expect(seen.windows[0]?.reason).toContain('taken as 0 because the denominator has points there');
    expect(seen.changes).toEqual(PROMOTED);
  });
});

test(
  'data that is twelve buckets late: all ten windows are judged, and what they say decides',
  { timeout: LIMIT },
  async () => {
    await stack().sandbox.fault({ kind: 'metrics', delaySeconds: 12 });
    const written = { analysis: { duration: '10s' }, metric: { interval: '1s', maxDelay: '30s' } };
    const [good, bad] = await Promise.all([canary('late', written), canary('late-bad', written, 'bad:1')]);

    expect(good.status).toBe('SUCCEEDED');
    expect(good.analysis?.counts).toMatchObject({ PASS: 10, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 });
    expect(good.windows.map(({ window, value }) => [window, value])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, 0]),
    );
    expect(good.analysis?.delaySeconds).toBeGreaterThanOrEqual(11);

    expect(bad.status).toBe('ROLLED_BACK');
    expect(bad.windows.map(({ window, outcome }) => [window, outcome])).toEqual([[1, 'FAIL']]);
    expect(bad.windows[0]?.value).toBeGreaterThan(0.3);
    expect(bad.analysis?.delaySeconds).toBeGreaterThanOrEqual(11);
    expect(bad.changes).toEqual(ROLLED_BACK);
    await stack().sandbox.clearFaults();
  },
);

test('a tail of nulls is no data yet, and is no zero', { timeout: LIMIT }, async () => {
  await stack().sandbox.fault({ kind: 'metrics', nullTail: 4 });
  const seen = await canary('tail');
  expect(seen.status).toBe('SUCCEEDED');
  expect(seen.windows.map(({ outcome, points }) => [outcome, points.length])).toEqual([
    ['PASS', 2],
    ['PASS', 2],
    ['PASS', 2],
  ]);
  expect(seen.analysis?.delaySeconds).toBeGreaterThanOrEqual(4);
  await stack().sandbox.clearFaults();
});

test('a source that stops telling in the middle of the gate rolls back', { timeout: LIMIT }, async () => {
  await stack().sandbox.fault({ kind: 'metrics', silence: true });
  const seen = await canary('silent', { metric: { maxDelay: '4s' } });
  expect(seen.status).toBe('ROLLED_BACK');
  expect(seen.reason).toContain('Datadog gave no point to judge for metrics-0 in any of 3 windows.');
  expect(seen.changes).toEqual(ROLLED_BACK);
  await stack().sandbox.clearFaults();
});

test(
  '429, 500, a cut connection, an empty series and half an answer are no verdicts: the window is asked for again',
  { timeout: LIMIT },
  async () => {
    const { fault, clearFaults } = stack().sandbox;
    await fault({ kind: 'metrics', status: 429, retryAfter: 3, times: 1 });
    await fault({ kind: 'metrics', status: 500, skip: 1, times: 2 });
    await fault({ kind: 'metrics', refuseConnection: true, skip: 3, times: 2 });
    await fault({ kind: 'metrics', emptySeries: true, skip: 5, times: 2 });
    await fault({ kind: 'metrics', malformed: true, skip: 7, times: 2 });
    const seen = await canary('busy');
    expect(seen.status).toBe('SUCCEEDED');
    expect(seen.windows.map(({ outcome, value }) => [outcome, value])).toEqual([
      ['PASS', 0],
      ['PASS', 0],
      ['PASS', 0],
    ]);
    const log = (await stack().log('busy-2')).map(({ text }) => text).join('\n');
    expect(log).toMatch(/429/);
    expect(log).toMatch(/500/);
    await clearFaults();
  },
);
