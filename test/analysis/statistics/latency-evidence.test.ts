import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LatencyEvidence } from '../../../model/ledger.js';
import {
  addLatencyPair,
  beginLatency,
  finalLatencyTest,
  historyScale,
  lagOneAutocorrelation,
  latencyLogE,
  type LatencySettings,
} from '../../../analysis/statistics/latency-evidence.js';

const HIGH: LatencySettings = { rho0: 1, direction: 'HIGH', s0: 0.1 };

function gather(ratios: readonly number[], settings: LatencySettings = HIGH): LatencyEvidence {
  return ratios.reduce(
    (state, ratio) => addLatencyPair(state, { canary: 100 * ratio, reference: 100 }, settings),
    beginLatency(),
  );
}

describe('the bets on values', () => {
  it.each([
    [1, 0.1],
    [1.05, 0.02],
    [1, undefined],
  ])('win nothing on average over all signs, tolerance %d, scale of the history %s', (rho0, s0) => {
    const sizes = [0.2, 0.05, 0.01, 0.4, 0.11, 0.07, 0.3, 0.02];
    const settings: LatencySettings = { rho0, direction: 'HIGH', ...(s0 !== undefined && { s0 }) };
    let mean = 0;
    for (let signs = 0; signs < 2 ** sizes.length; signs += 1) {
      // Each logarithm is its own difference and what was carried over from the one before.
      let last = 0;
      const ratios = sizes.map((size, i) => {
        last = 0.3 * last + ((signs >> i) & 1 ? size : -size);
        return rho0 * Math.exp(last);
      });
      mean += Math.exp(latencyLogE(gather(ratios, settings))) / 2 ** sizes.length;
    }
    expect(mean).toBeCloseTo(1, 5);
  });

  it('at most double with one pair, and are never lost altogether', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (logs, s0) => {
          let before = 0;
          let state = beginLatency();
          for (const log of logs) {
            state = addLatencyPair(state, { canary: Math.exp(log), reference: 1 }, { ...HIGH, s0 });
            expect(latencyLogE(state) - before).toBeLessThanOrEqual(Math.LN2 + 1e-9);
            before = latencyLogE(state);
          }
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        },
      ),
    );
  });

  it('bet LOW as they bet HIGH when the sides change places', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { maxLength: 30 }), (ratios) => {
        const low = gather(ratios, { ...HIGH, rho0: 1.05, direction: 'LOW' });
        const swapped = ratios.reduce(
          (state, ratio) => addLatencyPair(state, { canary: 100, reference: 100 * ratio }, { ...HIGH, rho0: 1.05 }),
          beginLatency(),
        );
        expect(latencyLogE(low)).toBeCloseTo(latencyLogE(swapped), 9);
      }),
    );
  });

  it('wait for five pairs where no history tells the scale', () => {
    const unknown: LatencySettings = { rho0: 1, direction: 'HIGH' };
    expect(gather([1.2, 1.3, 1.2, 1.4, 1.3], unknown).sums).toEqual([0, 0, 0]);
    expect(latencyLogE(gather([1.2, 1.3, 1.2, 1.4, 1.3, 1.5], unknown))).toBeGreaterThan(0);
  });

  it('pass over what is not above zero', () => {
    for (const [canary, reference] of [
      [0, 1],
      [1, 0],
      [-1, 2],
      [Number.NaN, 1],
    ]) {
      expect(addLatencyPair(beginLatency(), { canary: canary!, reference: reference! }, HIGH)).toEqual(beginLatency());
    }
  });

  it('keep a state of bounded size', () => {
    const state = gather(Array.from({ length: 2000 }, (_, i) => 1 + ((i * 7919) % 100) / 1000));
    expect(state.pairs).toBe(2000);
    expect([state.raw.length, state.sizes.length]).toEqual([480, 120]);
    expect(JSON.stringify(state).length).toBeLessThan(8000);
    // The newest ones: the last ratio is 1 + ((1999 * 7919) % 100) / 1000.
    expect(state.raw.at(-1)).toBeCloseTo(Math.log(1.081), 6);
  });
});

describe('the test of the planned end', () => {
  it('needs ten pairs', () => {
    expect(finalLatencyTest(gather(Array<number>(9).fill(1.5)))).toBeUndefined();
    expect(finalLatencyTest(gather(Array<number>(10).fill(1.5)))!.pValue).toBeLessThan(0.025);
  });

  it('finds nothing in a canary that is as fast, or faster', () => {
    const [same, faster] = [
      [1.1, 0.9],
      [0.8, 0.7],
    ].map((both) => gather(Array<number[]>(10).fill(both).flat()));
    expect(finalLatencyTest(same!)!.pValue).toBeGreaterThan(0.3);
    expect(finalLatencyTest(faster!)!.pValue).toBeGreaterThan(0.99);
  });
});

describe('the history', () => {
  it('tells the median step between neighbours', () => {
    // Steps of ln 2, ln 2 and ln 4.
    expect(historyScale([1, 2, 4, 1])).toBeCloseTo(Math.LN2 / 0.6745, 12);
    expect(historyScale([5])).toBeUndefined();
    expect(historyScale([5, 5, 5])).toBeUndefined();
    expect(historyScale([0, 5, 0, 5])).toBeUndefined();
  });

  it('tells how alike neighbours are', () => {
    expect(lagOneAutocorrelation([1, 2])).toBeUndefined();
    expect(lagOneAutocorrelation([3, 3, 3, 3])).toBeUndefined();
    const saw = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : 2));
    expect(lagOneAutocorrelation(saw)).toBeCloseTo(-0.99, 10);
    const slope = Array.from({ length: 100 }, (_, i) => Math.exp(i / 10));
    expect(lagOneAutocorrelation(slope)).toBeGreaterThan(0.95);
    // Logarithms 0, 1, 1, 0 around their mean of a half: (-1/4 + 1/4 - 1/4) / 1.
    expect(lagOneAutocorrelation([1, Math.E, Math.E, 1])).toBeCloseTo(-0.25, 12);
  });
});
