import type { DeploymentDocument } from '../../model/wire.js';

/** 2026-11-23 08:00:00 UTC. */
export const BEGAN = Date.UTC(2026, 10, 23, 8);

/** `seconds` after the deployment began, as the wire writes it. */
export function at(seconds: number): string {
  return new Date(BEGAN + seconds * 1000).toISOString();
}

/** A canary in the middle of its ANALYSIS, 20 seconds after it began. */
export function runningCanary(change: Partial<DeploymentDocument> = {}): DeploymentDocument {
  return {
    id: 'web-12',
    app: 'web',
    status: 'RUNNING',
    reason: 'The version changed.',
    version: { image: 'example/web:2', commit: '0123456789abcdef0123' },
    trigger: { by: 'ci', at: at(0) },
    startedAt: at(0),
    stages: [
      {
        id: 'stage-0',
        name: 'ECS_CANARY_ROLLOUT',
        status: 'SUCCEEDED',
        startedAt: at(0),
        completedAt: at(12),
        detail: '2 of 2 targets healthy on green',
      },
      { id: 'stage-1', name: 'ECS_TRAFFIC_ROUTING', status: 'SUCCEEDED', startedAt: at(12), completedAt: at(15) },
      { id: 'stage-2', name: 'ANALYSIS', status: 'RUNNING', startedAt: at(15), expectedEndAt: at(75) },
      { id: 'stage-3', name: 'ECS_PRIMARY_ROLLOUT', status: 'NOT_STARTED' },
    ],
    traffic: { wanted: { primary: 80, canary: 20 }, verified: { primary: 80, canary: 20 } },
    analysis: [
      {
        stage: 'stage-2',
        metric: 'metrics-0',
        strategy: 'THRESHOLD',
        query: 'a/b',
        expected: { max: 0.01 },
        verdict: 'RUNNING',
        reason: '',
        windows: 10,
        delaySeconds: 2,
        nextVerdictAt: at(23),
        counts: { PASS: 1, FAIL: 1, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
        measurements: [
          { window: 1, from: at(15), to: at(16), outcome: 'PASS', value: 0, points: [], reason: 'within the bounds' },
          { window: 2, from: at(16), to: at(17), outcome: 'FAIL', value: 0.123456, points: [], reason: 'above 0.01' },
        ],
      },
    ],
    warnings: [],
    trail: [],
    links: {},
    ...change,
  };
}

/** The same with points: of six windows the fifth failed, where the canary answers slower than the primary. */
export function measuredCanary(change: Partial<DeploymentDocument> = {}): DeploymentDocument {
  const document = runningCanary(change);
  const [metric] = document.analysis;
  if (!metric) return document;
  const second = (n: number): number => BEGAN / 1000 + 15 + n;
  metric.metric = 'latency';
  metric.strategy = 'CANARY_PRIMARY';
  delete metric.expected;
  metric.counts = { PASS: 5, FAIL: 1, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 };
  metric.measurements = Array.from({ length: 6 }, (_, i) => ({
    window: i + 1,
    from: at(15 + i * 5),
    to: at(20 + i * 5),
    outcome: i === 4 ? 'FAIL' : 'PASS',
    value: i === 4 ? 0.12 : 0.06,
    points: [],
    canary: [0, 1, 2, 3, 4].map((n): [number, number] => [second(i * 5 + n), i === 4 ? 0.12 : 0.06]),
    reference: [0, 1, 2, 3, 4].map((n): [number, number] => [second(i * 5 + n), 0.05]),
    reason: i === 4 ? 'Canary 0.12 on average, primary 0.05.' : 'Canary 0.06 on average, primary 0.05.',
  }));
  metric.nextVerdictAt = at(52);
  return document;
}
