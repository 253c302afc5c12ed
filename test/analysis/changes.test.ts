import { describe, expect, test } from 'vitest';
import { changedMetric, readChanges, settingsOf } from '../../analysis/changes.js';
import { judgedAgain, judgeRecords } from '../../analysis/judged-again.js';
import { MINUTE } from '../../model/duration.js';
import type { Metric, ThresholdMetric } from '../../model/metric.js';
import type { AnalysisDocument, MeasurementRecord } from '../../model/wire.js';
import { compared, comparedValue } from './comparing.js';

const threshold: ThresholdMetric = {
  strategy: 'THRESHOLD',
  name: 'errors',
  provider: 'p',
  source: 'PROMETHEUS',
  query: 'q',
  expected: { max: 0.01 },
  interval: MINUTE,
  failureLimit: 0,
  skipOnNoData: false,
  timeout: 30_000,
  maxDelay: 10 * MINUTE,
  resolution: MINUTE,
  minMeasured: 0.5,
  errorLimit: 1,
  dryRun: false,
};

describe('settings as people write them', () => {
  test('are numbers, percentages and the tolerance of the files', () => {
    const given = {
      max: ' 2% ',
      min: '-1.5',
      failureLimit: '2',
      tolerance: '20%',
      deviation: 'low',
      alpha: '0.1',
      minMeasured: '70%',
    };
    expect(readChanges(given)).toEqual({
      changes: {
        max: 0.02,
        min: -1.5,
        failureLimit: 2,
        tolerance: 1.2,
        deviation: 'LOW',
        alpha: 0.1,
        minMeasured: 0.7,
      },
      wrong: {},
    });
    expect(readChanges({})).toEqual({ changes: {}, wrong: {} });
  });

  test.each([
    ['max', ''],
    ['max', 'Infinity'],
    ['failureLimit', '1.5'],
    ['failureLimit', '-1'],
    ['tolerance', 'much'],
    ['deviation', 'UP'],
    ['alpha', '0'],
    ['alpha', '1'],
    ['minMeasured', '101%'],
    ['minMeasured', '0.333'],
  ] as const)('%s cannot be %j, and the others are read', (setting, text) => {
    const { changes, wrong } = readChanges({ min: '1', [setting]: text });
    expect(changes).toEqual({ min: 1 });
    expect(wrong).toEqual({ [setting]: expect.stringContaining(`"${text}"`) as string });
  });
});

describe('the settings that a metric has', () => {
  const alone = compared({ strategy: 'THRESHOLD', expected: { max: 0.01 } });
  delete alone.reference;
  const metrics: [string, Metric, string][] = [
    ['a threshold', threshold, 'max min failureLimit minMeasured'],
    ['an https check', { ...threshold, source: 'HTTP' }, 'failureLimit minMeasured'],
    ['counts against a rate', alone, 'max alpha minMeasured'],
    ['counts compared', compared(), 'max tolerance deviation alpha minMeasured'],
    ['values compared', comparedValue(), 'tolerance deviation alpha minMeasured'],
    ['PipeCD’s test', compared({ test: 'MANN_WHITNEY' }), 'tolerance deviation failureLimit minMeasured'],
  ];

  test.each(metrics)('of %s', (_name, metric, settings) => {
    expect(settingsOf(metric).join(' ')).toBe(settings);
  });

  test.each(metrics)('can all be changed: %s', (_name, metric) => {
    for (const setting of settingsOf(metric)) {
      const changes = { [setting]: setting === 'deviation' ? 'LOW' : 0.125 };
      expect(JSON.stringify(changedMetric(metric, changes))).toMatch(/"LOW"|0\.125/);
    }
    expect(changedMetric(metric, {})).toEqual(metric);
  });

  test('one bound leaves the other', () => {
    expect(changedMetric({ ...threshold, expected: { min: 0, max: 1 } }, { max: 2 }).expected).toEqual({
      min: 0,
      max: 2,
    });
  });
});

describe('judged again', () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 10, 23, 8, minute)).toISOString();
  const record = (window: number, value: number, outcome: string): MeasurementRecord => ({
    stage: 's',
    metric: 'errors',
    window,
    from: at(window - 1),
    to: at(window),
    outcome,
    value,
    points: [[Date.parse(at(window - 1)) / 1000, value]],
    reason: 'as it was said then',
    judgedAt: at(window + 1),
    delaySeconds: 60,
  });
  const document: AnalysisDocument = {
    stage: 's',
    metric: 'errors',
    strategy: 'THRESHOLD',
    query: 'q',
    verdict: 'FAIL',
    reason: 'it failed',
    windows: 3,
    counts: { PASS: 1, FAIL: 1, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
    measurements: [],
  };
  const records = [record(1, 0, 'PASS'), record(2, 0.5, 'FAIL')];

  test('evidence that ends early decides nothing', () => {
    const judged = judgeRecords(changedMetric(threshold, { max: 0.6 }), document, records);
    expect(judged).toMatchObject({ verdict: 'INCONCLUSIVE', reason: '2 of 3 windows judged, 0 failed.' });
    const told = judgedAgain(document, records, judged);
    expect(told).toMatchObject({ stage: 's', metric: 'errors', was: { verdict: 'FAIL' }, verdict: 'INCONCLUSIVE' });
    expect(told.windows.map(({ was, outcome }) => [was, outcome])).toEqual([
      ['PASS', 'PASS'],
      ['FAIL', 'PASS'],
    ]);
  });

  test('evidence that is enough does', () => {
    const whole = [...records, record(3, 0, 'PASS')];
    expect(judgeRecords(changedMetric(threshold, { max: 0.6 }), document, whole).verdict).toBe('PASS');
    expect(judgeRecords(changedMetric(threshold, { failureLimit: 1 }), document, whole).verdict).toBe('PASS');
    expect(judgeRecords(threshold, document, whole).verdict).toBe('FAIL');
  });

  test('nothing is judged after what decides', () => {
    const { verdict, measurements } = judgeRecords(changedMetric(threshold, { max: -1 }), document, records);
    expect(verdict).toBe('FAIL');
    expect(measurements.map(({ window }) => window)).toEqual([1]);
  });
});
