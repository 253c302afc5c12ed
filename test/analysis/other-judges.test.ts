import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareSamples } from '../../analysis/compare-samples.js';
import { addMeasurements, beginProgress, stageVerdict } from '../../analysis/tally.js';
import { isSpent, standingOf } from '../../analysis/metric-verdict.js';
import type { Outcome } from '../../model/evidence.js';
import { comparedValue } from './comparing.js';
import { measurement, metric } from './support.js';

// Inputs and results of the test suites of other judges (project's notes, cases): numbers only, from Kayenta and Argo Rollouts.

function cases(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./cases/${name}.json`, import.meta.url), 'utf8'));
}

interface KayentaCase {
  name: string;
  kind: string;
  control: number[];
  experiment: number[];
  parameters: {
    tolerance: number;
    confLevel: number;
    effectSizeThresholds: [number, number];
    direction: 'increase' | 'decrease' | 'either';
    nanStrategy: 'remove' | 'replace';
    effectSizeMeasure: string;
  };
  expected: { classification?: string };
}

const DIRECTION = { increase: 'HIGH', decrease: 'LOW', either: 'EITHER' } as const;
const OUTCOME: Record<string, Outcome> = { High: 'FAIL', Low: 'FAIL', Pass: 'PASS', Nodata: 'NOT_ENOUGH_DATA' };

/** Where Sluice judges otherwise than Kayenta, on purpose. */
const KAYENTA_EXCEPTIONS: Record<string, { outcome: Outcome; why: string }> = {
  'Mann-Whitney Missing Experiment Data with NaN Replacement': {
    outcome: 'NOT_ENOUGH_DATA',
    why: 'Nothing was measured. Kayenta takes nothing for zeros on both sides and passes.',
  },
  'both constant, different': {
    outcome: 'NOT_ENOUGH_DATA',
    why: 'Three points of each side come in this order once in 20 times by chance alone. Kayenta takes any difference of constants for harm.',
  },
};
describe('Kayenta', () => {
  // Their intervals and statistics are in statistics/kayenta.test.ts; here is the verdict that Sluice makes of the same samples.
  const file = cases('kayenta') as { cases: KayentaCase[]; syntheticCases: KayentaCase[] };
  const classified = [...file.cases, ...file.syntheticCases].filter(
    ({ kind, expected }) => kind === 'mannWhitneyClassifier' && expected.classification,
  );

  it('has an exception only for a case that there is', () => {
    expect(classified.length).toBe(24);
    for (const name of Object.keys(KAYENTA_EXCEPTIONS)) expect(classified.map((each) => each.name)).toContain(name);
  });

  it.each(classified)('$name', ({ name, control, experiment, parameters, expected }) => {
    const { direction, confLevel } = parameters;
    const { outcome } = compareSamples(
      comparedValue({
        test: 'MANN_WHITNEY',
        deviation: DIRECTION[direction],
        // One side of its interval where one direction is asked for.
        alpha: (1 - confLevel) / (direction === 'either' ? 1 : 2),
        tolerance: 1,
      }),
      [
        ...experiment.map((value, at) => ({ at, canary: { at, value } })),
        ...control.map((value, at) => ({ at, reference: { at, value } })),
      ],
    );
    const theirs = OUTCOME[expected.classification ?? ''];
    const exception = KAYENTA_EXCEPTIONS[name];
    if (exception) expect(exception.outcome).not.toBe(theirs);
    expect(outcome).toBe(exception?.outcome ?? theirs);
  });
});

interface ArgoSequence {
  name: string;
  limits: { count?: number; failureLimit?: number; consecutiveSuccessLimit?: number };
  interval: string | null;
  dryRun: boolean;
  terminateBeforeMeasurement: number | null;
  sequence: string;
  expected: { runPhase: string; metricPhase: string; measurementsTaken: number };
}

const LETTER: Record<string, Outcome> = { S: 'PASS', F: 'FAIL', I: 'NOT_ENOUGH_DATA', E: 'ERROR' };

/** Why a sequence says nothing of Sluice's rule; undefined where it does. */
function otherRule({ limits, terminateBeforeMeasurement, sequence }: ArgoSequence): string | undefined {
  if (limits.consecutiveSuccessLimit !== undefined)
    return 'Sluice has no consecutiveSuccessLimit: it judges all that was planned.';
  if (terminateBeforeMeasurement !== null)
    return 'A stage that is stopped is skipped or cancelled and has no verdict; Argo calls it a success.';
  if (sequence.includes('E'))
    return 'Argo repeats a measurement that failed and counts errors in a row; in Sluice an error is a window, of errorLimit.';
  if (sequence.includes('I')) return 'Argo has an inconclusiveLimit; Sluice asks for minMeasured of the windows.';
  return undefined;
}

describe('Argo Rollouts', () => {
  const { sequences } = cases('argo-rollouts') as { sequences: ArgoSequence[] };
  const ours = sequences.filter((each) => otherRule(each) === undefined);

  it('has sequences that apply, and a reason for each that does not', () => {
    expect([sequences.length, ours.length]).toEqual([46, 17]);
  });

  it.each(ours)('$name', ({ limits, interval, sequence, dryRun, expected }) => {
    // Without a count and with an interval Argo goes on for ever: there, one window more than were measured is planned.
    const planned = limits.count || (interval === null ? 1 : sequence.length + 1);
    const judged = metric({ failureLimit: limits.failureLimit ?? 0, dryRun, minMeasured: 1 });
    let progress = beginProgress(judged, planned);
    let taken = 0;
    for (const letter of sequence) {
      if (isSpent(judged, standingOf(progress)) !== undefined || taken === planned) break;
      taken += 1;
      progress = addMeasurements(judged, progress, [measurement(taken, LETTER[letter] ?? 'ERROR')]);
    }
    const verdict = { Successful: 'PASS', Failed: 'FAIL', Running: 'RUNNING' }[expected.metricPhase];
    expect([progress.verdict, taken]).toEqual([verdict, expected.measurementsTaken]);
    const run = { Successful: 'PASS', Failed: 'FAIL', Running: 'RUNNING' }[expected.runPhase];
    expect(stageVerdict([progress]).verdict).toBe(run);
  });
});
