import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurementDocument, measurementOf } from '../../model/wire.js';
import { earliestVerdict, judgeWindow, judgeStored, thinEvidence, type Look } from '../../analysis/judge.js';
import { judgeThreshold } from '../../analysis/threshold.js';
import { MINUTE } from '../../model/duration.js';
import type { Point } from '../../model/evidence.js';
import { metric, minutes, QUOTIENT, START } from './support.js';

const window = { window: 1, from: START, to: START + 10 * MINUTE };
const ten = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function look(over: Partial<Look> = {}): Look {
  return { query: QUOTIENT, points: [], absence: 'ZERO', bucket: MINUTE, at: window.to + 2 * MINUTE, ...over };
}

function judge(seen: Look | undefined, over = {}, m = metric()) {
  return judgeWindow(m, window, {
    query: QUOTIENT,
    ...(seen && { look: seen }),
    judgedAt: window.to + 2 * MINUTE,
    ...over,
  });
}

describe('judgeThreshold', () => {
  it('fails with one point outside and passes on the bounds themselves', () => {
    expect(judgeThreshold(minutes(1, 2, 3), { min: 1, max: 3 }).outcome).toBe('PASS');
    expect(judgeThreshold(minutes(1, 2, 3.1), { min: 1, max: 3 }).outcome).toBe('FAIL');
    expect(judgeThreshold(minutes(0.9, 2), { min: 1 }).outcome).toBe('FAIL');
    expect(judgeThreshold([], { max: 1 }).outcome).toBe('NO_DATA');
    expect(judgeThreshold(minutes(NaN), { max: 1 }).outcome).toBe('FAIL');
  });

  it('shows the worst point, and digits enough to see that it is outside', () => {
    const judged = judgeThreshold(minutes(0.3, 0.34, 0.001), { max: 0.01 });
    expect(judged).toMatchObject({ worst: { value: 0.34 }, outside: 2 });
    expect(judged.reason).toBe('0.34 at 08:01:00 is above 0.01, 2 of 3 points outside');
    expect(judgeThreshold(minutes(0.010000001), { max: 0.01 }).reason).toContain('0.010000001 at');
    expect(judgeThreshold(minutes(5, 0.5), { min: 1, max: 9 }).reason).toContain('0.5 at 08:01:00 is below 1');
    expect(judgeThreshold(minutes(1), { min: 0, max: 9 }).reason).toBe('the one point from 0 to 9: 1');
  });

  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { maxLength: 30 });
  const bounds = fc
    .tuple(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.nat(1000), fc.integer({ min: 0, max: 2 }))
    .map(([min, width, kind]) => (kind === 0 ? { min } : kind === 1 ? { max: min } : { min, max: min + width }));

  it('passes exactly when there is a point and every point is inside', () => {
    fc.assert(
      fc.property(values, bounds, (all, limit: { min?: number; max?: number }) => {
        const inside = (v: number) => v >= (limit.min ?? -Infinity) && v <= (limit.max ?? Infinity);
        const { outcome, outside, worst } = judgeThreshold(minutes(...all), limit);
        expect(outcome).toBe(all.length === 0 ? 'NO_DATA' : all.every(inside) ? 'PASS' : 'FAIL');
        expect(outside).toBe(all.filter((v) => !inside(v)).length);
        if (outcome === 'FAIL') expect(inside(worst!.value)).toBe(false);
      }),
    );
  });

  it('does not depend on the order of the points, and one more point never makes a failure a pass', () => {
    fc.assert(
      fc.property(values, bounds, fc.double({ noNaN: true }), (all, limit, extra) => {
        const points = minutes(...all);
        const forward = judgeThreshold(points, limit);
        const backward = judgeThreshold([...points].reverse(), limit);
        expect([backward.outcome, backward.outside]).toEqual([forward.outcome, forward.outside]);
        const more = judgeThreshold([...points, { at: START, value: extra }], limit);
        if (forward.outcome === 'FAIL') expect(more.outcome).toBe('FAIL');
      }),
    );
  });
});

describe('judgeWindow', () => {
  it('fails the seed user’s failing case at its first window', () => {
    const judged = judge(
      look({
        points: minutes(...ten.map(() => 0.34)),
        denominator: minutes(...ten, 9).map((p) => ({ ...p, value: 100 })),
      }),
    );
    expect(judged).toMatchObject({ outcome: 'FAIL', value: 0.34, delaySeconds: 120 });
    expect(judged.reason).toContain('0.34');
  });

  it('takes a quotient without a numerator as zero where there were requests, and says so', () => {
    const denominator = minutes(...ten.map(() => 50), 50);
    const judged = judge(look({ denominator }));
    expect(judged).toMatchObject({ outcome: 'PASS', value: 0, filled: 10 });
    expect(judged.points).toHaveLength(10);
    expect(judged.reason).toContain('10 empty buckets taken as 0 because the denominator has points there');
  });

  it('does not take it as zero where there were no requests', () => {
    const later = [{ at: window.to, value: 50 }];
    expect(judge(look({ denominator: later })).outcome).toBe('NO_DATA');
    expect(judge(look({ denominator: [...minutes(...ten), ...later] })).outcome).toBe('NO_DATA');
  });

  it('does not take a quotient of gauges as zero, and says what to write', () => {
    const judged = judge(look({ denominator: minutes(...ten.map(() => 5), 5), absence: 'GAUGES' }));
    expect(judged.outcome).toBe('NO_DATA');
    expect(judged.reason).toContain('.as_count()');
    const filled = judge(
      look({ denominator: minutes(...ten.map(() => 5), 5), absence: 'GAUGES' }),
      {},
      metric({ emptyValue: 0 }),
    );
    expect(filled).toMatchObject({ outcome: 'PASS', filled: 10 });
  });

  it.each([
    ['OTHER_TAGS', 'under other tags'],
    ['SEVERAL', 'default_zero(…) around each'],
  ] as const)('does not take a quotient as zero by the rule where %s, and says what to write', (absence, words) => {
    const seen = look({ denominator: minutes(...ten.map(() => 5), 5), absence });
    const judged = judge(seen);
    expect(judged).toMatchObject({ outcome: 'NO_DATA', points: [] });
    expect(judged.reason).toContain(words);
    expect(judge(seen, {}, metric({ emptyValue: 0 }))).toMatchObject({ outcome: 'PASS', filled: 10 });
    const quiet = look({ denominator: [{ at: window.to, value: 5 }], absence });
    expect(judge(quiet).reason).not.toContain('The denominator has');
  });

  it('does not take zeros of the denominator as a sign of complete data: they may be a default', () => {
    const zeros = minutes(...ten, 0, 0, 0);
    expect(judge(look({ denominator: zeros }))).toMatchObject({ outcome: 'NO_DATA' });
    expect(judge(look({ denominator: zeros }))).not.toHaveProperty('delaySeconds');
  });

  it('leaves out the points of its neighbours', () => {
    const points = [{ at: START - MINUTE, value: 9 }, ...minutes(...ten), { at: window.to, value: 9 }];
    expect(judge(look({ points }))).toMatchObject({ outcome: 'PASS', points: minutes(...ten) });
  });

  it('with an empty value fills complete buckets where data was seen to flow', () => {
    const m = metric({ query: 'sum:errors{*}.as_count()', expected: { max: 3 }, emptyValue: 0 });
    const after = { at: window.to + MINUTE, value: 1 };
    expect(judge(look({ points: [after] }), {}, m)).toMatchObject({ outcome: 'PASS', filled: 10 });
    expect(judge(look({ points: [] }), {}, m).outcome).toBe('NO_DATA');
    const beat: Point[] = [{ at: START + 4 * MINUTE, value: 1 }, after];
    expect(judge(look({ watermark: beat }), {}, m)).toMatchObject({ outcome: 'PASS', filled: 10 });
    expect(judge(look({ watermark: [after] }), {}, m)).toMatchObject({ outcome: 'NO_DATA' });
  });

  it('judges what never was complete as far as it is certain', () => {
    const bad = look({ points: minutes(0, 0.5, 0), denominator: minutes(9, 9, 9) });
    expect(judge(bad)).toMatchObject({ outcome: 'FAIL', value: 0.5 });
    expect(judge(bad)).not.toHaveProperty('delaySeconds');
    expect(judge(look({ points: minutes(0, 0, 0), denominator: minutes(9, 9, 9) }))).toMatchObject({
      outcome: 'NOT_ENOUGH_DATA',
    });
    // The newest bucket is incomplete: what it shows so far is no evidence.
    expect(judge(look({ points: minutes(0, 0, 0.5), denominator: minutes(9, 9, 9) })).outcome).toBe('NOT_ENOUGH_DATA');
    expect(judge(look({ points: [] })).reason).toBe("Datadog gave no point within 20m of the window's end.");
  });

  it('keeps an error an error, unless a bad bucket is certain', () => {
    const error = 'Datadog answered 500.';
    expect(judge(undefined, { error })).toMatchObject({ outcome: 'ERROR', reason: error, points: [] });
    expect(judge(look({ points: minutes(...ten, 0) }), { error }).outcome).toBe('ERROR');
    expect(judge(look({ points: minutes(0.5, 0, 0) }), { error }).outcome).toBe('FAIL');
  });

  it('never counts a window whose traffic was moved', () => {
    for (const value of [0, 0.5]) {
      const judged = judge(look({ points: minutes(...ten.map(() => value), 0) }), {
        spoiled: 'The weights were 50/50.',
      });
      expect(judged).toMatchObject({ outcome: 'NOT_ENOUGH_DATA', reason: 'The weights were 50/50.' });
    }
  });

  it('judges by the declared delay, and names it when nothing was there', () => {
    const m = metric({ delay: 2 * MINUTE, query: 'avg:latency{*}', expected: { max: 1 } });
    expect(judge(look({ points: minutes(0.1, 0.2) }), {}, m)).toMatchObject({ outcome: 'PASS', delaySeconds: 120 });
    expect(judge(look(), {}, m).reason).toContain('declared delay of 2m');
  });

  const bucketValue = fc.option(fc.double({ min: 0, max: 0.02, noNaN: true }), { nil: undefined });
  const series = fc
    .array(bucketValue, { minLength: 0, maxLength: 13 })
    .map((values) =>
      values.flatMap((value, index) => (value === undefined ? [] : [{ at: START + index * MINUTE, value }])),
    );
  const looks = fc.record({
    points: series,
    denominator: fc.option(series, { nil: undefined }),
    watermark: fc.option(series, { nil: undefined }),
    absence: fc.constantFrom('ZERO', 'GAUGES', 'SEVERAL', 'OTHER_TAGS'),
    at: fc.integer({ min: 0, max: 30 }),
    emptyValue: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
    delay: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    error: fc.option(fc.constant('Datadog answered 500.'), { nil: undefined }),
    spoiled: fc.option(fc.constant('moved'), { nil: undefined }),
  });

  function fromRecord(r: typeof looks extends fc.Arbitrary<infer T> ? T : never) {
    const m = metric({
      ...(r.emptyValue !== undefined && { emptyValue: r.emptyValue }),
      ...(r.delay !== undefined && { delay: r.delay * MINUTE }),
    });
    const seen: Look = {
      query: QUOTIENT,
      points: r.points,
      absence: r.absence,
      bucket: MINUTE,
      at: window.to + r.at * MINUTE,
      ...(r.denominator && { denominator: r.denominator }),
      ...(r.watermark && { watermark: r.watermark }),
    };
    const given = {
      query: QUOTIENT,
      look: seen,
      judgedAt: seen.at,
      ...(r.error !== undefined && { error: r.error }),
      ...(r.spoiled !== undefined && { spoiled: r.spoiled }),
    };
    return { m, seen, given };
  }

  it('never passes without a point, and never on what is not complete', () => {
    fc.assert(
      fc.property(looks, (record) => {
        const { m, seen, given } = fromRecord(record);
        const judged = judgeWindow(m, window, given);
        if (judged.outcome !== 'PASS') return;
        expect(judged.points.length).toBeGreaterThan(0);
        expect(judged.points.every(({ at, value }) => at >= window.from && at < window.to && value <= 0.01)).toBe(true);
        expect(judged.delaySeconds).toBeDefined();
        expect(record.error ?? record.spoiled).toBeUndefined();
        // With no value at all from the source there is nothing to pass on.
        expect([...seen.points, ...(seen.denominator ?? []), ...(seen.watermark ?? [])].length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('can be recomputed from what the measurement keeps, thinned or not', () => {
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 13 }), (record, limit) => {
        const { m, given } = fromRecord(record);
        const judged = judgeWindow(m, window, given);
        expect(judgeStored(m, judged).outcome).toBe(judged.outcome);
        const stored = JSON.parse(JSON.stringify(judged)) as typeof judged;
        expect(judgeStored(m, stored)).toMatchObject({
          outcome: judged.outcome,
          ...(judged.value !== undefined && { value: judged.value }),
        });
        const wire = { ...measurementDocument(stored), stage: 's', metric: m.name };
        expect(judgeStored(m, measurementOf(wire, m.query)).outcome).toBe(judged.outcome);
        if (judged.outcome === 'PASS' || judged.outcome === 'FAIL') {
          expect(judgeStored(m, thinEvidence(judged, limit)).outcome).toBe(judged.outcome);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which the source lists its points', () => {
    fc.assert(
      fc.property(looks, (record) => {
        const { m, seen, given } = fromRecord(record);
        const turned: Look = { ...seen, points: [...seen.points].reverse() };
        expect(judgeWindow(m, window, { ...given, look: turned })).toEqual(judgeWindow(m, window, given));
      }),
    );
  });
});

describe('thinEvidence', () => {
  it('keeps at most the limit, the worst point among them, and says so', () => {
    const points = Array.from({ length: 3600 }, (_, index) => ({ at: START + index, value: index === 1801 ? 7 : 0 }));
    const thin = thinEvidence({ ...judge(undefined, { error: 'x' }), points, value: 7 }, 100);
    expect(thin.points.length).toBeLessThanOrEqual(100);
    expect(thin.points.some(({ value }) => value === 7)).toBe(true);
    expect(thin.reason).toContain(`of 3600 points kept`);
  });
});

describe('earliestVerdict', () => {
  it('waits for the declared delay, else for the delay that was seen', () => {
    expect(earliestVerdict(metric({ delay: 5 * MINUTE }), window, 12 * MINUTE)).toBe(window.to + 5 * MINUTE);
    expect(earliestVerdict(metric(), window, 12 * MINUTE)).toBe(window.to + 12 * MINUTE);
    expect(earliestVerdict(metric(), window)).toBe(window.to);
    expect(earliestVerdict(metric(), window, 90 * MINUTE)).toBe(window.to + 20 * MINUTE);
  });
});
