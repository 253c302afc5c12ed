import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addLatencyPair, beginLatency, latencyLogE } from '../../analysis/statistics/latency-evidence.js';
import {
  addRatioBucket,
  beginRatio,
  finalRatioTest,
  logE,
  logSlo,
  MIN_ERRORS,
  ratioBars,
  SLO_NEEDS_E,
  sufficiency,
} from '../../analysis/statistics/ratio-evidence.js';

interface Counts {
  requests: number;
  errors: number;
}
interface RatioCase {
  kind: 'ratio';
  name: string;
  input: {
    points: { canary: Counts; primary: Counts }[];
    alphaMetric: number;
    rho0: number;
    dispersion: number;
    threshold: number;
  };
  output: {
    logE: number[];
    logSlo: number[];
    needLogE: number;
    needLogSlo: number;
    needLogEForSlo: number;
    stopAtPoint: number | null;
    harmBy: string | null;
    finalTest: {
      canaryErrors: number;
      totalErrors: number;
      theta: number | null;
      pValue: number;
      level: number;
    } | null;
    sufficiency: { pHarm: number; tail: number | null; need: number } | null;
    verdict: string;
  };
}
interface ValueCase {
  kind: 'value';
  name: string;
  input: {
    points: { canary: number | null; primary: number | null }[];
    rho0: number;
    scale0: number;
    alphaMetric: number;
  };
  output: { logE: number[]; logEThreshold: number; stopAtPoint: number | null };
}

// Made by an independent program in another language (the project's study of verdicts).
const CASES = JSON.parse(readFileSync(new URL('./cases/sequential.json', import.meta.url), 'utf8')) as (
  RatioCase | ValueCase
)[];

const ratios = CASES.filter((each) => each.kind === 'ratio');
const values = CASES.filter((each) => each.kind === 'value');

describe('counts, as an independent program judged them', () => {
  it('there are cases', () => expect([ratios.length, values.length]).toEqual([10, 1]));

  it.each(ratios)('$name', ({ input, output }) => {
    const settings = { rho0: input.rho0, phi: input.dispersion, direction: 'HIGH' as const, max: input.threshold };
    const bars = ratioBars(input.alphaMetric);
    expect(bars.relative).toBeCloseTo(output.needLogE, 5);
    expect(bars.slo).toBeCloseTo(output.needLogSlo, 5);
    expect(Math.log(SLO_NEEDS_E)).toBeCloseTo(output.needLogEForSlo, 5);
    let state = beginRatio();
    let stopped: { at: number; by: string } | undefined;
    for (const [index, { canary, primary }] of input.points.entries()) {
      state = addRatioBucket(state, { canary, reference: primary }, settings);
      expect(logE(state)).toBeCloseTo(output.logE[index]!, 5);
      expect(logSlo(state)).toBeCloseTo(output.logSlo[index]!, 5);
      if (stopped || state.canaryErrors < MIN_ERRORS) continue;
      if (logE(state) >= bars.relative) stopped = { at: index, by: 'relative' };
      else if (logSlo(state) >= bars.slo && logE(state) >= output.needLogEForSlo) stopped = { at: index, by: 'slo' };
    }
    expect(stopped?.at ?? null).toBe(output.stopAtPoint);
    if (stopped) {
      expect(stopped.by).toBe(output.harmBy);
      return;
    }
    const { theta, pValue } = finalRatioTest(state, settings);
    expect(state.pairedCanaryErrors).toBe(output.finalTest!.canaryErrors);
    expect(state.pairedErrors).toBe(output.finalTest!.totalErrors);
    if (output.finalTest!.theta === null) expect(theta).toBeUndefined();
    else expect(theta).toBeCloseTo(output.finalTest!.theta, 7);
    expect(pValue).toBeCloseTo(output.finalTest!.pValue, 7);
    if (output.verdict === 'harm') {
      expect(state.pairedCanaryErrors >= MIN_ERRORS && pValue <= output.finalTest!.level).toBe(true);
      return;
    }
    expect(pValue > output.finalTest!.level).toBe(true);
    const { harmfulRate, tail, enough } = sufficiency(state, { max: input.threshold });
    expect(harmfulRate).toBeCloseTo(output.sufficiency!.pHarm, 7);
    if (output.sufficiency!.tail !== null) expect(tail).toBeCloseTo(output.sufficiency!.tail, 6);
    expect(enough ? 'pass' : 'insufficient').toBe(output.verdict);
  });
});

describe('values, as an independent program judged them', () => {
  it.each(values)('$name', ({ input, output }) => {
    let state = beginLatency();
    let stopped: number | undefined;
    for (const [index, { canary, primary }] of input.points.entries()) {
      if (canary !== null && primary !== null) {
        const settings = { rho0: input.rho0, direction: 'HIGH' as const, s0: input.scale0 };
        state = addLatencyPair(state, { canary, reference: primary }, settings);
      }
      expect(latencyLogE(state)).toBeCloseTo(output.logE[index]!, 5);
      if (latencyLogE(state) >= output.logEThreshold) stopped ??= index;
    }
    expect(stopped ?? null).toBe(output.stopAtPoint);
  });
});
