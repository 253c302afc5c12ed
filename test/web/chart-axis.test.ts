import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeAxis, within, zoomed } from '../../web/deployment/chart-axis.js';

const WHOLE = { from: 1_000, to: 87_400 };

describe('the time that charts have in common', () => {
  test('zooming keeps the instant under the pointer where it is', () => {
    const range = { from: 40_000, to: 50_000 };
    const next = zoomed(range, WHOLE, 0.5, 42_500);
    expect(next).toEqual({ from: 41_250, to: 46_250 });
  });

  test('never leaves the whole, is never shorter than five seconds, and is all when it is as long', () => {
    const inside = fc.integer({ min: 0, max: 86_400 });
    fc.assert(
      fc.property(inside, inside, fc.double({ min: 0.001, max: 1_000, noNaN: true }), inside, (a, b, factor, about) => {
        const range = { from: 1_000 + Math.min(a, b), to: 1_000 + Math.max(a, b) };
        const next = zoomed(range, WHOLE, factor, 1_000 + about);
        if (next === undefined) return (range.to - range.from) * factor >= 86_400;
        expect(next.from).toBeGreaterThanOrEqual(WHOLE.from);
        expect(next.to).toBeLessThanOrEqual(WHOLE.to + 1e-6);
        expect(next.to - next.from).toBeGreaterThanOrEqual(5 - 1e-6);
        return true;
      }),
    );
  });

  test('a range is moved into the whole as long as it was', () => {
    expect(within({ from: -500, to: 500 }, WHOLE)).toEqual({ from: 1_000, to: 2_000 });
    expect(within({ from: 87_000, to: 88_000 }, WHOLE)).toEqual({ from: 86_400, to: 87_400 });
    expect(within({ from: 0, to: 100_000 }, WHOLE)).toBeUndefined();
  });

  test('spans all charts that told what they have, moves to either end, and forgets a chart that is gone', () => {
    const axis = timeAxis();
    const [one, other] = [{}, {}];
    axis.tell(one, { from: 100, to: 200 });
    axis.tell(other, { from: 150, to: 300 });
    expect(axis.whole.value).toEqual({ from: 100, to: 300 });
    axis.move(1);
    expect(axis.chosen.value).toBeUndefined();
    axis.zoom(0.5);
    expect(axis.chosen.value).toEqual({ from: 150, to: 250 });
    axis.move(Infinity);
    expect(axis.chosen.value).toEqual({ from: 200, to: 300 });
    axis.move(-Infinity);
    expect(axis.chosen.value).toEqual({ from: 100, to: 200 });
    axis.show({ from: 120, to: 130 });
    expect(axis.chosen.value).toEqual({ from: 120, to: 130 });
    axis.show(undefined);
    expect(axis.chosen.value).toBeUndefined();
    axis.tell(other, undefined);
    expect(axis.whole.value).toEqual({ from: 100, to: 200 });
  });
});
