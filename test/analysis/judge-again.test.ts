import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAgain } from '../../analysis/judge-again.js';
import type { ArrivingPoint, ReplayResult } from '../../analysis/replay.js';
import { MINUTE } from '../../model/duration.js';
import type { ComparedMetric } from '../../model/metric.js';
import { measurementDocument, measurementOf } from '../../model/wire.js';
import { compared, comparedValue, judge, minute } from './comparing.js';

/** What the wire keeps of a judged metric, judged again. */
function again(metric: ComparedMetric, { measurements, progress }: ReplayResult): ReturnType<typeof judgeAgain> {
  const stored = measurements.map((each) => {
    const record = JSON.parse(JSON.stringify(measurementDocument(each))) as ReturnType<typeof measurementDocument>;
    return measurementOf({ ...record, stage: 's', metric: metric.name }, metric.query);
  });
  const calibration = progress.ledger?.calibration;
  return judgeAgain(metric, stored, { windows: progress.windows, ...(calibration && { calibration }) });
}

/** A side's buckets, of which some are missing and some come late. */
function side(of: fc.Arbitrary<{ errors: number; requests: number } | { value: number }>, from: number) {
  return fc
    .array(
      fc.record({
        bucket: of,
        late: fc.oneof(
          { weight: 4, arbitrary: fc.constant(3) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) },
        ),
        there: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      }),
      { minLength: 34 - from, maxLength: 34 - from },
    )
    .chain((list) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(list) },
        { weight: 1, arbitrary: fc.nat(list.length).map((length) => list.slice(0, length)) },
      ),
    )
    .map((list) =>
      list.flatMap(({ bucket, late, there }, index): ArrivingPoint[] => {
        const at = minute(index + from);
        return there ? [{ at, arrivedAt: at + MINUTE + late * MINUTE, ...bucket }] : [];
      }),
    );
}

const counts = fc.record({
  errors: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) }),
  requests: fc.integer({ min: 0, max: 60 }),
});
const values = fc.record({ value: fc.double({ min: 50, max: 200, noNaN: true }) });
/** How many times worse the canary is, and which half of it is silent. */
const canaries = fc.record({
  worse: fc.constantFrom(1, 1, 1.3, 10),
  silentFrom: fc.constantFrom(0, 15, 34, 34, 34, 34, 34, 34),
});
const settings = fc.record({
  deviation: fc.constantFrom('HIGH' as const, 'LOW' as const, 'EITHER' as const),
  maxDelay: fc.constantFrom(4 * MINUTE, 20 * MINUTE),
  extra: fc.constantFrom(0, 20 * MINUTE),
  ends: fc.constantFrom('SEQUENTIAL' as const, 'MANN_WHITNEY' as const),
});

describe('stored measurements, judged again', () => {
  it.each([
    ['counts', compared({ expected: { max: 0.05 } }), counts],
    ['values', comparedValue(), values],
  ] as const)('have the same outcomes: %s', (_, metric, bucket) => {
    const seen = { PASS: 0, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 };
    fc.assert(
      fc.property(
        side(bucket, 0),
        side(bucket, -20),
        canaries,
        settings,
        (told, primary, { worse, silentFrom }, { extra, ends, ...over }) => {
          const canary = told
            .filter(({ at }) => at < minute(silentFrom))
            .map((point) => ({
              ...point,
              ...(point.value !== undefined && { value: point.value * worse }),
              ...(point.errors !== undefined && { errors: Math.round(point.errors * worse) }),
            }));
          const used = { ...metric, ...over, test: ends };
          const first = judge(used, { canary, primary }, { maxDuration: 30 * MINUTE + extra });
          const second = again(used, first);
          for (const { outcome } of first.measurements) seen[outcome] += 1;
          expect(second.all.map(({ outcome }) => outcome)).toEqual(first.measurements.map(({ outcome }) => outcome));
          expect(second.all.map(({ evidence }) => evidence)).toEqual(
            first.measurements.map(({ evidence }) => evidence),
          );
          expect(second.verdict).toBe(first.progress.verdict);
          expect(JSON.parse(JSON.stringify(second.ledger))).toEqual(second.ledger);
          for (const { from, to, judgedAt } of first.measurements) {
            expect(to).toBeGreaterThan(from);
            expect(judgedAt).toBeGreaterThanOrEqual(to);
          }
        },
      ),
      { numRuns: 60, seed: 4, endOnFailure: true },
    );
    expect(Math.min(seen.PASS, seen.FAIL, seen.NOT_ENOUGH_DATA, seen.NO_DATA)).toBeGreaterThan(0);
  });

  it('of an end that could have been extended spend the same half of the final test', () => {
    const metric = compared({ interval: 30 * MINUTE });
    // p = 0.018 lies between a quarter and a half of the budget.
    const canary = [1, 2, 31].map((index) => ({
      at: minute(index),
      arrivedAt: minute(index + 1),
      errors: [0, 12, 11][index] ?? 0,
      requests: 1000,
    }));
    const primary = canary.map((point) => ({ ...point, errors: point.errors > 0 ? 5 : 0 }));
    const [ended, extendable] = [30, 60].map((most) =>
      judge(metric, { canary, primary }, { maxDuration: most * MINUTE }),
    );
    expect(ended?.verdict).toBe('FAIL');
    expect(extendable?.measurements[0]).toMatchObject({ outcome: 'PASS', mayBeExtended: true });
    for (const each of [ended, extendable]) {
      if (each)
        expect(again(metric, each).all.map(({ outcome }) => outcome)).toEqual(
          each.measurements.map(({ outcome }) => outcome),
        );
    }
  });
});
