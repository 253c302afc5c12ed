import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delaySeen, isBucketComplete, isWindowComplete } from '../../analysis/completeness.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { START } from './support.js';

const to = START + 10 * MINUTE;
const reach = { at: to + MINUTE, bucket: MINUTE };

describe('isWindowComplete', () => {
  it('needs a bucket at or after the window’s end: the newest one inside it is incomplete', () => {
    expect(isWindowComplete(to, reach)).toBe(false);
    expect(isWindowComplete(to, { ...reach, newest: to - MINUTE })).toBe(false);
    expect(isWindowComplete(to, { ...reach, newest: to })).toBe(true);
    expect(isWindowComplete(to, { ...reach, newest: to + MINUTE })).toBe(true);
  });

  it('is complete by the declared delay, counted from the end of the last bucket', () => {
    const delay = 2 * MINUTE;
    expect(isWindowComplete(to, { ...reach, delay, at: to + delay - 1 })).toBe(false);
    expect(isWindowComplete(to, { ...reach, delay, at: to + delay })).toBe(true);
    // A window that ends within a bucket ends with that bucket.
    expect(isWindowComplete(to + 30 * SECOND, { ...reach, delay, at: to + 30 * SECOND + delay })).toBe(false);
    expect(isWindowComplete(to + 30 * SECOND, { ...reach, delay, at: to + MINUTE + delay })).toBe(true);
  });

  it('stays complete when more data comes or more time passes', () => {
    const minute = fc.integer({ min: -20, max: 20 });
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.nat(20),
        fc.nat(20),
        fc.option(fc.nat(10), { nil: undefined }),
        (n, at, more, later, d) => {
          const seen = {
            newest: to + n * MINUTE,
            at: to + at * MINUTE,
            bucket: MINUTE,
            ...(d !== undefined && { delay: d * MINUTE }),
          };
          if (!isWindowComplete(to, seen)) return;
          expect(
            isWindowComplete(to, { ...seen, newest: seen.newest + more * MINUTE, at: seen.at + later * MINUTE }),
          ).toBe(true);
        },
      ),
    );
  });

  it('means that each bucket of the window is complete', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -12, max: 3 }),
        fc.nat(30),
        fc.option(fc.nat(10), { nil: undefined }),
        (n, at, d) => {
          const seen = {
            newest: to + n * MINUTE,
            at: to + at * MINUTE,
            bucket: MINUTE,
            ...(d !== undefined && { delay: d * MINUTE }),
          };
          const buckets = Array.from({ length: 10 }, (_, index) => START + index * MINUTE);
          if (isWindowComplete(to, seen)) expect(buckets.every((bucket) => isBucketComplete(bucket, seen))).toBe(true);
        },
      ),
    );
  });
});

describe('delaySeen', () => {
  it('is the time since the window’s end when looks were made at their pace', () => {
    const late = { at: to + 13 * MINUTE, bucket: MINUTE, newest: to };
    expect(delaySeen(to, late, { incomplete: { at: to + 12 * MINUTE, pause: MINUTE } })).toBe(13 * MINUTE);
    expect(delaySeen(to, late, {})).toBe(13 * MINUTE);
  });

  it('is not the hour in which the worker was down', () => {
    const after = { at: to + 60 * MINUTE, bucket: MINUTE, newest: to + 58 * MINUTE };
    expect(delaySeen(to, after, {})).toBe(2 * MINUTE);
    expect(delaySeen(to, after, { largest: 3 * MINUTE })).toBe(3 * MINUTE);
    expect(delaySeen(to, after, { incomplete: { at: to + MINUTE, pause: 30 * SECOND } })).toBe(2 * MINUTE);
  });

  it('remembers the delay of a source whose data comes in batches', () => {
    const batch = { at: to + 9 * MINUTE, bucket: MINUTE, newest: to + 7 * MINUTE };
    expect(delaySeen(to, batch, { largest: 12 * MINUTE })).toBe(9 * MINUTE);
  });

  it('is the declared delay where only that says that the data is complete', () => {
    expect(delaySeen(to, { at: to + 30 * MINUTE, bucket: MINUTE, delay: 5 * MINUTE }, {})).toBe(5 * MINUTE);
  });

  it('is never negative and never more than the time since the window’s end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), fc.nat(100), (at, n, largest) => {
        const seen = { at: to + at * MINUTE, bucket: MINUTE, newest: to + n * MINUTE };
        const delay = delaySeen(to, seen, { largest: largest * MINUTE });
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(at * MINUTE);
      }),
    );
  });
});
