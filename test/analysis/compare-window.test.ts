import { describe, expect, it } from 'vitest';
import { closeWindow, openWindow, takeLook } from '../../analysis/compare-window.js';
import { evidenceMark } from '../../analysis/evidence-mark.js';
import { addPair, calibrate, finalTest, harmIn, openLedger } from '../../analysis/ledger.js';
import { isSettled, sideOf, type PairLook } from '../../analysis/side-buckets.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ComparedMetric } from '../../model/metric.js';
import { compared, comparedValue, judge, minute, poisson, random, told } from './comparing.js';

const good = (): { errors: number; requests: number } => ({ errors: 2, requests: 400 });
const primary = (): { errors: number; requests: number } => ({ errors: 8, requests: 1600 });
const bad = (): { errors: number; requests: number } => ({ errors: 16, requests: 400 });

describe('the buckets of one side', () => {
  const at = minute(0);

  it('have no errors where requests were counted and no errors', () => {
    const { buckets } = sideOf(compared(), { errors: [], requests: [{ at, value: 5 }] });
    expect(buckets.get(at)).toEqual({ at, errors: 0, requests: 5 });
  });

  it('have at least as many requests as errors', () => {
    const side = { errors: [{ at, value: 3 }], requests: [{ at: at + MINUTE, value: 1 }] };
    expect(sideOf(compared(), side).buckets.get(at)).toEqual({ at, errors: 3, requests: 3 });
    const more = { errors: [{ at, value: 3 }], requests: [{ at, value: 1 }] };
    expect(sideOf(compared(), more).buckets.get(at)).toEqual({ at, errors: 3, requests: 3 });
  });

  it('tell nothing by errors of zero alone: only requests show that data flows', () => {
    const side = sideOf(compared(), { errors: [{ at, value: 0 }], requests: [] });
    expect(side.buckets.size).toBe(0);
    expect(side.newest).toBeUndefined();
  });

  it('of a value are filled with emptyValue only where the watermark shows that data flows', () => {
    const series = {
      value: [{ at, value: 7 }],
      watermark: [0, 1, 2, 3].map((i) => ({ at: minute(i), value: i === 2 ? 0 : 9 })),
    };
    expect([...sideOf(comparedValue({ emptyValue: 0 }), series).buckets.values()]).toEqual([
      { at, value: 7 },
      { at: minute(1), value: 0 },
      { at: minute(3), value: 0 },
    ]);
    expect(sideOf(comparedValue(), series).buckets.size).toBe(1);
  });
});

describe('a bucket is settled', () => {
  const bucket = MINUTE;
  const side = (there: number[], newest?: number): Parameters<typeof isSettled>[1] => ({
    buckets: new Map(there.map((i) => [minute(i), { at: minute(i), value: 1 }])),
    ...(newest !== undefined && { newest: minute(newest) }),
  });

  it('when it is there and a newer one is', () => {
    expect(isSettled(minute(0), side([0], 0), { at: minute(5), bucket }, undefined)).toBe(false);
    expect(isSettled(minute(0), side([0, 1], 1), { at: minute(5), bucket }, undefined)).toBe(true);
  });

  it('when the declared delay has passed, whatever is there', () => {
    expect(isSettled(minute(0), side([0], 0), { at: minute(3) - 1, bucket }, 2 * MINUTE)).toBe(false);
    expect(isSettled(minute(0), side([0], 0), { at: minute(3), bucket }, 2 * MINUTE)).toBe(true);
  });

  it('though it is not there, 30 % after the declared delay', () => {
    const due = minute(1) + 2.6 * MINUTE;
    expect(isSettled(minute(0), side([]), { at: due - 1, bucket }, 2 * MINUTE)).toBe(false);
    expect(isSettled(minute(0), side([]), { at: due, bucket }, 2 * MINUTE)).toBe(true);
  });

  it('though it is not there, once it is as late as delays are known to differ', () => {
    // The newest bucket was seen 7 minutes after its end, so that this one may come 13 minutes after its own. The longer nothing
    // newer comes, the later all data seems to be.
    const look = (index: number): { at: number; bucket: number } => ({ at: minute(index), bucket });
    expect(isSettled(minute(0), side([1], 1), look(9), undefined)).toBe(false);
    const newest = side([6], 6);
    expect(isSettled(minute(0), newest, { at: minute(14) + SECOND, bucket }, undefined)).toBe(false);
    expect(isSettled(minute(0), newest, { at: minute(14) - SECOND, bucket }, undefined)).toBe(true);
  });

  it('never of a side that shows nothing', () => {
    expect(isSettled(minute(0), side([]), { at: minute(500), bucket }, undefined)).toBe(false);
  });
});

describe('data that comes late', () => {
  it('is judged the same, later: each window when its data is complete', () => {
    const late = (index: number): number => (index % 2 === 0 ? 12 : 9) * MINUTE;
    const there = judge(compared(), { canary: told(0, 31, good), primary: told(-60, 31, primary) });
    const after = judge(compared(), { canary: told(0, 40, good, late), primary: told(-60, 40, primary, late) });
    expect([there.verdict, after.verdict]).toEqual(['PASS', 'PASS']);
    expect(after.measurements.map(({ canary }) => canary)).toEqual(there.measurements.map(({ canary }) => canary));
    for (const [index, each] of after.measurements.entries()) {
      expect(each.judgedAt).toBeGreaterThanOrEqual(each.to + 9 * MINUTE);
      expect(each.judgedAt).toBeGreaterThan(there.measurements[index]?.judgedAt ?? Infinity);
    }
  });

  it('is waited for where it is a hole, and used out of order', () => {
    // All come after three minutes, minute 4 only after 5.2: within 1.3 / 0.7 of the others.
    const late = (index: number): number => (index === 4 ? 5.2 : 3) * MINUTE;
    const result = judge(compared(), { canary: told(0, 40, good, late), primary: told(0, 40, primary) });
    const [first] = result.measurements;
    const order = first?.canary?.map(({ at }) => (at - minute(0)) / MINUTE);
    expect(order).toEqual([0, 1, 2, 3, 5, 4, 6, 7, 8, 9]);
    expect(result.verdict).toBe('PASS');
  });

  it('is not waited for beyond what delays are known to differ by', () => {
    const late = (index: number): number => (index === 4 ? 30 : 2) * MINUTE;
    const { measurements, verdict } = judge(compared(), {
      canary: told(0, 40, good, late),
      primary: told(0, 40, primary),
    });
    expect(measurements[0]?.canary?.map(({ at }) => (at - minute(0)) / MINUTE)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
    expect([verdict, measurements[0]?.outcome]).toEqual(['PASS', 'PASS']);
    expect(measurements[0]?.judgedAt).toBeLessThan(minute(20));
  });

  it('is given up after maxDelay, and is no pass', () => {
    const late = (): number => 60 * MINUTE;
    const metric = compared({ maxDelay: 5 * MINUTE });
    const { measurements, verdict } = judge(metric, {
      canary: told(0, 40, good, late),
      primary: told(0, 40, primary, late),
    });
    expect(verdict).toBe('NO_DATA');
    expect(measurements.map(({ judgedAt, to }) => judgedAt - to)).toEqual(Array(3).fill(5 * MINUTE));
  });

  it('whose delay is declared is taken when the delay has passed, and the last bucket needs no newer one', () => {
    const late = (): number => 2 * MINUTE;
    const points = { canary: told(0, 30, good, late), primary: told(0, 30, primary, late) };
    const declared = judge(compared({ delay: 2 * MINUTE }), points);
    expect(declared.verdict).toBe('PASS');
    expect(declared.measurements.map(({ judgedAt, to }) => judgedAt - to)).toEqual(Array(3).fill(2 * MINUTE));
    const open = judge(compared(), points);
    expect(open.measurements.at(-1)).toMatchObject({ outcome: 'NOT_ENOUGH_DATA', judgedAt: minute(50) });
    expect(open.measurements.at(-1)?.delaySeconds).toBeUndefined();
  });

  it('may be corrected until it is used, and not afterwards', () => {
    const canary = told(0, 31, good);
    const first = canary[3]!;
    const before = { ...first, errors: 40, arrivedAt: first.arrivedAt };
    const soon = { ...first, arrivedAt: first.arrivedAt + 30 * SECOND };
    const corrected = judge(compared(), { canary: [...canary, before, soon], primary: told(0, 31, primary) });
    expect(corrected.measurements[0]?.canary?.[3]).toMatchObject({ errors: 2 });
    const tooLate = { ...first, errors: 400, arrivedAt: first.arrivedAt + 3 * MINUTE };
    const kept = judge(compared(), { canary: [...canary, tooLate], primary: told(0, 31, primary) });
    expect(kept.measurements[0]?.canary?.[3]).toMatchObject({ errors: 2 });
    expect(kept.verdict).toBe('PASS');
  });

  it('of the canary may be complete while the reference is waited for: then the window was not seen complete', () => {
    const { measurements } = judge(compared({ maxDelay: 3 * MINUTE }), {
      canary: told(0, 40, good),
      primary: told(0, 8, primary),
    });
    expect(measurements[0]).toMatchObject({ outcome: 'NOT_ENOUGH_DATA' });
    expect(measurements[0]?.delaySeconds).toBeUndefined();
    expect(measurements[0]?.reason).toContain('not complete');
  });
});

describe('never a pass', () => {
  it('where one side is silent', () => {
    const alone = judge(compared(), { canary: told(0, 31, good) });
    expect(alone.verdict).toBe('NOT_ENOUGH_DATA');
    expect(alone.reason).toContain('The primary had no requests in this window');
    expect(judge(compared(), { primary: told(0, 31, primary) }).verdict).toBe('NO_DATA');
    const silent = judge(compared({ delay: MINUTE }), { primary: told(0, 31, primary) });
    expect(silent.verdict).toBe('NO_DATA');
    expect(silent.measurements[0]?.reason).toContain('while the primary had some');
    expect(judge(compared({ delay: MINUTE }), { canary: told(0, 31, good) }).verdict).toBe('NOT_ENOUGH_DATA');
  });

  it('where nothing was there at all', () => {
    const { verdict, measurements } = judge(compared(), {});
    expect(verdict).toBe('NO_DATA');
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['NO_DATA', 'NO_DATA', 'NO_DATA']);
  });

  it('where requests are too few to show that the canary is good', () => {
    const few = judge(compared(), {
      canary: told(0, 31, () => ({ errors: 0, requests: 2 })),
      primary: told(0, 31, primary),
    });
    expect(few.verdict).toBe('NOT_ENOUGH_DATA');
    expect(few.reason).toContain('cannot rule out');
  });

  it('below minRequests and minPoints', () => {
    const points = { canary: told(0, 31, good), primary: told(0, 31, primary) };
    expect(judge(compared({ minRequests: 12_000 }), points).verdict).toBe('PASS');
    expect(judge(compared({ minRequests: 12_001 }), points)).toMatchObject({ verdict: 'NOT_ENOUGH_DATA' });
    expect(judge(compared({ minPoints: 30 }), points).verdict).toBe('PASS');
    expect(judge(compared({ minPoints: 31 }), points).reason).toContain('minPoints asks for 31');
  });

  it('where values are not above zero, and so were never compared', () => {
    const zero = told(0, 31, () => ({ value: 0 }));
    const result = judge(comparedValue(), { canary: zero, primary: zero });
    expect(result.verdict).toBe('NOT_ENOUGH_DATA');
    expect(result.reason).toContain('0 pairs of values above zero');
    const worse = judge(comparedValue(), { canary: told(0, 31, () => ({ value: 50 })), primary: zero });
    expect(worse.verdict).toBe('NOT_ENOUGH_DATA');
  });

  it('of nine pairs of values', () => {
    const values = (count: number): ReturnType<typeof judge> => {
      const side = told(0, count, (i) => ({ value: 100 + (i % 3) }));
      return judge(comparedValue({ delay: 0, minMeasured: 0.1 }), { canary: side, primary: side });
    };
    expect(values(9).verdict).toBe('NOT_ENOUGH_DATA');
    expect(values(10).verdict).toBe('PASS');
  });
});

describe('harm', () => {
  it('ends a window at once, with the last bucket that was used', () => {
    const { verdict, measurements, decidedAt } = judge(compared(), {
      canary: told(0, 31, (i) => (i < 12 ? good() : bad())),
      primary: told(-60, 31, primary),
    });
    const last = measurements.at(-1)!;
    expect([verdict, last.window, last.outcome]).toEqual(['FAIL', 2, 'FAIL']);
    const used = last.canary!;
    expect(last.to).toBe(used.at(-1)!.at + MINUTE);
    expect(last.to).toBeLessThan(minute(20));
    expect(last.judgedAt).toBeGreaterThanOrEqual(last.to);
    expect(decidedAt).toBe(last.judgedAt);
    expect(last.evidence?.value).toBeGreaterThanOrEqual(40);
    expect(last.reason).toMatch(/: .*× as many; e-value .* ≥ 40\.$/);
  });

  it('is never seen in fewer than three errors', () => {
    const few = judge(compared(), {
      canary: told(0, 31, (i) => ({ errors: i < 2 ? 1 : 0, requests: 3 })),
      primary: told(0, 31, () => ({ errors: 0, requests: 100_000 })),
    });
    expect(few.verdict).toBe('NOT_ENOUGH_DATA');
  });

  it('that builds slowly is found by the one test of the planned end', () => {
    // 72 errors where 54 are expected of the canary: no bet wins 40 : 1, and such a split comes once in 200 times.
    const { verdict, measurements } = judge(compared(), {
      canary: told(0, 31, (i) => ({ errors: i % 5 < 2 ? 3 : 2, requests: 400 })),
      primary: told(0, 31, (i) => ({ errors: i % 2 === 0 ? 6 : 7, requests: 1600 })),
    });
    expect(verdict).toBe('FAIL');
    expect(measurements).toHaveLength(3);
    expect(measurements.at(-1)).toMatchObject({ to: minute(30), evidence: { kind: 'P_VALUE', bar: 0.025 } });
    expect(measurements.at(-1)?.reason).toContain('at the planned end p = ');
  });

  it('in the last window is found though its last look failed', () => {
    const metric = compared();
    let open = openWindow(metric, { window: 1, from: minute(0), to: minute(10) }, undefined);
    const look: PairLook = {
      canary: { errors: [{ at: minute(0), value: 28 }], requests: [0, 1].map((i) => ({ at: minute(i), value: 1000 })) },
      reference: {
        errors: [{ at: minute(0), value: 12 }],
        requests: [0, 1].map((i) => ({ at: minute(i), value: 1000 })),
      },
      query: 'q',
      bucket: MINUTE,
      at: minute(2),
    };
    open = takeLook(metric, open, look, { start: minute(0) });
    expect(open.harm).toBeUndefined();
    const closing = { judgedAt: minute(30), look, query: 'q', error: 'Refused.', mayBeExtended: false };
    expect(closeWindow(metric, open, undefined, { ...closing, isEnd: false }).measurement.outcome).toBe('ERROR');
    expect(closeWindow(metric, open, undefined, { ...closing, isEnd: true }).measurement.outcome).toBe('FAIL');
  });

  it('is looked for in both directions with half of the budget each', () => {
    const either = compared({ deviation: 'EITHER' });
    expect(evidenceMark(either, openLedger(either)).bar).toBeCloseTo(80, 6);
    expect(evidenceMark(compared(), openLedger(compared())).bar).toBeCloseTo(40, 6);
    const high = judge(either, { canary: told(0, 31, bad), primary: told(0, 31, primary) });
    expect(high.reason).toContain('≥ 80 (too high)');
    const low = judge(either, {
      canary: told(0, 31, () => ({ errors: 0, requests: 400 })),
      primary: told(0, 31, primary),
    });
    expect(low.reason).toContain('(too low)');
  });

  it('of LOW is that there are fewer', () => {
    const metric = compared({ deviation: 'LOW' });
    const fewer = judge(metric, {
      canary: told(0, 31, () => ({ errors: 40, requests: 400 })),
      primary: told(0, 31, () => ({ errors: 320, requests: 1600 })),
    });
    expect(fewer.verdict).toBe('FAIL');
    const more = judge(metric, {
      canary: told(0, 31, () => ({ errors: 160, requests: 400 })),
      primary: told(0, 31, () => ({ errors: 320, requests: 1600 })),
    });
    expect(more.verdict).toBe('PASS');
  });

  it('of a share of successes is that it falls, and a good share passes', () => {
    const share = (ok: number) => (): { errors: number; requests: number } => ({ errors: ok * 4, requests: 400 });
    const reference = told(0, 31, () => ({ errors: 1584, requests: 1600 }));
    for (const deviation of ['LOW', 'EITHER'] as const) {
      const metric = compared({ deviation });
      expect(judge(metric, { canary: told(0, 31, share(99)), primary: reference }).verdict).toBe('PASS');
      expect(judge(metric, { canary: told(0, 31, share(50)), primary: reference }).verdict).toBe('FAIL');
    }
  });

  it('of a value is that it is typically higher, or lower', () => {
    const noise = random(7);
    const around = (centre: number) => (): { value: number } => ({ value: centre * (0.95 + 0.1 * noise()) });
    const history = told(-240, 31, around(100));
    expect(judge(comparedValue(), { canary: told(0, 31, around(100)), primary: history }).verdict).toBe('PASS');
    expect(judge(comparedValue(), { canary: told(0, 31, around(140)), primary: history }).verdict).toBe('FAIL');
    expect(judge(comparedValue(), { canary: told(0, 31, around(60)), primary: history }).verdict).toBe('PASS');
    const low = comparedValue({ deviation: 'LOW' });
    expect(judge(low, { canary: told(0, 31, around(60)), primary: history }).verdict).toBe('FAIL');
  });

  it('of a value is still found after one bucket that was wildly better, and what is kept is JSON', () => {
    const metric = comparedValue();
    const history = Array.from({ length: 60 }, (_, i) => ({ at: minute(i - 60), value: 100 + (i % 2) }));
    let ledger = { ...openLedger(metric), calibration: calibrate(metric, history) };
    ledger = addPair(metric, ledger, {
      at: 0,
      canary: { at: 0, value: 0.001 },
      reference: { at: 0, value: 100 },
    }) as typeof ledger;
    expect(JSON.parse(JSON.stringify(ledger))).toEqual(ledger);
    expect(harmIn(metric, ledger)).toBeUndefined();
  });
});

describe('the history of the reference', () => {
  /** Errors that come three at a time, by chance. */
  function clusters(seed: number, requests: number): (index: number) => { errors: number; requests: number } {
    const next = random(seed);
    return () => ({ errors: 3 * poisson(requests / 1200, next), requests });
  }

  it('tells of errors in clusters, so that they do not roll back good versions', () => {
    const verdicts = { with: 0, without: 0 };
    for (let seed = 1; seed <= 60; seed += 1) {
      const canary = told(0, 31, clusters(seed * 7919, 240));
      const reference = told(-240, 31, clusters(seed * 104_729, 960));
      const now = reference.filter(({ at }) => at >= minute(0));
      if (judge(compared(), { canary, primary: reference }).verdict === 'FAIL') verdicts.with += 1;
      if (judge(compared(), { canary, primary: now }).verdict === 'FAIL') verdicts.without += 1;
    }
    expect(verdicts.with).toBeLessThanOrEqual(4);
    expect(verdicts.without).toBeGreaterThan(verdicts.with);
  });

  it('is missed in words where there was none', () => {
    const points = { canary: told(0, 31, good), primary: told(0, 31, primary) };
    expect(judge(compared(), points).reason).toContain('No history of the reference');
    expect(judge(compared(), { ...points, primary: told(-60, 31, primary) }).reason).not.toContain('No history');
  });

  it('shows an incident that both share, which is not held against the canary', () => {
    const { verdict, measurements } = judge(compared(), {
      canary: told(0, 31, (i) => (i >= 12 && i < 18 ? { errors: 40, requests: 400 } : good())),
      primary: told(-60, 31, (i) => (i >= 12 && i < 18 ? { errors: 160, requests: 1600 } : primary())),
    });
    expect(verdict).toBe('PASS');
    expect(measurements[1]?.reason).toContain('Both versions erred more than usual');
    expect(measurements[0]?.reason).not.toContain('Both versions');
  });
});

/** A rate that is compared with nothing but what the file allows. */
function rated(max: number): ComparedMetric {
  const metric = compared({ strategy: 'THRESHOLD', expected: { max } });
  delete metric.reference;
  return metric;
}

describe('the allowed rate', () => {
  const metric = compared({ expected: { max: 0.004 } });
  const above = { canary: told(0, 31, () => ({ errors: 12, requests: 400 })) };

  it('is a second way to show harm, for a quarter of the budget', () => {
    const { verdict, reason } = judge(metric, {
      canary: told(0, 31, () => ({ errors: 1, requests: 20 })),
      primary: told(-60, 31, () => ({ errors: 0, requests: 60 })),
    });
    expect(verdict).toBe('FAIL');
    expect(reason).toMatch(/against the allowed rate of 0\.004: e-value .* ≥ 80|e-value .* ≥ 40/);
  });

  it('is no measure when the primary exceeds it itself, before or now', () => {
    const same = (i: number): { errors: number; requests: number } => ({ errors: i < -1000 ? 0 : 48, requests: 1600 });
    expect(judge(metric, { ...above, primary: told(-60, 31, same) }).verdict).toBe('PASS');
    const nowOnly = told(-60, 31, (i) => (i < 0 ? { errors: 1, requests: 1600 } : same(i)));
    expect(judge(metric, { ...above, primary: nowOnly }).verdict).toBe('PASS');
  });

  it('is all there is where nothing is compared', () => {
    const alone = rated(0.01);
    expect(judge(alone, { canary: told(0, 31, () => ({ errors: 12, requests: 400 })) }).verdict).toBe('FAIL');
    expect(judge(alone, { canary: told(0, 31, good) }).verdict).toBe('PASS');
    expect(judge(alone, { canary: told(0, 31, () => ({ errors: 0, requests: 2 })) }).verdict).toBe('NOT_ENOUGH_DATA');
  });

  it('may be so high that no bet could be above it', () => {
    const alone = rated(0.95);
    expect(judge(alone, { canary: told(0, 31, () => ({ errors: 200, requests: 400 })) }).verdict).toBe('PASS');
    expect(judge(alone, { canary: told(0, 31, () => ({ errors: 400, requests: 400 })) }).verdict).toBe('FAIL');
  });
});

describe('an extension', () => {
  it('has half of what is left of the final test, and is used only for want of data', () => {
    const metric = compared();
    let ledger = openLedger(metric);
    const pair = {
      at: 0,
      canary: { at: 0, errors: 29, requests: 1000 },
      reference: { at: 0, errors: 11, requests: 1000 },
    };
    ledger = addPair(metric, ledger, pair);
    expect(harmIn(metric, ledger)).toBeUndefined();
    const bars = [];
    for (const mayBeExtended of [true, true, false]) {
      const { harm, ledger: after } = finalTest(metric, ledger, mayBeExtended);
      bars.push(harm?.bar);
      ledger = after;
    }
    expect(bars).toEqual([0.0125, 0.00625, 0.00625]);
    expect(ledger.finals).toBe(3);
  });

  it('goes on until the data can show that the canary is good', () => {
    const points = {
      canary: told(0, 91, () => ({ errors: 0, requests: 8 })),
      primary: told(-60, 91, () => ({ errors: 1, requests: 100 })),
    };
    const once = judge(compared(), points);
    expect(once.verdict).toBe('PASS');
    const few = { ...points, canary: told(0, 91, () => ({ errors: 0, requests: 2 })) };
    expect(judge(compared(), few).verdict).toBe('NOT_ENOUGH_DATA');
    const longer = judge(compared(), few, { maxDuration: 90 * MINUTE });
    expect(longer.verdict).toBe('PASS');
    expect(longer.measurements.length).toBeGreaterThan(3);
    expect(judge(compared(), points, { maxDuration: 90 * MINUTE }).measurements).toHaveLength(3);
  });
});

describe('Mann–Whitney', () => {
  const metric = comparedValue({ test: 'MANN_WHITNEY', tolerance: 1, deviation: 'HIGH', interval: 10 * MINUTE });

  it('judges each window alone', () => {
    const { verdict, measurements } = judge(
      { ...metric, failureLimit: 1 },
      {
        canary: told(0, 31, (i) => ({ value: (i < 10 ? 150 : 100) + (i % 4) })),
        primary: told(0, 31, (i) => ({ value: 100 + (i % 4) })),
      },
    );
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['FAIL', 'PASS', 'PASS']);
    expect(verdict).toBe('PASS');
    expect(measurements[0]?.reason).toMatch(/p = .* ≤ 0\.05; medians 15.* and 10/);
  });

  it('has not enough data where no values could fail the test', () => {
    const short = { ...metric, interval: 2 * MINUTE };
    const { measurements, verdict } = judge(short, {
      canary: told(0, 31, (i) => ({ value: 900 + i })),
      primary: told(0, 31, (i) => ({ value: i + 1 })),
    });
    expect(measurements.every(({ outcome }) => outcome === 'NOT_ENOUGH_DATA')).toBe(true);
    expect(verdict).toBe('NOT_ENOUGH_DATA');
    expect(measurements[0]?.reason).toContain('too few');
  });
});

describe('an earlier version', () => {
  const metric = compared({ strategy: 'PREVIOUS', reference: { variant: 'previous', queries: {} } });

  it('is what the canary is compared with', () => {
    const previous = told(0, 31, primary);
    expect(judge(metric, { canary: told(0, 31, good), previous }).verdict).toBe('PASS');
    expect(judge(metric, { canary: told(0, 31, bad), previous }).verdict).toBe('FAIL');
  });

  it('that left no evidence is no pass unless the file says so', () => {
    const points = { canary: told(0, 31, good) };
    expect(judge(metric, points)).toMatchObject({ verdict: 'NOT_ENOUGH_DATA' });
    expect(judge({ ...metric, onNoPrevious: 'PASS' }, points).verdict).toBe('PASS');
    expect(judge({ ...metric, onNoPrevious: 'PASS' }, {}).verdict).toBe('NO_DATA');
  });
});
