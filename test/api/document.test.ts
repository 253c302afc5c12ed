import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../api/temporal/stored.js';
import { deploymentAnswer } from '../../spec/http-answers.js';
import { withHeartbeats, withProgress } from '../../api/temporal/document.js';
import { appOf } from '../../model/workflow-id.js';
import { eventsBetween } from '../../api/live-diff.js';
import type { Measurement, MetricProgress } from '../../model/evidence.js';
import { deploymentDocument } from './support/fake-gateway.js';

function window(n: number, over: Partial<Measurement> = {}): Measurement {
  return {
    metric: 'errors',
    window: n,
    from: n,
    to: n + 1,
    outcome: 'PASS',
    points: [],
    query: 'q',
    reason: '',
    judgedAt: 0,
    ...over,
  };
}

const progress: MetricProgress = {
  metric: 'errors',
  strategy: 'THRESHOLD',
  query: 'q',
  verdict: 'RUNNING',
  reason: '',
  windows: 30,
  counts: { PASS: 19, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
  consecutiveFailures: 0,
  delaySeconds: 60,
  dryRun: false,
  measurements: Array.from({ length: 19 }, (_, i) => window(i + 1)),
};

describe('windows that a running activity has judged', () => {
  it('come after those that the workflow knows, are counted once, and leave the last 20', () => {
    const judged = [
      window(19, { outcome: 'FAIL' }),
      window(20, { outcome: 'FAIL', delaySeconds: 90 }),
      window(21, { outcome: 'NO_DATA', delaySeconds: 30 }),
      window(22, { metric: 'latency' }),
    ];
    const [joined] = withProgress([progress], judged);
    expect(joined?.counts).toEqual({ PASS: 19, FAIL: 1, NO_DATA: 1, NOT_ENOUGH_DATA: 0, ERROR: 0 });
    expect(joined?.delaySeconds).toBe(90);
    expect(joined?.measurements.map((m) => m.window)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
    expect(progress.measurements).toHaveLength(19);
    expect(progress.counts.FAIL).toBe(0);
  });

  it('move the next verdict on, by the delay that is known', () => {
    const due = { ...progress, nextVerdictAt: 60_020 };
    const next = (...judged: Measurement[]): number | undefined => withProgress([due], judged)[0]?.nextVerdictAt;
    expect(next()).toBe(60_020);
    expect(next(window(20), window(21))).toBe(60_023);
    expect(next(window(20), window(21, { delaySeconds: 90 }))).toBe(90_023);
  });
});

describe('a heartbeat', () => {
  it('tells its stage’s detail and the traffic, and an empty one tells nothing', () => {
    const document = deploymentDocument({ stages: [{ id: 'a', name: 'WAIT', status: 'RUNNING', detail: 'before' }] });
    const wanted = { primary: 80, canary: 20 };
    const told = withHeartbeats(document, [{ stage: 'a', detail: 'now', traffic: { wanted } }]);
    expect(told.stages[0]?.detail).toBe('now');
    expect(told.traffic).toEqual({ wanted, verified: null });
    expect(withHeartbeats(document, [{ stage: 'a', detail: '' }])).toEqual(document);
    expect(withHeartbeats(document, [{ stage: 'other', detail: 'x' }])).toEqual(document);
  });
});

it('a baseline’s share goes through a heartbeat and the answer', () => {
  const wanted = { primary: 60, canary: 20, baseline: 20 };
  const beat = Heartbeat.parse({
    stage: 'a',
    detail: 'now',
    traffic: { wanted, verified: wanted, verifiedAt: 1 },
    log: [],
  });
  const told = withHeartbeats(deploymentDocument(), [beat]);
  expect(told.traffic).toEqual({ wanted, verified: wanted });
  expect(deploymentAnswer.parse(told).traffic).toEqual({ wanted, verified: wanted });
});

describe('events between two states', () => {
  it('are none where nothing changed', () => {
    const before = deploymentDocument();
    expect(eventsBetween(before, structuredClone(before))).toEqual([]);
  });

  it('tell a stage that is new, and the status last', () => {
    const before = deploymentDocument({ stages: [] });
    const after = deploymentDocument({ status: 'FAILED', reason: 'No.' });
    expect(eventsBetween(before, after).map(({ type }) => type)).toEqual(['stage', 'snapshot', 'status']);
  });
});

describe('the application of a deployment', () => {
  it('is all before the last hyphen', () => {
    expect(appOf('my-web-app-12')).toBe('my-web-app');
  });
});
