import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { MINUTE } from '../../model/duration.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { changesOf, PROMOTED, PROMOTED_BESIDE_BASELINE } from './changes.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf, type Written } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 6 * MINUTE;
const [tasksPort = 0] = await freePorts(1);
const OURS = { query: undefined, expected: undefined, interval: '2s', resolution: '1s' };

/** An ANALYSIS long enough for a verdict by all the evidence: some 400 requests of the canary, of which 300 are needed. */
function judgedBy(metric: Record<string, unknown>): Written {
  return { analysis: { duration: '20s' }, metric: { ...OURS, ...metric } };
}

const RATE = { strategy: 'CANARY_PRIMARY', metric: 'http-5xx-rate' };
/** How a bad version is judged, which one it is, and what is said of it. */
const CASES: Record<string, { written: Written; bad: string; says: RegExp }> = {
  datadog: {
    written: judgedBy(RATE),
    bad: 'bad:1',
    says: /^metrics-0 failed\. Window \d+: Canary \d+ errors in [\d,]+ requests, primary \d+ in [\d,]+.*; e-value [\d.e]+ ≥ 40\.$/,
  },
  cloudwatch: {
    written: judgedBy({ ...RATE, provider: 'cloudwatch' }),
    bad: 'bad:1',
    says: /^metrics-0 failed\. .*e-value/,
  },
  tasks: { written: judgedBy({ ...RATE, provider: 'tasks' }), bad: 'bad:1', says: /^metrics-0 failed\. .*e-value/ },
  latency: {
    written: judgedBy({ strategy: 'CANARY_PRIMARY', metric: 'latency-p95', tolerance: '50%' }),
    bad: 'slow:1',
    says: /^metrics-0 failed\. .*e-value/,
  },
  slo: {
    written: judgedBy({ metric: 'http-5xx-rate', expected: { max: 0.02 } }),
    bad: 'bad:1',
    says: /against the allowed rate of 0\.02: e-value/,
  },
  beside: {
    written: { ...judgedBy({ strategy: 'CANARY_BASELINE', metric: 'http-5xx-rate' }), example: 'baseline' },
    bad: 'bad:1',
    says: /^metrics-0 failed\. Window \d+: Canary \d+ errors in [\d,]+ requests, baseline \d+ in [\d,]+/,
  },
};
const NAMES = Object.keys(CASES);

const stack = useStack({
  world: worldOf([...NAMES.flatMap((name) => [`${name}-good`, `${name}-bad`]), 'previous', 'watched'], {
    baseline: ['beside-good', 'beside-bad'],
  }),
  tasksPort,
  sources: [
    { name: 'cloudwatch', type: 'CLOUDWATCH', region: 'eu-central-1', resolution: '1s', maxDelay: '20s' },
    { name: 'tasks', type: 'TASKS', port: tasksPort, resolution: '1s', maxDelay: '20s' },
  ],
});

async function begun(app: string, written: Written): Promise<void> {
  const { deploy, ends } = stack();
  expect((await ends(await deploy(app, filesOf(shopOf(app), written)))).status).toBe('SUCCEEDED');
}

beforeAll(async () => {
  const { sandbox } = stack();
  await Promise.all([
    ...NAMES.flatMap((name) =>
      [`${name}-good`, `${name}-bad`].map((app) => begun(app, { example: CASES[name]?.written.example ?? 'canary' })),
    ),
    begun('previous', {}),
    begun('watched', {}),
  ]);
  await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.3 });
  await sandbox.fault({ kind: 'version', image: 'slow:1', responseMillis: 900 });
}, LIMIT);

async function rollOut(app: string, written: Written, image: string): Promise<DeploymentDocument> {
  const { deploy, ends } = stack();
  return ends(await deploy(app, filesOf(shopOf(app), written), { image }));
}

test.concurrent.each(NAMES)('%s: a good version is promoted', { timeout: LIMIT }, async (name) => {
  const { written } = CASES[name]!;
  const app = `${name}-good`;
  const since = await stack().sandbox.nextChange();
  const end = await rollOut(app, written, 'web:2');
  expect([end.status, end.reason]).toEqual(['SUCCEEDED', 'web:2 runs as the primary, with all of the traffic.']);
  expect(end.analysis[0]).toMatchObject({ verdict: 'PASS', counts: { NO_DATA: 0, ERROR: 0 } });
  // How errors come is known of the primary's time before, of a baseline too; of the tasks nothing is remembered from before.
  if (name !== 'tasks') expect(end.analysis[0]?.reason).not.toContain('No history');
  // As it was sent: nothing is left to be put in.
  expect(end.analysis[0]?.query).not.toContain('{{');
  expect(changesOf(await stack().sandbox.changes(since), shopOf(app))).toEqual(
    written.example === 'baseline' ? PROMOTED_BESIDE_BASELINE : PROMOTED,
  );
});

test.concurrent.each(NAMES)('%s: a bad version loses its requests', { timeout: LIMIT }, async (name) => {
  const { written, bad, says } = CASES[name]!;
  const end = await rollOut(`${name}-bad`, written, bad);
  expect(end.status).toBe('ROLLED_BACK');
  expect(end.reason).toMatch(says);
  expect(end.traffic.verified).toMatchObject({ primary: 100, canary: 0 });
});

test.concurrent('PREVIOUS compares with the version before, once there is one', { timeout: LIMIT }, async () => {
  const { deploy, reaches, control, ends } = stack();
  const written = judgedBy({ strategy: 'PREVIOUS', metric: 'http-5xx-rate' });
  const first = await deploy('previous', filesOf(shopOf('previous'), written), { image: 'web:2' });
  const waits = await reaches(first, 'wait for people', ({ status }) => status === 'WAITING_APPROVAL');
  expect(waits.analysis[0]?.reason).toMatch(/The last good version left no evidence/);
  expect((await control(first, 'approve')).status).toBe(200);
  expect((await ends(first)).status).toBe('SUCCEEDED');

  const good = await rollOut('previous', written, 'web:3');
  expect([good.status, good.analysis[0]?.verdict]).toEqual(['SUCCEEDED', 'PASS']);
  const bad = await rollOut('previous', written, 'bad:1');
  expect(bad.status).toBe('ROLLED_BACK');
  expect(bad.reason).toMatch(/Canary \d+ errors in [\d,]+ requests, previous \d+ in [\d,]+/);
});

test.concurrent('what is watched while people decide rolls back, and opens nothing', { timeout: LIMIT }, async () => {
  const metric = { provider: 'sandbox-datadog', maxDelay: '20s', ...OURS, ...RATE };
  const end = await rollOut(
    'watched',
    {
      stages: (stages) =>
        stages.map((stage) =>
          stage.name === 'ANALYSIS' ? { name: 'WAIT_APPROVAL', with: { analysis: { metrics: [metric] } } } : stage,
        ),
    },
    'bad:1',
  );
  expect(end.status).toBe('ROLLED_BACK');
  expect(end.reason).toMatch(/metrics-0 failed/);
  expect(end.stages.find(({ name }) => name === 'WAIT_APPROVAL')).toMatchObject({ status: 'FAILED' });
});

test('a past deployment is judged again, by its own settings and by others', { timeout: LIMIT }, async () => {
  const judge = async (...more: string[]) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(packageRoot(), 'cli', 'sluice.mjs'), 'judge', '--deployment', 'slo-good-2', '--json', ...more],
      { env: { ...process.env, SLUICE_URL: stack().apiUrl, SLUICE_API_KEY: KEYS.viewer } },
    );
    return (JSON.parse(stdout) as { metrics: { verdict: string; was: { verdict: string } }[] }).metrics[0];
  };
  expect(await judge()).toMatchObject({ was: { verdict: 'PASS' }, verdict: 'PASS' });
  // So little was seen that a rate of one in a hundred thousand cannot be told from a higher one.
  expect(await judge('--max', '0.00001')).toMatchObject({ was: { verdict: 'PASS' }, verdict: 'INCONCLUSIVE' });
});
