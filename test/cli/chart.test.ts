import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { showsUnicode } from '../../config/command-line.js';
import { ascii } from '../../cli/watch/ascii.js';
import { renderChart } from '../../cli/watch/chart.js';
import { bar, clock, columns, fit, wrap } from '../../cli/watch/format.js';
import { renderTree } from '../../cli/watch/tree.js';
import type { AnalysisDocument } from '../../model/wire.js';
import { at, BEGAN, measuredCanary, runningCanary } from './documents.js';

const metric = (change: Partial<AnalysisDocument> = {}): AnalysisDocument => ({
  ...measuredCanary().analysis[0]!,
  ...change,
});
const options = { now: BEGAN + 50_000, running: true, width: 49, rows: 4 };

test('a compared metric shows both versions, each window with its outcome, and the time not judged yet', () => {
  const [from, until, next] = [clock(at(15)), clock(at(50)), clock(at(52))];
  expect(renderChart(metric(), options)).toEqual([
    '0.12 ┤                        ⡜⠉⠉⠉⠉⢣',
    '     ┤                       ⡰⠁     ⢇',
    '     ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁◦◦ ◦◦◦⠈⠉⠉⠉⠉⠉',
    '   0 ┤',
    '     ╰✔━━━━━✔━━━━━✔━━━━━✔━━━━━✖━━━━━✔━━━━━░░░░░░░',
    `      ${from}                           ${until}`,
    `⠒ canary 0.06 · ◦ primary 0.05 · next verdict at about ${next} (in 2s)`,
  ]);
});

test('a bound is dashed, and no line is drawn across a window without data', () => {
  const threshold = metric({
    strategy: 'THRESHOLD',
    expected: { max: 0.02 },
    verdict: 'FAIL',
    measurements: [
      {
        window: 1,
        from: at(0),
        to: at(10),
        outcome: 'PASS',
        points: [0, 3, 6, 9].map((n) => [BEGAN / 1000 + n, 0.02 - n / 500]),
        reason: '',
      },
      { window: 2, from: at(10), to: at(20), outcome: 'NO_DATA', points: [], reason: '' },
      { window: 3, from: at(20), to: at(30), outcome: 'FAIL', points: [[BEGAN / 1000 + 20, 0.04]], reason: '' },
    ],
  });
  expect(renderChart(threshold, { ...options, running: false, rows: 3, width: 30 })).toEqual([
    '0.04 ┤                ⠁',
    '     ┤⠤⣀⣀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌',
    '   0 ┤   ⠉⠒⠒⠤⠄',
    '     ╰✔━━━━━━━?━━━━━━━✖━━━━━━━',
    `      ${clock(at(0))}        ${clock(at(30))}`,
    '⠒ measured 0.04 · ╌ max 0.02',
  ]);
});

test('nothing is drawn before there is a value, nor where it could not be read', () => {
  expect(renderChart(runningCanary().analysis[0]!, options)).toEqual([]);
  expect(renderChart(metric({ measurements: [] }), options)).toEqual([]);
  expect(renderChart(metric(), { ...options, width: 20 })).toEqual([]);
});

describe('whatever was measured', () => {
  const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  const windows = fc.array(
    fc.record({
      outcome: fc.constantFrom('PASS', 'FAIL', 'NO_DATA', 'NOT_ENOUGH_DATA', 'ERROR'),
      canary: fc.array(fc.option(finite), { maxLength: 5 }),
      reference: fc.option(fc.array(finite, { maxLength: 5 }), { nil: undefined }),
    }),
    { maxLength: 20 },
  );
  const chart = fc
    .tuple(windows, fc.option(finite, { nil: undefined }), fc.integer({ min: 0, max: 3_600 }))
    .map(([all, max, late]) => {
      const document = runningCanary();
      const metric = document.analysis[0]!;
      const points = (values: (number | null)[], from: number): [number, number, number][] =>
        values.map((one, n) => [BEGAN / 1000 + from + n, one ?? 0, one === null ? 0 : 1]);
      delete metric.expected;
      if (max !== undefined) metric.expected = { max };
      metric.measurements = all.map(({ outcome, canary, reference }, i) => ({
        window: i + 1,
        from: at(i * 5),
        to: at(i * 5 + 5),
        outcome,
        points: [],
        reason: '',
        canary: points(canary, i * 5),
        ...(reference && { reference: points(reference, i * 5) }),
      }));
      return { document, metric, now: BEGAN + (all.length * 5 + late) * 1000 };
    });

  it('a chart has its rows, and its plot the width that it may have', () => {
    fc.assert(
      fc.property(chart, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2, max: 12 }), (drawn, width, rows) => {
        const lines = renderChart(drawn.metric, { now: drawn.now, running: true, width, rows });
        if (lines.length > 0) expect(lines).toHaveLength(rows + 3);
        // The legend is cut by the tree.
        for (const line of lines.slice(0, -1)) expect(columns(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('a tree is never wider or taller than the terminal, and says what was left out', () => {
    fc.assert(
      fc.property(chart, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), (drawn, width, height) => {
        const lines = renderTree(drawn.document, { now: drawn.now, width, height, log: [] });
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(width);
        if (width > 15 && height >= 10)
          expect(lines.filter((line) => /^[✔●◌]/u.test(line)).length).toBeGreaterThanOrEqual(3);
        if (width > 15 && height < 5) expect(lines.at(-1)).toMatch(/^… \d+ more lines$/);
      }),
    );
  });
});

test('stages that do not run are counted on a low terminal, the one that runs is seen', () => {
  const lines = renderTree(measuredCanary(), { now: BEGAN + 50_000, width: 80, height: 9, log: [] });
  expect(lines.slice(5)).toEqual([
    '✔ 2 stages, the last ECS_TRAFFIC_ROUTING SUCCEEDED',
    expect.stringMatching(/^● ANALYSIS {17}35s {2}███████░░░░░ 25s left/),
    expect.stringMatching(/^ {2}├ latency RUNNING · 6\/10 windows/),
    '◌ ECS_PRIMARY_ROLLOUT',
  ]);
});

test('an approval gives up, a rollout has as many tasks as are healthy', () => {
  const stages = [
    {
      id: 'a',
      name: 'ECS_CANARY_ROLLOUT',
      status: 'RUNNING' as const,
      startedAt: at(0),
      detail: '1 of 4 targets healthy on green',
    },
    { id: 'b', name: 'WAIT_APPROVAL', status: 'RUNNING' as const, startedAt: at(0), expectedEndAt: at(40) },
  ];
  const lines = renderTree(runningCanary({ stages, analysis: [] }), {
    now: BEGAN + 10_000,
    width: 80,
    height: 24,
    log: [],
  });
  expect(lines.slice(5)).toEqual([
    '● ECS_CANARY_ROLLOUT      10s  ███░░░░░░░░░ · 1 of 4 targets healthy on green',
    '● WAIT_APPROVAL           10s  ███░░░░░░░░░ gives up in 30s',
  ]);
});

test('a bar is as long as asked, and full only at the end', () => {
  expect([bar(-1, 4), bar(0.5, 4), bar(2, 4)]).toEqual(['░░░░', '██░░', '████']);
});

test('wide characters count twice, those without a width not at all', () => {
  expect(columns('配置 ✔ e\u0301')).toBe(8);
  expect(fit('配置配置', 5)).toBe('配置…');
  expect(fit('配置', 4)).toBe('配置');
});

test('ASCII stands where nothing else can be shown, one for one', () => {
  expect(ascii('✔ #1 08:00–09:00 · ⡏⠉◦╌━░█ ≥ 40 — “é”')).toBe('+ #1 08:00-09:00 - **o-=.# > 40 - "?"');
  expect([showsUnicode({}), showsUnicode({ LANG: 'de_DE.UTF-8' }), showsUnicode({ LC_ALL: 'C.utf8' })]).not.toContain(
    false,
  );
  expect([
    showsUnicode({ LANG: 'C' }),
    showsUnicode({ LC_ALL: 'POSIX', LANG: 'C.UTF-8' }),
    showsUnicode({ TERM: 'linux' }),
  ]).not.toContain(true);
});

test('the reason is broken between words, and cut only after its last line', () => {
  expect(wrap('a bb ccc dddd', 5, 4)).toEqual(['a bb', 'ccc', 'dddd']);
  expect(wrap('a bb ccc dddd', 5, 2)).toEqual(['a bb', 'ccc dddd']);
  const reason =
    'metrics-2 failed. Window 1: Canary 6 errors in 20 requests; against the allowed rate of 0.01: far too many.';
  expect(renderTree(runningCanary({ reason }), { now: BEGAN, width: 60, height: 40, log: [] }).slice(2, 4)).toEqual([
    'metrics-2 failed. Window 1: Canary 6 errors in 20 requests;',
    'against the allowed rate of 0.01: far too many.',
  ]);
});

test('a metric that nobody decides any more awaits nothing', () => {
  const document = measuredCanary({ status: 'ROLLED_BACK', completedAt: at(50) });
  document.stages[2] = {
    ...document.stages[2]!,
    status: 'FAILED',
    completedAt: at(46),
    reason: 'Another metric failed.',
  };
  const text = renderTree(document, { now: BEGAN + 50_000, width: 100, height: 40, log: [] }).join('\n');
  expect(text).toContain('├ latency not decided · 6/10 windows');
  expect(text).not.toMatch(/next verdict|✔━*░/);
});
