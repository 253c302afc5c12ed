import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialLowerTail, binomialUpperTail } from '../../analysis/statistics/binomial.js';
import { dispersion } from '../../analysis/statistics/dispersion.js';
import { logGamma } from '../../analysis/statistics/gamma.js';
import { addLatencyPair, beginLatency, latencyLogE, signedRank } from '../../analysis/statistics/latency-evidence.js';
import { hodgesLehmann, mannWhitney, cles } from '../../analysis/statistics/mann-whitney.js';
import { normalUpperTail } from '../../analysis/statistics/normal.js';
import {
  addRatioBucket,
  beginRatio,
  logE,
  logSlo,
  sufficiency,
  type RatioSettings,
} from '../../analysis/statistics/ratio-evidence.js';
import { random } from './comparing.js';

function relative(found: number, exact: number): number {
  return exact === 0 ? Math.abs(found) : Math.abs(found / exact - 1);
}

/** The chance of each count from 0 to n, term by term. */
function binomial(n: number, p: number): number[] {
  const logs = [n * Math.log1p(-p)];
  for (let k = 1; k <= n; k += 1) logs.push((logs[k - 1] ?? 0) + Math.log((n - k + 1) / k) + Math.log(p / (1 - p)));
  return logs.map(Math.exp);
}

function sum(values: readonly number[]): number {
  // From the smallest, so that none is lost.
  return [...values].sort((a, b) => a - b).reduce((total, value) => total + value, 0);
}

describe('binomial tails', () => {
  it.each([
    [1, 0.5],
    [10, 0.3],
    [40, 0.01],
    [40, 0.999],
    [400, 0.2],
    [1000, 0.0005],
    [1000, 0.9],
  ])('are the sums of their terms: n = %i, p = %f', (n, p) => {
    const terms = binomial(n, p);
    for (let x = 0; x <= n; x += 1) {
      const [upper, lower] = [sum(terms.slice(x)), sum(terms.slice(0, x + 1))];
      // What is below the smallest of ordinary numbers has lost its digits in both.
      if (upper > 1e-290) expect(relative(binomialUpperTail(x, n, p), upper)).toBeLessThan(1e-10);
      if (lower > 1e-290) expect(relative(binomialLowerTail(x, n, p), lower)).toBeLessThan(1e-10);
    }
  });

  it('add up to 1, and a tail is the other side of the mirrored one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.nat(5000),
        (n, p, at) => {
          const x = at % (n + 1);
          expect(binomialUpperTail(x, n, p) + (x > 0 ? binomialLowerTail(x - 1, n, p) : 0)).toBeCloseTo(1, 9);
          expect(relative(binomialUpperTail(x, n, p), binomialLowerTail(n - x, n, 1 - p))).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('are exact where a tail is one term', () => {
    expect(relative(binomialUpperTail(20, 20, 1e-9), 1e-180)).toBeLessThan(1e-10);
    expect(relative(binomialLowerTail(0, 1e6, 1e-9), Math.exp(1e6 * Math.log1p(-1e-9)))).toBeLessThan(1e-9);
    expect(relative(1 - binomialUpperTail(1, 1e9, 1e-9), Math.exp(1e9 * Math.log1p(-1e-9)))).toBeLessThan(1e-5);
  });

  it('are what they are for bounds and for shares of 0 and 1', () => {
    expect([
      binomialUpperTail(0, 5, 0.5),
      binomialUpperTail(6, 5, 0.5),
      binomialUpperTail(1, 5, 0),
      binomialUpperTail(1, 5, 1),
    ]).toEqual([1, 0, 0, 1]);
    expect([
      binomialLowerTail(-1, 5, 0.5),
      binomialLowerTail(5, 5, 0.5),
      binomialLowerTail(1, 5, 0),
      binomialLowerTail(1, 5, 1),
    ]).toEqual([0, 1, 1, 0]);
  });

  it('lie between their neighbours where the counts are not whole, and hold for many requests', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, p, part) => {
          const x = 1 + Math.floor(part * (n - 1));
          const tails = [x, x + 0.5, x + 1].map((each) => binomialUpperTail(each, n + 1, p));
          expect(tails[0]).toBeGreaterThanOrEqual(tails[1]! * (1 - 1e-9));
          expect(tails[1]).toBeGreaterThanOrEqual(tails[2]! * (1 - 1e-9));
        },
      ),
      { numRuns: 300, seed: 2 },
    );
    // 3 standard deviations above the mean, where the normal law is near.
    const [n, p] = [1e8, 0.01];
    const x = Math.ceil(n * p + 3 * Math.sqrt(n * p * (1 - p)));
    expect(relative(binomialUpperTail(x, n, p), 0.00135)).toBeLessThan(0.01);
  });
});

describe('the gamma function and the normal law', () => {
  it('gives factorials', () => {
    let log = 0;
    for (let n = 1; n < 150; n += 1) {
      expect(logGamma(n)).toBeCloseTo(log, 10);
      log += Math.log(n);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    expect(logGamma(0.25)).toBeCloseTo(1.2880225246980774, 13);
  });

  it('has the tails that tables give', () => {
    // Abramowitz and Stegun, tables 26.1 and 26.2.
    for (const [z, tail] of [
      [0, 0.5],
      [1, 0.15865525393145707],
      [1.959963984540054, 0.025],
      [3, 0.0013498980316300933],
      [5, 2.866515718791939e-7],
      [10, 7.619853024160527e-24],
    ] as const) {
      expect(relative(normalUpperTail(z), tail)).toBeLessThan(1e-10);
      expect(normalUpperTail(-z)).toBeCloseTo(1 - tail, 12);
    }
  });
});

/** All choices of `size` of the values, as [chosen, others]. */
function choices(values: readonly number[], size: number): [number[], number[]][] {
  const [first, ...rest] = values;
  if (size === 0) return [[[], [...values]]];
  if (first === undefined) return [];
  return [
    ...choices(rest, size - 1).map(([chosen, others]): [number[], number[]] => [[first, ...chosen], others]),
    ...choices(rest, size).map(([chosen, others]): [number[], number[]] => [chosen, [first, ...others]]),
  ];
}

function uOf(a: readonly number[], b: readonly number[]): number {
  return cles(a, b) * a.length * b.length;
}

describe('the Mann–Whitney test', () => {
  const sample = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 });
  const apart = fc
    .uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 11 })
    .chain((all) => fc.integer({ min: 1, max: all.length - 1 }).map((n) => [all.slice(0, n), all.slice(n)] as const));

  it.each([
    ['with ties', fc.tuple(sample, sample)],
    ['without ties', apart],
  ] as const)('counts all permutations %s, in each direction', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<readonly [number[], number[]]>, ([a, b]) => {
        const u = uOf(a, b);
        const all = choices([...a, ...b], a.length).map(([x, y]) => uOf(x, y));
        const upper = all.filter((each) => each >= u - 1e-9).length / all.length;
        const lower = all.filter((each) => each <= u + 1e-9).length / all.length;
        expect(mannWhitney(a, b, 'HIGH')).toMatchObject({ u: expect.closeTo(u, 9) as number });
        expect(mannWhitney(a, b, 'HIGH').pValue).toBeCloseTo(upper, 12);
        expect(mannWhitney(a, b, 'LOW').pValue).toBeCloseTo(lower, 12);
        expect(mannWhitney(a, b, 'EITHER').pValue).toBeCloseTo(Math.min(1, 2 * Math.min(upper, lower)), 12);
        expect(mannWhitney(b, a, 'LOW').pValue).toBeCloseTo(upper, 12);
        expect(mannWhitney(a, b, 'HIGH').pValue).toBeGreaterThanOrEqual(mannWhitney(a, b, 'HIGH').smallestP - 1e-12);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('is 1 where all values are equal, and near the exact value where it is approximated', () => {
    expect(mannWhitney([1, 1, 1], [1, 1], 'HIGH')).toMatchObject({ pValue: 1, method: 'ALL_EQUAL' });
    expect(mannWhitney([], [1], 'HIGH')).toMatchObject({ pValue: 1, smallestP: 1 });
    const next = random(11);
    const [a, b] = [Array.from({ length: 50 }, () => next() + 0.12), Array.from({ length: 50 }, next)];
    const exact = mannWhitney(a, b, 'HIGH');
    const normal = mannWhitney([...a, 0.5], b, 'HIGH');
    expect([exact.method, normal.method]).toEqual(['EXACT', 'NORMAL']);
    expect(normal.pValue).toBeGreaterThan(exact.pValue * 0.7);
    expect(normal.pValue).toBeLessThan(exact.pValue * 1.5);
  });

  it('has the Hodges–Lehmann interval of the differences that it would not reject', () => {
    const next = random(5);
    for (let turn = 0; turn < 20; turn += 1) {
      const a = Array.from({ length: 6 + (turn % 5) }, next);
      const b = Array.from({ length: 5 + (turn % 4) }, next);
      const { low, high, estimate } = hodgesLehmann(a, b, 0.95);
      expect(estimate).toBeGreaterThanOrEqual(low);
      expect(estimate).toBeLessThanOrEqual(high);
      const p = (shift: number): number =>
        mannWhitney(
          a.map((x) => x - shift),
          b,
          'EITHER',
        ).pValue;
      // Just outside of the interval the test rejects at about 5 %, just inside it does not.
      expect(p(low - 1e-9)).toBeLessThan(0.06);
      expect(p(high + 1e-9)).toBeLessThan(0.06);
      expect(p(low + 1e-9)).toBeGreaterThan(0.045);
      expect(p(high - 1e-9)).toBeGreaterThan(0.045);
    }
  });
});

describe('the signed rank', () => {
  it('is the sum of the ranks of what is above zero, ties with their mean rank', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 25 }), (values) => {
        const kept = values.filter((value) => value !== 0);
        const n = kept.length;
        // W+ counts the pairs (i ≤ j) whose sum is above zero, ties half: Walsh averages.
        let w = 0;
        for (let i = 0; i < n; i += 1) for (let j = i; j < n; j += 1) w += Math.sign(kept[i]! + kept[j]!) / 2 + 0.5;
        const sigma = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
        const found = signedRank(values);
        expect(found.n).toBe(n);
        if (n > 0) expect(found.z).toBeCloseTo((w - (n * (n + 1)) / 4 - 0.5) / sigma / 1.36, 9);
        expect(found.pValue).toBeCloseTo(n > 0 ? normalUpperTail(found.z) : 1, 12);
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});

describe('dispersion', () => {
  const next = random(21);
  const singly = (mean: number): number => Array.from({ length: 400 }, next).filter((each) => each < mean / 400).length;

  it('is about 1 where errors come singly, and about their size where they come in clusters', () => {
    const each = Array.from({ length: 240 }, () => singly(6));
    const one = dispersion(each.map((errors) => ({ errors, requests: 600 })));
    expect(one).toBeLessThan(1.35);
    const three = dispersion(each.map((errors) => ({ errors: errors * 3, requests: 600 })));
    expect(three).toBeGreaterThan(1.9);
    expect(three).toBeLessThan(4);
    expect(three).toBeGreaterThanOrEqual(one);
  });

  it('leaves out the pairs that differ most, and is never below 1', () => {
    const quiet = Array.from({ length: 240 }, () => ({ errors: 5, requests: 600 }));
    expect(dispersion(quiet)).toBe(1);
    const incident = quiet.map((bucket, index) => (index === 100 ? { ...bucket, errors: 300 } : bucket));
    expect(dispersion(incident)).toBe(1);
    expect(dispersion([])).toBe(1);
    expect(
      dispersion([
        { errors: 0, requests: 0 },
        { errors: 9, requests: 9 },
      ]),
    ).toBe(1);
  });

  it('takes the requests of each bucket into account', () => {
    // Three times the requests have three times the errors: that is no cluster.
    const rising = Array.from({ length: 100 }, (_, i) =>
      i % 2 === 0 ? { errors: 4, requests: 400 } : { errors: 12, requests: 1200 },
    );
    expect(dispersion(rising)).toBe(1);
  });
});

describe('the e-process of counts under the null', () => {
  const buckets = [
    { canary: 10, reference: 40, errors: 3 },
    { canary: 30, reference: 30, errors: 2 },
    { canary: 45, reference: 5, errors: 4 },
    { canary: 1, reference: 200, errors: 2 },
  ];

  /** The mean of a number over all splits of the errors of each bucket, with the chances of a canary exactly as bad as allowed. */
  function expectation(of: (state: ReturnType<typeof beginRatio>) => number, settings: RatioSettings): number {
    let branches = [{ state: beginRatio(), chance: 1 }];
    for (const { canary, reference, errors } of buckets) {
      const rho = settings.direction === 'HIGH' ? settings.rho0 : 1 / settings.rho0;
      const share = (rho * canary) / (rho * canary + reference);
      const terms = binomial(errors, share);
      branches = branches.flatMap(({ state, chance }) =>
        terms.map((term, mine) => ({
          chance: chance * term,
          state: addRatioBucket(
            state,
            {
              canary: { errors: mine, requests: canary },
              reference: { errors: errors - mine, requests: reference },
            },
            settings,
          ),
        })),
      );
    }
    return branches.reduce((total, { state, chance }) => total + chance * of(state), 0);
  }

  it.each([
    { rho0: 1, phi: 1, direction: 'HIGH' },
    { rho0: 1.2, phi: 1, direction: 'HIGH' },
    { rho0: 1, phi: 1, direction: 'LOW' },
    { rho0: 1.5, phi: 1, direction: 'LOW' },
  ] as const)('is 1 on average, though the weights change: %j', (settings) => {
    expect(expectation((state) => Math.exp(logE(state)), settings)).toBeCloseTo(1, 12);
  });

  it('is at most 1 on average with a dispersion', () => {
    const mean = expectation((state) => Math.exp(logE(state)), { rho0: 1, phi: 2.5, direction: 'HIGH' });
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.5);
  });

  it.each([0.01, 0.3, 0.85, 0.95])('of the allowed rate %f is 1 on average', (max) => {
    let mean = 0;
    const n = 12;
    for (const [errors, chance] of binomial(n, max).entries()) {
      const settings = { rho0: 1, phi: 1, direction: 'HIGH' as const, max };
      mean += chance * Math.exp(logSlo(addRatioBucket(beginRatio(), { canary: { errors, requests: n } }, settings)));
    }
    expect(mean).toBeCloseTo(1, 10);
    const none = addRatioBucket(
      beginRatio(),
      { canary: { errors: 0, requests: n } },
      { rho0: 1, phi: 1, direction: 'HIGH', max },
    );
    expect(logSlo(none)).toBeLessThan(0);
  });

  it('stays below its bar but for one run in 1 / alpha, however often it is looked at', () => {
    // Ville: E ≥ 20 at any of many looks, at most once in 20 runs.
    const next = random(99);
    let crossed = 0;
    for (let run = 0; run < 2000; run += 1) {
      let state = beginRatio();
      for (let look = 0; look < 60; look += 1) {
        const canary = 20 + Math.floor(60 * next());
        const reference = 100;
        const share = canary / (canary + reference);
        const errors = [0, 1, 2].filter(() => next() < share).length;
        const pair = { canary: { errors, requests: canary }, reference: { errors: 3 - errors, requests: reference } };
        state = addRatioBucket(state, pair, { rho0: 1, phi: 1, direction: 'HIGH' });
        if (logE(state) < Math.log(20)) continue;
        crossed += 1;
        break;
      }
    }
    expect(crossed).toBeGreaterThan(0);
    expect(crossed / 2000).toBeLessThanOrEqual(0.05);
  });
});

describe('the e-process of values under the null', () => {
  it('is 1 on average over all signs of symmetric differences', () => {
    // Each step is up or down by the same amount around what is expected of it; the scale depends on sizes alone.
    const steps = [0.3, 0.1, 0.5, 0.2, 0.25, 0.4, 0.15];
    let mean = 0;
    for (let signs = 0; signs < 2 ** steps.length; signs += 1) {
      let state = beginLatency();
      for (const [index, step] of steps.entries()) {
        const up = ((signs >> index) & 1) === 1 ? 1 : -1;
        const raw = up * step + 0.3 * (state.previous ?? 0);
        state = addLatencyPair(
          state,
          { canary: 100 * Math.exp(raw), reference: 100 },
          { rho0: 1, direction: 'HIGH', s0: 0.2 },
        );
      }
      mean += Math.exp(latencyLogE(state)) / 2 ** steps.length;
    }
    expect(mean).toBeCloseTo(1, 5);
  });

  it('at most doubles by one pair, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        (canary, reference) => {
          const state = addLatencyPair(
            beginLatency(),
            { canary, reference },
            { rho0: 1.05, direction: 'HIGH', s0: 0.01 },
          );
          expect(latencyLogE(state)).toBeLessThanOrEqual(Math.log(2) + 1e-12);
          expect(state.sums.every(Number.isFinite)).toBe(true);
        },
      ),
      { seed: 8 },
    );
  });
});

describe('sufficiency', () => {
  const state = (errors: number, requests: number, [e, n]: [number, number] = [0, 0]): ReturnType<typeof beginRatio> =>
    addRatioBucket(
      beginRatio(),
      { canary: { errors, requests }, reference: { errors: e, requests: n } },
      { rho0: 1, phi: 1, direction: 'HIGH' },
    );

  it('asks whether a harmful rate would show so few errors', () => {
    expect(sufficiency(state(0, 298, [1, 100_000]), {}).enough).toBe(false);
    expect(sufficiency(state(0, 299, [1, 100_000]), {}).enough).toBe(true);
    expect(sufficiency(state(0, 98, [10, 1000]), {})).toMatchObject({ harmfulRate: 0.03, enough: false });
    expect(sufficiency(state(0, 0), {}).enough).toBe(false);
  });

  it('asks more of errors in clusters', () => {
    expect(sufficiency(state(0, 299), {}).enough).toBe(true);
    expect(sufficiency(state(0, 299), { phi: 3 }).enough).toBe(false);
    expect(sufficiency(state(0, 900), { phi: 3 }).enough).toBe(true);
  });

  it('can be reached where nearly all is counted, and where fewer are worse', () => {
    const most = sufficiency(state(9900, 10_000, [9900, 10_000]), {});
    expect(most.harmfulRate).toBeCloseTo(0.995, 12);
    expect(most.enough).toBe(true);
    expect(sufficiency(state(99, 100, [990, 1000]), { direction: 'LOW' })).toMatchObject({
      harmfulRate: 0.33,
      enough: true,
    });
    expect(sufficiency(state(40, 100, [990, 1000]), { direction: 'LOW' }).enough).toBe(false);
    expect(sufficiency(state(0, 100, [0, 1000]), { direction: 'LOW' }).enough).toBe(false);
  });
});
