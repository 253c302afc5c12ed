import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RatioEvidence } from '../../../model/ledger.js';
import { binomialUpperTail } from '../../../analysis/statistics/binomial.js';
import {
  addRatioBucket,
  beginRatio,
  finalRatioTest,
  finalSloTest,
  logE,
  logSlo,
  ratioBars,
  sloAloneBar,
  sufficiency,
  type CountBucket,
  type RatioSettings,
} from '../../../analysis/statistics/ratio-evidence.js';
import { random } from '../comparing.js';

interface Pair {
  canary: CountBucket;
  reference?: CountBucket;
}

const PLAIN: RatioSettings = { rho0: 1, phi: 1, direction: 'HIGH' };

function gather(pairs: readonly Pair[], settings: RatioSettings = PLAIN): RatioEvidence {
  return pairs.reduce((state, pair) => addRatioBucket(state, pair, settings), beginRatio());
}

function chance(x: number, n: number, p: number): number {
  let product = 1;
  for (let i = 1; i <= x; i += 1) product *= ((n - x + i) / i) * p;
  return product * (1 - p) ** (n - x);
}

/** Requests of both sides and errors of both together in three buckets, of which the weights change. */
const BUCKETS = [
  { canary: 100, reference: 1900, errors: 4 },
  { canary: 500, reference: 500, errors: 3 },
  { canary: 37, reference: 5, errors: 5 },
];

/** The mean of E over all splits of the errors when the canary errs `rho` times as often as the reference. */
function meanE(rho: number, settings: RatioSettings): number {
  const over = (from: number, state: RatioEvidence): number => {
    const bucket = BUCKETS[from];
    if (!bucket) return Math.exp(logE(state));
    const share = (rho * bucket.canary) / (rho * bucket.canary + bucket.reference);
    let mean = 0;
    for (let x = 0; x <= bucket.errors; x += 1) {
      const pair = {
        canary: { errors: x, requests: bucket.canary },
        reference: { errors: bucket.errors - x, requests: bucket.reference },
      };
      mean += chance(x, bucket.errors, share) * over(from + 1, addRatioBucket(state, pair, settings));
    }
    return mean;
  };
  return over(0, beginRatio());
}

const side = fc
  .integer({ min: 0, max: 400 })
  .chain((requests) => fc.record({ errors: fc.integer({ min: 0, max: requests }), requests: fc.constant(requests) }));
const pairs = fc.array(fc.record({ canary: side, reference: side }), { maxLength: 12 });
const direction = fc.constantFrom('HIGH' as const, 'LOW' as const);

describe('the bets on the split', () => {
  it.each([1, 1.2, 2])('win nothing on average when the canary is worse by what is tolerated: %d times', (rho0) => {
    expect(meanE(rho0, { ...PLAIN, rho0 })).toBeCloseTo(1, 12);
    expect(meanE(1 / rho0, { ...PLAIN, rho0, direction: 'LOW' })).toBeCloseTo(1, 12);
  });

  it('lose on average when the canary is better, and win when it is worse', () => {
    expect(meanE(0.5, PLAIN)).toBeLessThan(1);
    expect(meanE(1, { ...PLAIN, rho0: 1.2 })).toBeLessThan(1);
    expect(meanE(3, PLAIN)).toBeGreaterThan(2);
    expect(meanE(1 / 3, { ...PLAIN, direction: 'LOW' })).toBeGreaterThan(2);
  });

  it('win less than nothing on average with a dispersion', () => {
    const mean = meanE(1, { ...PLAIN, phi: 2.5 });
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.5);
  });

  it('stay below the bar but for one run in 1 / alpha, however often it is looked at', () => {
    // Ville (1939): E ≥ 20 at any of many looks, at most once in 20 runs.
    const next = random(99);
    let crossed = 0;
    for (let run = 0; run < 2000; run += 1) {
      let state = beginRatio();
      for (let look = 0; look < 60; look += 1) {
        const canary = 20 + Math.floor(60 * next());
        const errors = [0, 1, 2].filter(() => next() < canary / (canary + 100)).length;
        const pair = { canary: { errors, requests: canary }, reference: { errors: 3 - errors, requests: 100 } };
        state = addRatioBucket(state, pair, PLAIN);
        if (logE(state) < Math.log(20)) continue;
        crossed += 1;
        break;
      }
    }
    expect(crossed).toBeGreaterThan(0);
    expect(crossed / 2000).toBeLessThanOrEqual(0.05);
  });

  it('bet LOW as they bet HIGH when the sides change places', () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 1, max: 3, noNaN: true }), (all, rho0) => {
        const low = gather(all, { ...PLAIN, rho0, direction: 'LOW' });
        const swapped = all.map(({ canary, reference }) => ({ canary: reference, reference: canary }));
        const high = gather(swapped, { ...PLAIN, rho0 });
        expect(logE(low)).toBeCloseTo(logE(high), 9);
        const [p, q] = [
          finalRatioTest(low, { phi: 1, direction: 'LOW' }).pValue,
          finalRatioTest(high, { phi: 1, direction: 'HIGH' }).pValue,
        ];
        expect(p).toBeCloseTo(q, 9);
      }),
    );
  });

  it('do not care in which order buckets come, nor whether the state was kept as JSON between', () => {
    fc.assert(
      fc.property(
        pairs,
        direction,
        fc.option(fc.double({ min: 0.001, max: 0.999, noNaN: true })),
        (all, towards, max) => {
          const settings: RatioSettings = { rho0: 1.1, phi: 1.7, direction: towards, ...(max !== null && { max }) };
          const forth = gather(all, settings);
          const back = [...all]
            .reverse()
            .reduce(
              (state, pair) => JSON.parse(JSON.stringify(addRatioBucket(state, pair, settings))) as RatioEvidence,
              beginRatio(),
            );
          expect(logE(back)).toBeCloseTo(logE(forth), 8);
          expect(logSlo(back)).toBeCloseTo(logSlo(forth), 8);
          expect(back.canaryErrors).toBe(forth.canaryErrors);
          expect(back.sums.length + back.slo.length).toBe(7);
        },
      ),
    );
  });

  it('weigh errors in clusters less', () => {
    const pair = { canary: { errors: 30, requests: 100 }, reference: { errors: 30, requests: 400 } };
    const [one, three] = [gather([pair]), gather([pair], { ...PLAIN, phi: 3 })];
    for (const [i, sum] of three.sums.entries()) expect(sum).toBeCloseTo((one.sums[i] ?? 0) / 3, 12);
  });

  it('take a side without requests for no evidence, but remember what the reference did', () => {
    const lone = gather([
      { canary: { errors: 5, requests: 10 }, reference: { errors: 0, requests: 0 } },
      { canary: { errors: 5, requests: 10 } },
      { canary: { errors: 0, requests: 0 }, reference: { errors: 2, requests: 50 } },
    ]);
    expect(lone).toMatchObject({ sums: [0, 0, 0, 0], canaryErrors: 10, pairedErrors: 0, buckets: 2 });
    expect(lone).toMatchObject({ referenceErrors: 2, referenceRequests: 50 });
  });

  it('stay numbers when a busy canary fails altogether', () => {
    const pair = { canary: { errors: 60_000, requests: 60_000 }, reference: { errors: 3, requests: 60_000 } };
    const state = gather([pair, pair], { ...PLAIN, max: 0.001 });
    expect(logE(state)).toBeGreaterThan(10_000);
    expect(Number.isFinite(logE(state)) && Number.isFinite(logSlo(state))).toBe(true);
  });
});

describe('the bets against the allowed rate', () => {
  it.each([0.001, 0.01, 0.1, 0.3, 0.5, 0.85, 0.95])('win nothing on average at the allowed rate of %d', (max) => {
    let mean = 0;
    for (let x = 0; x <= 30; x += 1) {
      const state = gather([{ canary: { errors: x, requests: 30 } }], { ...PLAIN, max });
      mean += chance(x, 30, max) * Math.exp(logSlo(state));
    }
    expect(mean).toBeCloseTo(1, 10);
  });

  it('are never on a rate below the allowed one', () => {
    const few = { canary: { errors: 50, requests: 1000 } };
    for (const max of [0.5, 0.9, 0.95]) expect(logSlo(gather([few], { ...PLAIN, max }))).toBeLessThan(0);
    expect(logSlo(gather([few], { ...PLAIN, max: 1 }))).toBe(0);
  });

  it('take no more errors than requests for other requests that went well', () => {
    const [early, all] = [12, 10].map((requests) =>
      logSlo(gather([{ canary: { errors: 12, requests } }], { ...PLAIN, max: 0.01 })),
    );
    expect(all).toBe(early);
  });
});

describe('the tests of the planned end', () => {
  it('is the binomial tail at the mean of the expected shares', () => {
    const state = gather([
      { canary: { errors: 9, requests: 100 }, reference: { errors: 11, requests: 400 } },
      { canary: { errors: 8, requests: 300 }, reference: { errors: 2, requests: 300 } },
    ]);
    const theta = (20 * 0.2 + 10 * 0.5) / 30;
    const final = finalRatioTest(state, { phi: 1, direction: 'HIGH' });
    expect(final.theta).toBeCloseTo(theta, 14);
    expect(final.pValue).toBeCloseTo(binomialUpperTail(17, 30, theta), 14);
    expect(finalRatioTest(state, { phi: 2.5, direction: 'HIGH' }).pValue).toBeCloseTo(
      binomialUpperTail(17 / 2.5, 30 / 2.5, theta),
      14,
    );
    expect(finalRatioTest(state, { phi: 1, direction: 'LOW' }).pValue).toBe(1);
  });

  it('says nothing of what is not above the mean by one', () => {
    const state = gather([{ canary: { errors: 10, requests: 100 }, reference: { errors: 10, requests: 100 } }]);
    expect(finalRatioTest(state, { phi: 1, direction: 'HIGH' })).toEqual({ theta: 0.5, pValue: 1 });
    expect(finalRatioTest(beginRatio(), { phi: 1, direction: 'HIGH' })).toEqual({ theta: undefined, pValue: 1 });
  });

  it('is the tail at the allowed rate where nothing is compared', () => {
    const state = gather([{ canary: { errors: 7, requests: 200 } }]);
    expect(finalSloTest(state, { phi: 1, max: 0.01 }).pValue).toBe(binomialUpperTail(7, 200, 0.01));
    expect(finalSloTest(state, { phi: 3, max: 0.01 }).pValue).toBe(binomialUpperTail(7 / 3, 200 / 3, 0.01));
    expect(finalSloTest(beginRatio(), { phi: 1, max: 0.01 }).pValue).toBe(1);
  });

  it('leave each part of the budget its bar', () => {
    expect(ratioBars(0.05)).toEqual({ relative: Math.log(40), slo: Math.log(80) });
    expect(sloAloneBar(0.05)).toBe(Math.log(40));
  });
});

describe('whether a pass may be said', () => {
  it.each([
    ['298 requests without an error against 1 %', 298, 0, undefined, false],
    ['299 of them', 299, 0, undefined, true],
    ['fewer against a rate of 5 %', 59, 0, 0.05, true],
    ['an error more', 59, 1, 0.05, false],
    ['no request', 0, 0, 0.05, false],
  ])('%s', (_, requests, errors, max, enough) => {
    const state = gather([{ canary: { errors, requests } }]);
    expect(sufficiency(state, { ...(max !== undefined && { max }) }).enough).toBe(enough);
  });

  it('asks for three times what the reference does when that is more', () => {
    const state = gather([{ canary: { errors: 0, requests: 18 }, reference: { errors: 30, requests: 600 } }]);
    expect(sufficiency(state, { max: 0.01 })).toMatchObject({ enough: false });
    expect(sufficiency(state, { max: 0.01 }).harmfulRate).toBeCloseTo(0.15, 12);
    const often = gather([{ canary: { errors: 0, requests: 20 }, reference: { errors: 240, requests: 600 } }]);
    expect(sufficiency(often, {}).harmfulRate).toBe(0.9);
    const mostly = gather([
      { canary: { errors: 9900, requests: 10_000 }, reference: { errors: 9900, requests: 10_000 } },
    ]);
    expect(sufficiency(mostly, {}).harmfulRate).toBeCloseTo(0.995, 12);
    expect(sufficiency(mostly, {}).enough).toBe(true);
  });

  it('asks for more when errors come in clusters', () => {
    const state = gather([{ canary: { errors: 0, requests: 400 } }]);
    expect(sufficiency(state, { max: 0.01, phi: 1 }).enough).toBe(true);
    expect(sufficiency(state, { max: 0.01, phi: 3 }).enough).toBe(false);
  });

  it.each([
    [99, 990, true],
    [40, 990, false],
    [0, 0, false],
  ])('asks for more than a third where fewer are worse: %d of 100 beside %d of 1000', (mine, theirs, enough) => {
    const state = gather([{ canary: { errors: mine, requests: 100 }, reference: { errors: theirs, requests: 1000 } }]);
    expect(sufficiency(state, { direction: 'LOW' })).toMatchObject({ harmfulRate: theirs / 3000, enough });
  });
});
