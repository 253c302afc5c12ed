import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { judgeRecords, type JudgedMetric } from '../../analysis/judged-again.js';
import { MINUTE } from '../../model/duration.js';
import type { Outcome } from '../../model/evidence.js';
import type { MeasurementRecord } from '../../model/wire.js';
import { stageAgain, whatIsMissing } from '../../web/retrospective/outcome.js';
import { commandFor, fieldsToWrite } from '../../web/retrospective/to-write.js';
import { compared } from '../analysis/comparing.js';
import { metric, START } from '../analysis/support.js';

const threshold = metric({ expected: { max: 0.01 }, interval: 10 * MINUTE, minMeasured: 0.5, errorLimit: 1 });

function record(window: number, value: number, minutes = 10): MeasurementRecord {
  const from = START + (window - 1) * 10 * MINUTE;
  const to = from + minutes * MINUTE;
  return {
    stage: 's',
    metric: threshold.name,
    window,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    outcome: value > 0.01 ? 'FAIL' : 'PASS',
    points: [[from / 1000, value]],
    reason: 'then',
    delaySeconds: 60,
  };
}

function judged(records: MeasurementRecord[], windows: number, of = threshold): JudgedMetric {
  return judgeRecords(of, { query: 'q', windows }, records);
}

describe('the fields to write', () => {
  const place = { stage: 'gate', windows: 6, sharing: 1 };

  test('are those that were changed, and both bounds where one was', () => {
    const both = metric({ expected: { min: 0, max: 0.01 } });
    expect(parse(fieldsToWrite(both, { max: 0.02, failureLimit: 2 }, place))).toEqual({
      expected: { min: 0, max: 0.02 },
      failureLimit: 2,
    });
    expect(parse(fieldsToWrite(compared(), { tolerance: 1.5, deviation: 'LOW' }, place))).toEqual({
      tolerance: 1.5,
      deviation: 'LOW',
    });
    expect(fieldsToWrite(threshold, {}, place)).toBe('');
  });

  test('keep errorLimit where it would follow minMeasured', () => {
    expect(parse(fieldsToWrite(threshold, { minMeasured: 0.7 }, place))).toEqual({ minMeasured: '70%' });
    expect(parse(fieldsToWrite(threshold, { minMeasured: 0.5 }, place))).toEqual({ minMeasured: '50%', errorLimit: 1 });
  });

  test('give the stage’s alpha, of which each metric has its share', () => {
    expect(parse(fieldsToWrite(compared(), { alpha: 0.1 }, { ...place, sharing: 3 }))).toEqual({ alpha: 0.3 });
    expect(fieldsToWrite(compared(), { alpha: 0.1 }, { ...place, sharing: 3 })).toMatch(/the stage gate.* 3 metrics/);
  });
});

test('the command names the metric where there are others', () => {
  const changes = { max: 0.02, failureLimit: 1, minMeasured: 0.7 };
  expect(commandFor('web-12', { stage: 's', metric: 'm', only: true }, changes)).toBe(
    'sluice judge --deployment web-12 --max 0.02 --failure-limit 1 --min-measured 70%',
  );
  expect(commandFor('web-12', { stage: 's', metric: 'm', only: false }, {})).toBe(
    'sluice judge --deployment web-12 --stage s --metric m',
  );
});

describe('what the stage would have come to', () => {
  const gate = { name: 'ANALYSIS' };
  const good = judged([record(1, 0)], 1);
  const bad = judged([record(1, 0.5)], 1);
  const open = judged([record(1, 0)], 2);
  const of = (outcome: Outcome): JudgedMetric => judged([{ ...record(1, 0), outcome, points: [] }], 1);

  test.each([
    ['passes', gate, [good, good], false, 'PASS', /would go on/],
    ['fails with one', gate, [good, bad], false, 'FAIL', /would be rolled back/],
    ['is not decided by evidence that ends early', gate, [good, open], false, 'INCONCLUSIVE', /does not decide/],
    ['is not decided yet', gate, [good, open], true, 'RUNNING', /more windows are to come/],
    ['has seen nothing', gate, [of('NO_DATA')], false, 'NO_DATA', /No verdict: onNoData of the stage/],
    ['is left to people', { name: 'WAIT_APPROVAL' }, [good], false, 'PASS', /people decide/],
  ] as const)('%s', (_, stage, metrics, running, verdict, words) => {
    const told = stageAgain(stage, metrics, running);
    expect(told.verdict).toBe(verdict);
    expect(told.words).toMatch(words);
  });
});

describe('what there is no window of', () => {
  const three = [record(1, 0), record(2, 0.5), record(3, 0)];

  test('is nothing where all were measured', () => {
    expect(whatIsMissing(threshold, [record(1, 0)], judged([record(1, 0)], 1), 'ended')).toEqual([]);
  });

  test('are those after the one that decides', () => {
    expect(whatIsMissing(threshold, three, judged(three, 6), 'ended')).toEqual([
      'Window 2 decides it: the window after it would not have been judged.',
    ]);
  });

  test('are those that were never measured, or not yet', () => {
    const loose = metric({ expected: { max: 1 }, interval: 10 * MINUTE });
    expect(whatIsMissing(loose, three, judged(three, 6, loose), 'ended (rolled back)')).toEqual([
      'The evidence ends with window 3 of 6, where the deployment ended (rolled back): there are no windows after that.',
    ]);
    expect(whatIsMissing(loose, three, judged(three, 6, loose), undefined)).toEqual(['3 of 6 windows so far.']);
  });

  test('is the rest of a window in which the evidence was enough', () => {
    const short = [record(1, 0), record(2, 0.5, 4)];
    expect(whatIsMissing(threshold, short, judged(short, 2), 'ended').join(' ')).toMatch(
      /^Window 2 is 4m long, not 10m/,
    );
  });
});
