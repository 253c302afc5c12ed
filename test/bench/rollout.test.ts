import { describe, expect, it } from 'vitest';
import { SUITE, type Profile } from '../../bench/verdicts/profile.js';
import { random } from '../../bench/verdicts/random.js';
import { rollout, type Rollout } from '../../bench/verdicts/rollout.js';
import { mixed, pooled, seen } from '../../bench/verdicts/seen.js';
import { traffic } from '../../bench/verdicts/traffic.js';
import { waldMinutes } from '../../bench/verdicts/wald.js';

const RUNS = 2000;

describe('simulated traffic', () => {
  it('has the profile’s rates on average, and the same on both sides but for the effect', () => {
    const sums = { canary: [0, 0], primary: [0, 0], before: [0, 0] };
    for (const happened of many('api-bad-x2', { incidents: 0 })) {
      for (const side of ['canary', 'primary', 'before'] as const) {
        for (const { requests, errors } of happened[side]) {
          sums[side][0]! += requests / happened[side].length / RUNS;
          sums[side][1]! += errors / happened[side].length / RUNS;
        }
      }
    }
    expect(sums.canary[0]).toBeCloseTo(120, -1);
    expect(sums.primary[0]).toBeCloseTo(480, -1);
    expect(sums.before[0]).toBeCloseTo(600, -1);
    // Errors and requests go up and down together, which adds 0.3 · 0.2 / 2 of 1.
    expect(sums.canary[1]! / sums.canary[0]!).toBeCloseTo(0.01 * 1.03, 3);
    expect(sums.primary[1]! / sums.primary[0]!).toBeCloseTo(0.005 * 1.03, 3);
  });

  it('spreads errors far more in clusters, with as many of them', () => {
    const alone = [...many('api-good', { incidents: 0 })].flatMap(({ primary }) => primary.map(({ errors }) => errors));
    const together = [...many('api-good', { incidents: 0, cluster: 3 })].flatMap(({ primary }) =>
      primary.map(({ errors }) => errors),
    );
    expect(together.every((errors) => errors % 3 === 0)).toBe(true);
    expect(mean(together) / mean(alone)).toBeCloseTo(1, 1);
    expect(variance(together) / mean(together)).toBeGreaterThan(2.5);
    expect(variance(alone) / mean(alone)).toBeLessThan(1.5);
  });

  it('has an incident on both sides where the profile says so', () => {
    const worst = [...many('large-bad-x5', { incidents: 1, effect: 1, normal: 0.01 })].map(({ canary, primary }) => ({
      canary: rate(canary, worstFive(primary)),
      primary: rate(primary, worstFive(primary)),
    }));
    expect(mean(worst.map(({ primary }) => primary))).toBeGreaterThan(0.04);
    expect(mean(worst.map(({ canary }) => canary))).toBeGreaterThan(0.04);
  });

  it('follows a share that changes', () => {
    const share = [
      { from: 0, share: 0.05 },
      { from: 10, share: 0.5 },
    ];
    const happened = [...many('api-good', { share })];
    expect(mean(happened.map(({ canary }) => canary[5]!.requests))).toBeCloseTo(30, -1);
    expect(mean(happened.map(({ canary }) => canary[15]!.requests))).toBeCloseTo(300, -1);
    expect(mean(happened.map(({ primary }) => primary[15]!.requests))).toBeCloseTo(300, -1);
  });

  it('remembers the p95 of the minute before, at its spread', () => {
    const pairs = [...many('latency-good', { incidents: 0 })].flatMap(({ canary }) =>
      canary.slice(1).map(({ p95 }, index) => [Math.log(canary[index]!.p95 / 200), Math.log(p95 / 200)] as const),
    );
    // The tide of 6 % adds a little to both.
    expect(Math.sqrt(mean(pairs.map(([a]) => a * a)))).toBeCloseTo(0.11, 2);
    expect(mean(pairs.map(([a, b]) => a * b)) / mean(pairs.map(([a]) => a * a))).toBeCloseTo(0.42, 1);
  });
});

describe('a source’s points', () => {
  it('are sparse: no errors without an error, no point without requests', () => {
    const shown = first('admin-good', 0);
    const points = [...shown.canary, ...shown.primary, ...shown.history];
    expect(points.every(({ errors }) => errors === undefined || errors > 0)).toBe(true);
    expect(points.every(({ requests = 0 }) => requests > 0)).toBe(true);
    expect(shown.canary.length).toBeLessThan(30);
    expect(Math.min(...shown.history.map(({ at }) => at))).toBeLessThanOrEqual(-3.9 * 3600);
  });

  it('arrive one delay after their minute, 30 % off at most, out of order', () => {
    const late = first('api-good', 12).canary.map(({ at, arrivedAt }) => arrivedAt - at - 60);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(12 * 60 * 0.7);
    expect(Math.max(...late)).toBeLessThanOrEqual(12 * 60 * 1.3);
    const arrivals = first('api-good', 12).canary.map(({ arrivedAt }) => arrivedAt);
    expect(arrivals).not.toEqual([...arrivals].sort((a, b) => a - b));
    expect(first('api-good', 0).canary.every(({ at, arrivedAt }) => arrivedAt === at + 60)).toBe(true);
  });

  it('fill up over a minute for those who look too early', () => {
    const [point] = [{ at: 0, arrivedAt: 180, requests: 10_000, errors: 100 }];
    const requests = (now: number): number => seen([point], 0, 60, now)[0]?.requests ?? 0;
    expect([requests(119), requests(120), requests(180), requests(500)]).toEqual([0, 0, 10_000, 10_000]);
    expect(requests(150)).toBeGreaterThan(4500);
    expect(requests(150)).toBeLessThan(5500);
    expect(requests(150)).toBe(requests(150));
    expect(seen([point], 60, 120, 500)).toEqual([]);
  });

  it('are pooled by their requests, and mixed by their minute', () => {
    const canary = [{ at: 0, requests: 10, errors: 1 }];
    const primary = [
      { at: 0, requests: 90, errors: 1 },
      { at: 60, requests: 100, errors: 0 },
    ];
    expect(mixed(canary, primary)).toEqual([
      { at: 0, requests: 100, errors: 2 },
      { at: 60, requests: 100, errors: 0 },
    ]);
    expect(pooled([...canary, ...primary])).toBe(0.01);
    expect(pooled([])).toBeUndefined();
    const slow = [{ at: 0, requests: 30, errors: 0, value: 400 }];
    const fast = [{ at: 0, requests: 90, errors: 0, value: 200 }];
    expect(mixed(slow, fast)).toEqual([{ at: 0, requests: 120, errors: 0, value: 250 }]);
  });
});

describe('Wald’s bound', () => {
  it('is what the formula gives by hand', () => {
    // 120 requests a minute, 0.5 % against 1 %: 0.2327 of evidence a minute; 1.934 is wanted.
    expect(waldMinutes(profile('api-bad-x2'), 0.05, 0.193)).toBeCloseTo(8.31, 1);
    expect(waldMinutes(profile('api-bad-x2'), 0.05, 0)).toBeCloseTo(Math.log(20) / 0.2327, 1);
  });
  it('is none for a test that catches no more than it may roll back', () => {
    expect(waldMinutes(profile('api-bad-x2'), 0.05, 0.96)).toBeUndefined();
  });
});

function profile(name: string): Profile {
  return SUITE.find((one) => one.name === name)!;
}

function* many(name: string, changes: Partial<Profile>): Generator<ReturnType<typeof traffic>> {
  for (let run = 0; run < RUNS; run += 1) yield traffic({ ...profile(name), ...changes }, random(1, run));
}

function first(name: string, lag: number): Rollout {
  return rollout(traffic(profile(name), random(1)), lag, random(2));
}

function worstFive(minutes: readonly { errors: number; requests: number }[]): number {
  const rates = minutes.slice(0, -4).map((_, index) => rate(minutes, index));
  return rates.indexOf(Math.max(...rates));
}

function rate(minutes: readonly { errors: number; requests: number }[], from: number): number {
  const own = minutes.slice(from, from + 5);
  return mean(own.map(({ errors }) => errors)) / mean(own.map(({ requests }) => requests));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  return mean(values.map((value) => value ** 2)) - mean(values) ** 2;
}
