import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../analysis/decision.js';
import { judged, measured, requiredWindows } from '../../analysis/metric-verdict.js';
import { addMeasurements, beginProgress, stageVerdict } from '../../analysis/tally.js';
import type { MetricProgress, Outcome, Verdict } from '../../model/evidence.js';
import type { OnNoData, OnNotEnoughData, ThresholdMetric } from '../../model/metric.js';
import { measurement, metric, minutes } from './support.js';

const OUTCOMES: Outcome[] = ['PASS', 'FAIL', 'NO_DATA', 'NOT_ENOUGH_DATA', 'ERROR'];

function after(outcomes: Outcome[], over: Partial<ThresholdMetric> = {}, windows = outcomes.length): MetricProgress {
  const m = metric(over);
  const all = outcomes.map((outcome, index) => measurement(index + 1, outcome));
  return addMeasurements(m, beginProgress(m, windows), all);
}

function times(count: number, outcome: Outcome): Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

describe('a metric', () => {
  it('fails at the first failed window by default, before its other windows', () => {
    const failed = after(['FAIL'], {}, 3);
    expect(failed.verdict).toBe('FAIL');
    expect(failed.reason).toBe('metrics-0 failed 1 of 1 judged window (failureLimit 0). Window 1: FAIL for a test.');
  });

  it('forgives as many failures as failureLimit says, and no more', () => {
    expect(after(['FAIL', 'PASS', 'FAIL', 'PASS'], { failureLimit: 2 }).verdict).toBe('PASS');
    expect(after(['FAIL', 'PASS', 'FAIL', 'FAIL'], { failureLimit: 2 }).verdict).toBe('FAIL');
  });

  it('fails on a row of failures, which only a pass ends', () => {
    const limits = { failureLimit: 9, consecutiveFailureLimit: 2 };
    expect(after(['FAIL', 'NO_DATA', 'FAIL'], limits, 5).verdict).toBe('FAIL');
    expect(after(['FAIL', 'PASS', 'FAIL'], limits, 5).verdict).toBe('RUNNING');
  });

  it('ends in ERROR when its error budget is used, not before', () => {
    expect(after(times(4, 'ERROR'), { errorLimit: 4 }, 10).verdict).toBe('RUNNING');
    expect(after(times(5, 'ERROR'), { errorLimit: 4 }, 10)).toMatchObject({
      verdict: 'ERROR',
      reason: '5 windows of metrics-0 ended in an error, more than errorLimit 4. ERROR for a test.',
    });
  });

  it('says in one sentence that it saw nothing', () => {
    expect(after(times(10, 'NO_DATA'))).toMatchObject({
      verdict: 'NO_DATA',
      reason: 'Datadog gave no point to judge for metrics-0 in any of 10 windows.',
    });
    expect(after([], {}, 0).reason).toContain('interval of 10m is longer than the stage');
  });

  it('needs half of its windows measured by default', () => {
    expect(after([...times(5, 'PASS'), ...times(5, 'NO_DATA')]).verdict).toBe('PASS');
    expect(after([...times(4, 'PASS'), ...times(6, 'NO_DATA')])).toMatchObject({
      verdict: 'NOT_ENOUGH_DATA',
      reason: 'Only 4 of 10 windows of metrics-0 could be measured, 5 are needed.',
    });
  });

  it('with skipOnNoData forgives missing windows, but not all of them', () => {
    expect(after(['PASS', ...times(9, 'NO_DATA')], { skipOnNoData: true }).verdict).toBe('PASS');
    expect(after(times(10, 'NO_DATA'), { skipOnNoData: true }).verdict).toBe('NO_DATA');
    expect(after(['PASS', ...times(4, 'ERROR'), ...times(5, 'NO_DATA')], { skipOnNoData: true }).verdict).toBe(
      'NOT_ENOUGH_DATA',
    );
  });

  it('needs one measured window at least, whatever share is asked for', () => {
    expect(requiredWindows(metric({ minMeasured: 0 }), after(times(3, 'PASS')))).toBe(1);
    expect(requiredWindows(metric({ minMeasured: 0.7 }), after(times(10, 'PASS')))).toBe(7);
    expect(requiredWindows(metric({ skipOnNoData: true }), after(times(10, 'NO_DATA')))).toBe(1);
  });

  it('says when every value of a pass was filled in', () => {
    const m = metric();
    const filled = measurement(1, 'PASS', { points: minutes(0, 0), filled: 2 });
    expect(addMeasurements(m, beginProgress(m, 1), [filled]).reason).toContain('the query itself had no point');
    const seen = { ...filled, filled: 1 };
    expect(addMeasurements(m, beginProgress(m, 1), [seen]).reason).toBe('1 of 1 window of metrics-0 passed.');
  });

  it('counts a repeated result once, keeps the last 20 and the largest delay', () => {
    const m = metric({ failureLimit: 99 });
    const all = Array.from({ length: 30 }, (_, i) =>
      measurement(i + 1, i === 3 ? 'FAIL' : 'PASS', { delaySeconds: i === 7 ? 720 : 60 }),
    );
    const once = addMeasurements(m, beginProgress(m, 30), all);
    expect(addMeasurements(m, once, all.slice(10))).toEqual(once);
    expect(once.measurements.map((each) => each.window)).toEqual(Array.from({ length: 20 }, (_, i) => i + 11));
    expect(once).toMatchObject({ delaySeconds: 720, counts: { PASS: 29, FAIL: 1 } });
  });

  const outcomes = fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 40 });
  const rules = fc.record({
    failureLimit: fc.nat(3),
    errorLimit: fc.nat(5),
    minMeasured: fc.constantFrom(0, 0.25, 0.5, 0.7, 1),
    skipOnNoData: fc.boolean(),
  });

  it('passes only with enough windows measured, never with none, and only within its limits', () => {
    fc.assert(
      fc.property(outcomes, rules, (all, rule) => {
        const ended = after(all, rule);
        if (ended.verdict !== 'PASS') return;
        expect(measured(ended.counts)).toBeGreaterThan(0);
        expect(ended.counts.FAIL).toBeLessThanOrEqual(rule.failureLimit);
        expect(ended.counts.ERROR).toBeLessThanOrEqual(rule.errorLimit);
        expect(measured(ended.counts)).toBeGreaterThanOrEqual(requiredWindows(metric(rule), ended));
      }),
      { numRuns: 500 },
    );
  });

  it('comes to the same verdict in whatever pieces, and, without a rule on rows, in whatever order the windows end', () => {
    fc.assert(
      fc.property(
        outcomes,
        rules,
        fc.nat(40),
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        (all, rule, cut, random) => {
          const m = metric({ ...rule, errorLimit: 99 });
          const whole = after(all, m);
          const list = all.map((outcome, index) => measurement(index + 1, outcome));
          const pieces = addMeasurements(
            m,
            addMeasurements(m, beginProgress(m, all.length), list.slice(0, cut)),
            list.slice(cut),
          );
          expect(pieces).toEqual(whole);
          const keyed = all.map((outcome, index) => ({ outcome, key: random[index] ?? 0 }));
          const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ outcome }) => outcome);
          expect(after(shuffled, m).verdict).toBe(whole.verdict);
        },
      ),
    );
  });

  it('never gets better by one more failure, nor by a pass less', () => {
    fc.assert(
      fc.property(outcomes, rules, fc.nat(39), (all, rule, at) => {
        const index = at % all.length;
        const worse = all.map((outcome, i): Outcome => (i === index ? 'FAIL' : outcome));
        const none = all.map((outcome, i): Outcome => (i === index && outcome === 'PASS' ? 'NO_DATA' : outcome));
        if (after(all, rule).verdict === 'FAIL') expect(after(worse, rule).verdict).toBe('FAIL');
        // A window without data is only forgiven where the file says so.
        if (!rule.skipOnNoData && after(all, rule).verdict !== 'PASS')
          expect(after(none, rule).verdict).not.toBe('PASS');
      }),
    );
  });

  it('runs exactly as long as windows are left and it can still pass', () => {
    fc.assert(
      fc.property(outcomes, rules, fc.integer({ min: 1, max: 5 }), (all, rule, more) => {
        const running = after(all, rule, all.length + more);
        const spent = running.counts.FAIL > rule.failureLimit || running.counts.ERROR > rule.errorLimit;
        expect(running.verdict === 'RUNNING').toBe(!spent);
        expect(judged(running.counts)).toBe(all.length);
      }),
    );
  });
});

describe('a stage', () => {
  function stage(...verdicts: (Verdict | `dry ${Verdict}`)[]) {
    return stageVerdict(
      verdicts.map((text, index) => {
        const dryRun = text.startsWith('dry ');
        const verdict = text.replace('dry ', '') as Verdict;
        const seen = verdict === 'PASS' || verdict === 'FAIL' ? 1 : 0;
        return {
          ...beginProgress(metric({ name: `m${index}`, dryRun }), 1),
          verdict,
          reason: `m${index}.`,
          counts: { PASS: seen, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
        };
      }),
    );
  }

  it('fails with its first failed metric, whatever the others do', () => {
    expect(stage('RUNNING', 'FAIL', 'PASS')).toEqual({ verdict: 'FAIL', reason: 'm1.' });
  });

  it('runs until all counted metrics have ended, and passes only when all passed', () => {
    expect(stage('PASS', 'RUNNING', 'NO_DATA').verdict).toBe('RUNNING');
    expect(stage('PASS', 'PASS')).toEqual({ verdict: 'PASS', reason: 'm0. m1.' });
    for (const verdict of ['NO_DATA', 'NOT_ENOUGH_DATA', 'ERROR'] as const) {
      expect(stage('PASS', verdict)).toEqual({ verdict, reason: 'm1.' });
    }
    expect(stage('ERROR', 'NOT_ENOUGH_DATA', 'NO_DATA').verdict).toBe('NO_DATA');
  });

  it('neither counts dry runs nor waits for them', () => {
    expect(stage('PASS', 'dry FAIL').verdict).toBe('PASS');
    expect(stage('PASS', 'dry RUNNING').verdict).toBe('PASS');
    expect(stage('FAIL', 'dry PASS').verdict).toBe('FAIL');
  });

  it('of nothing but dry runs passes when one of them measured something', () => {
    expect(stage('dry FAIL', 'dry NO_DATA').verdict).toBe('PASS');
    expect(stage('dry FAIL', 'dry RUNNING').verdict).toBe('RUNNING');
    expect(stage('dry NO_DATA', 'dry ERROR').verdict).toBe('NO_DATA');
    expect(stageVerdict([]).verdict).toBe('NO_DATA');
  });
});

describe('decide', () => {
  const none: OnNoData[] = ['ROLLBACK', 'WAIT_APPROVAL', 'PROCEED'];
  const little: OnNotEnoughData[] = ['WAIT_APPROVAL', 'ROLLBACK', 'PROCEED'];

  it('follows the table, for each verdict and each choice', () => {
    for (const onNoData of none) {
      for (const onNotEnoughData of little) {
        const on = { onNoData, onNotEnoughData };
        const to = (verdict: Outcome, metrics: MetricProgress[] = []) =>
          decide({ verdict, reason: 'Why.', metrics }, on).action;
        expect(to('PASS')).toBe('PROCEED');
        expect(to('FAIL')).toBe('ROLLBACK');
        expect(to('NO_DATA')).toBe(onNoData);
        expect(to('NOT_ENOUGH_DATA')).toBe(onNotEnoughData);
        expect(to('ERROR', [after(['ERROR'])])).toBe(onNoData);
        expect(to('ERROR', [after(['PASS', 'ERROR'])])).toBe(onNotEnoughData);
        expect(to('ERROR', [after(['PASS', 'ERROR']), after(['ERROR'], { dryRun: true })])).toBe(onNotEnoughData);
      }
    }
  });

  it('names the rule that it followed', () => {
    const on = { onNoData: 'ROLLBACK', onNotEnoughData: 'WAIT_APPROVAL' } as const;
    expect(decide({ verdict: 'NO_DATA', reason: 'Nothing came.', metrics: [] }, on).reason).toBe(
      'Nothing came. (onNoData: ROLLBACK)',
    );
    expect(decide({ verdict: 'NOT_ENOUGH_DATA', reason: 'Little came.', metrics: [] }, on).reason).toContain(
      '(onNotEnoughData: WAIT_APPROVAL)',
    );
  });
});
