import { expect, test } from 'vitest';
import { changes } from '../../cli/watch/changes.js';
import { colour } from '../../cli/watch/colour.js';
import { clock } from '../../cli/watch/format.js';
import { renderTree } from '../../cli/watch/tree.js';
import { at, BEGAN, runningCanary } from './documents.js';

const options = { now: BEGAN + 20_000, width: 120, height: 40, log: [] };

test('the tree shows stages with marks and times, the traffic, each window and the time left', () => {
  const [from1, to1, to2] = [clock(at(15)), clock(at(16)), clock(at(17))];
  expect(renderTree(runningCanary(), options)).toEqual([
    'web-12  RUNNING  20s',
    'by ci · example/web:2 · 0123456789ab',
    'The version changed.',
    'traffic wanted 80/20 · verified 80/20',
    '',
    '✔ ECS_CANARY_ROLLOUT       12s  2 of 2 targets healthy on green',
    '✔ ECS_TRAFFIC_ROUTING       3s',
    '● ANALYSIS                  5s  ██░░░░░░░░░░░░░░░░░░ 55s left',
    `  ├ metrics-0 RUNNING · 2/10 windows · ✔ 1 ✖ 1 ? 0 ⚠ 0 · delay 2s · next verdict at about ${clock(at(23))} (in 3s)`,
    `  │ ✔ #1 ${from1}–${to1} PASS 0 · within the bounds`,
    `  │ ✖ #2 ${to1}–${to2} FAIL 0.1235 · above 0.01`,
    '◌ ECS_PRIMARY_ROLLOUT',
  ]);
});

test('weights that were not read back yet are not shown as verified', () => {
  const traffic = { wanted: { primary: 80, canary: 20 }, verified: null };
  expect(renderTree(runningCanary({ traffic }), options)).toContain('traffic wanted 80/20 · verified not yet');
});

test('a baseline’s share stands behind the canary’s', () => {
  const three = { primary: 60, canary: 20, baseline: 20 };
  expect(renderTree(runningCanary({ traffic: { wanted: three, verified: three } }), options)).toContain(
    'traffic wanted 60/20/20 · verified 60/20/20',
  );
});

test('a low terminal loses log lines and windows, never stages', () => {
  const log = Array.from({ length: 30 }, (_, i) => ({
    at: BEGAN,
    level: 'info' as const,
    text: `line ${i}`,
    stage: 's',
  }));
  const lines = renderTree(runningCanary(), { ...options, height: 10, log });
  expect(lines).toHaveLength(10);
  expect(lines.filter((line) => /^[✔✖●◌]/u.test(line))).toHaveLength(4);
  expect(renderTree(runningCanary(), { ...options, log }).at(-1)).toContain('line 29');
});

test('lines are cut to the width, and control characters of a cloud do not reach the terminal', () => {
  const reason = `\u001b[2J${'x'.repeat(200)}`;
  const lines = renderTree(runningCanary({ reason }), { ...options, width: 40 });
  expect(Math.max(...lines.map((line) => Array.from(line).length))).toBeLessThanOrEqual(40);
  expect(lines.join('\n')).not.toContain('\u001b');
});

test('a failed stage says why it failed', () => {
  const document = runningCanary({ status: 'ROLLING_BACK' });
  document.stages[2] = {
    ...document.stages[2]!,
    status: 'FAILED',
    completedAt: at(18),
    reason: '2 of 10 windows failed',
  };
  expect(renderTree(document, options)).toContain('✖ ANALYSIS                  3s  2 of 10 windows failed');
});

test('colour changes nothing but colour', () => {
  const line = '✔ ANALYSIS SUCCEEDED FAIL NO_DATA RUNNING';
  expect(colour(line).replace(/\u001b\[\d+m/g, '')).toBe(line);
  expect(colour(line)).not.toBe(line);
});

test('in a pipe each change is told once', () => {
  const first = runningCanary();
  const all = changes(undefined, first);
  expect(all[0]).toBe('web-12 RUNNING: The version changed.');
  expect(all).toContain('traffic wanted 80/20 · verified 80/20');
  expect(changes(first, runningCanary())).toEqual([]);

  const second = runningCanary();
  second.analysis[0]!.measurements.push({
    window: 3,
    from: at(17),
    to: at(18),
    outcome: 'NO_DATA',
    points: [],
    reason: 'no point',
  });
  expect(changes(first, second)).toEqual([`metrics-0 ? #3 ${clock(at(17))}–${clock(at(18))} NO_DATA · no point`]);
});
