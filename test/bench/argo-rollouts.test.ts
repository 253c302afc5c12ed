import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  assessMetric,
  assessRun,
  counted,
  type Counters,
  isWorse,
  type Limits,
  measurement,
  NOTHING_COUNTED,
  type Phase,
} from '../../bench/verdicts/peers/argo-metric.js';

interface Sequence {
  name: string;
  limits: Limits;
  interval: string | null;
  dryRun: boolean;
  terminateBeforeMeasurement: number | null;
  sequence: string;
  expected: {
    runPhase: Phase;
    metricPhase: Phase;
    measurementsTaken: number;
    runPhaseAfterEach: Phase[];
    counters: Counters;
  };
}

interface Case {
  name: string;
  kind: string;
  limits: Limits;
  counters: Partial<Counters>;
  lastMeasurementPhase: Phase | null;
  terminating: boolean;
  metrics: RunMetric[];
  terminate?: boolean;
  measurement: Phase;
  current: Phase;
  new: Phase;
  successCondition: string;
  failureCondition: string;
  expected: { metricPhase: Phase; runPhase: Phase; measurementPhase: Phase } & boolean;
}

interface RunMetric {
  phase: Phase | null;
  dryRun?: boolean;
  counters?: Partial<Counters>;
  lastMeasurementPhase?: Phase;
  nextMeasurementPhase?: Phase;
}

/** Cases from argoproj/argo-rollouts (Apache-2.0), and sequences that ran through its real controller; see `meta` in the file. */
const { sequences, cases } = JSON.parse(
  readFileSync(new URL('fixtures/argo-rollouts.json', import.meta.url), 'utf8'),
) as {
  sequences: Sequence[];
  cases: Case[];
};

/** What the peer does not have: nothing of it can be judged here. */
const NOT_BUILT: Record<string, string> = {
  datadogV1: 'HTTP and JSON: the simulated source answers with points, the last of them is taken',
  datadogV2: 'HTTP and JSON: the simulated provider is v1',
  isTerminating: 'one metric: nothing ends because of another',
  nextReconcileSeconds: 'measurements fall on whole intervals of the simulated clock',
  schedule: 'measurements fall on whole intervals of the simulated clock',
  validateMetric: 'the simulated metrics are valid',
};
const BUILT = ['assessMetric', 'assessRun', 'counterUpdate', 'evaluateMeasurement', 'isWorse'];
const LETTERS: Record<string, Phase> = { S: 'Successful', F: 'Failed', I: 'Inconclusive', E: 'Error' };

it('knows every kind of case, built or not', () => {
  const kinds = new Set(cases.map(({ kind }) => kind));
  expect([...kinds].filter((kind) => !BUILT.includes(kind) && !(kind in NOT_BUILT))).toEqual([]);
});

describe('a sequence of measurements', () => {
  for (const { name, limits, interval, dryRun, terminateBeforeMeasurement, sequence, expected } of sequences) {
    it(name, () => {
      const phases: Phase[] = [];
      let counters = NOTHING_COUNTED;
      let phase: Phase = 'Pending';
      const taken: Phase[] = [];
      for (const letter of sequence) {
        const terminating = taken.length + 1 === terminateBeforeMeasurement;
        if (!terminating) {
          taken.push(LETTERS[letter]!);
          counters = counted(counters, taken.at(-1)!);
        }
        phase = assessMetric({ ...limits, interval }, counters, taken.at(-1), terminating);
        phases.push(assessRun([{ phase, dryRun }]));
        if (phase !== 'Running') break;
      }
      expect(phase).toBe(expected.metricPhase);
      expect(phases).toEqual(expected.runPhaseAfterEach);
      expect(phases.at(-1)).toBe(expected.runPhase);
      expect(taken.length).toBe(expected.measurementsTaken);
      expect(counters).toEqual(expected.counters);
    });
  }
});

describe('the phase of a metric', () => {
  for (const { name, limits, counters, lastMeasurementPhase, terminating, expected } of of('assessMetric')) {
    it(name, () => {
      const all = { ...NOTHING_COUNTED, ...counters };
      expect(assessMetric(limits, all, lastMeasurementPhase ?? undefined, terminating)).toBe(expected.metricPhase);
    });
  }
});

describe('the phase of a run', () => {
  for (const { name, metrics, terminate = false, expected } of of('assessRun')) {
    it(name, () => {
      const phases = metrics.map((metric) => ({ phase: phaseNow(metric, terminate), dryRun: metric.dryRun ?? false }));
      expect(assessRun(phases)).toBe(expected.runPhase);
    });
  }
  /** One that is at its end stays there; another is assessed by what it counted. */
  function phaseNow(
    { phase, counters, lastMeasurementPhase, nextMeasurementPhase }: RunMetric,
    terminating: boolean,
  ): Phase {
    const last = lastMeasurementPhase ?? nextMeasurementPhase;
    if (phase !== null && (phase !== 'Running' || last === undefined)) return phase;
    return assessMetric({}, { ...NOTHING_COUNTED, ...counters }, last, terminating);
  }
});

describe('the counters', () => {
  for (const one of of('counterUpdate')) {
    it(one.name, () =>
      expect(counted({ ...NOTHING_COUNTED, ...one.counters }, one.measurement)).toMatchObject(one.expected),
    );
  }
});

describe('a worse phase', () => {
  for (const one of of('isWorse')) {
    it(one.name, () => expect(isWorse(one.current, one.new)).toBe(one.expected));
  }
});

/** The peer is told what a condition said: it has no expression language in which these could be said. */
const EXPRESSIONS = [
  'unknown name in successCondition',
  'unknown name in failureCondition',
  'nil result',
  'empty vector',
  'NaN, isNaN guard',
  'NaN, both conditions',
  'NaN, success only',
  'NaN, failure only: passes',
  '+Inf >= 0.95',
  'isInf',
  'empty vector guarded as success',
  'empty vector guarded as failure',
];

describe('one measurement', () => {
  for (const one of of('evaluateMeasurement').filter(({ name }) => !EXPRESSIONS.includes(name))) {
    it(one.name, () => {
      const [success, failure] = [said(one.successCondition), said(one.failureCondition)];
      const conditions = { ...(success !== undefined && { success }), ...(failure !== undefined && { failure }) };
      expect(measurement(conditions)).toBe(one.expected.measurementPhase);
    });
  }
  function said(condition: string): boolean | undefined {
    if (condition === '') return undefined;
    if (condition !== 'true' && condition !== 'false')
      throw new Error(`${condition} is no constant: name the case above.`);
    return condition === 'true';
  }
});

function of(kind: string): Case[] {
  const own = cases.filter((one) => one.kind === kind);
  if (own.length === 0) throw new Error(`No case of kind ${kind}.`);
  return own;
}
