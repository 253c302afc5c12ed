import { describe, expect, it } from 'vitest';
import { datadogLastPoint, prometheus } from '../../bench/verdicts/peers/argo.js';
import { builtIn, datadogOldest } from '../../bench/verdicts/peers/flagger.js';
import { kayenta } from '../../bench/verdicts/peers/kayenta.js';
import { canaryPrimary, threshold } from '../../bench/verdicts/peers/pipecd.js';
import type { Point, Rollout } from '../../bench/verdicts/rollout.js';

/** A service of 100 requests a minute and side, whose errors a test says by minute; all of it visible at once unless `late`. */
function rolled(
  errors: { canary: (minute: number) => number; primary?: (minute: number) => number },
  late = 0,
): Rollout {
  const points = (of: (minute: number) => number): Point[] =>
    Array.from({ length: 30 }, (_, minute) => {
      const bad = of(minute);
      const [at, arrivedAt] = [60 * minute, 60 * (minute + 1) + late];
      return { at, arrivedAt, requests: 100, ...(bad > 0 && { errors: bad }) };
    });
  const primary = points(errors.primary ?? (() => 0));
  return {
    kind: 'errors',
    start: 0,
    duration: 1800,
    interval: 300,
    lag: late,
    limit: 0.01,
    canary: points(errors.canary),
    primary,
    baseline: primary,
    history: [],
  };
}

const good = rolled({ canary: () => 0 });
const bad = rolled({ canary: () => 20 });
/** One minute of two errors among a hundred requests. */
const blip = rolled({ canary: (minute) => (minute === 7 ? 2 : 0) });
/** Nothing of the canary arrives before it is over. */
const silent = rolled({ canary: () => 20 }, 3600);

describe('PipeCD', () => {
  it('fails a threshold for one minute, after the first whole interval', () => {
    expect(threshold('canary', 0).judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 5, measurements: 1 });
    expect(threshold('canary', 0).judge(blip)).toEqual({ verdict: 'ROLLBACK', at: 10, measurements: 2 });
    expect(threshold('canary', 1).judge(blip)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 6 });
  });
  it('does not tell the canary from the rest of the load balancer', () => {
    expect(threshold('whole-LB', 0).judge(blip).verdict).toBe('PROMOTE');
    expect(threshold('whole-LB', 0).judge(bad).verdict).toBe('ROLLBACK');
  });
  it('promotes what it saw nothing of', () => {
    expect(threshold('canary', 0).judge(silent)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 0 });
    expect(canaryPrimary(0).judge(silent)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 0 });
  });
  it('rolls back a good version of which only one side arrived', () => {
    const halved = { ...good, canary: silent.canary };
    expect(canaryPrimary(0).judge(halved)).toEqual({ verdict: 'ROLLBACK', at: 5, measurements: 0 });
  });
  it('compares five points with five', () => {
    expect(canaryPrimary(0).judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 5, measurements: 1 });
    expect(canaryPrimary(0).judge(good).verdict).toBe('PROMOTE');
  });
});

describe('Argo Rollouts', () => {
  it('reads the last point of Datadog alone', () => {
    expect(datadogLastPoint(0).judge(blip).verdict).toBe('PROMOTE');
    const atLook = rolled({ canary: (minute) => (minute === 9 ? 2 : 0) });
    expect(datadogLastPoint(0).judge(atLook)).toEqual({ verdict: 'ROLLBACK', at: 10, measurements: 2 });
  });
  it('reads five minutes of Prometheus together, and tolerates as many failures as it is told', () => {
    expect(prometheus(0).judge(blip).verdict).toBe('PROMOTE');
    expect(prometheus(0).judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 5, measurements: 1 });
    expect(prometheus(2).judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 15, measurements: 3 });
  });
  it('promotes what it saw nothing of', () => {
    expect(prometheus(0).judge(silent)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 0 });
  });
});

describe('Flagger', () => {
  it('rolls back on the tick after the fifth failed check, and counts silence as failed', () => {
    for (const policy of [builtIn(), datadogOldest()]) {
      expect(policy.judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 6, measurements: 5 });
      expect(policy.judge(silent)).toEqual({ verdict: 'ROLLBACK', at: 6, measurements: 0 });
      expect(policy.judge(good)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 30 });
    }
  });
  it('judges the canary’s first minute ten times with Datadog', () => {
    const firstMinute = rolled({ canary: (minute) => (minute === 0 ? 2 : 0) });
    expect(datadogOldest().judge(firstMinute)).toEqual({ verdict: 'ROLLBACK', at: 6, measurements: 5 });
    expect(builtIn().judge(firstMinute).verdict).toBe('PROMOTE');
  });
});

describe('Kayenta', () => {
  it('judges once, at the end', () => {
    expect(kayenta('primary').judge(bad)).toEqual({ verdict: 'ROLLBACK', at: 30, measurements: 1 });
    expect(kayenta('equal baseline').judge(good)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 1 });
  });
  it('promotes what it saw nothing of, since silence is replaced by zeros', () => {
    expect(kayenta('primary').judge(silent)).toEqual({ verdict: 'PROMOTE', at: 30, measurements: 0 });
  });
});
