import { describe, expect, it } from 'vitest';
import { readerOf } from '../../document/reader.js';
import { readDocuments } from '../../document/yaml.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { Finding } from '../../model/finding.js';
import type { ComparedMetric, Metric, MetricStrategy } from '../../model/metric.js';
import type { AnalysisStage, Stage } from '../../model/stage.js';
import { checkOrder } from '../../spec/pipeline-order.js';
import { analysisStage } from '../support/release.js';

const timeout = 30 * MINUTE;
const canary = (scale = 30): Stage => ({ id: 'c', name: 'ECS_CANARY_ROLLOUT', scale, timeout });
const baseline = (scale = 30): Stage => ({ id: 'b', name: 'ECS_BASELINE_ROLLOUT', scale, timeout });
const route = (share: number, baselineShare?: number): Stage => ({
  id: 't',
  name: 'ECS_TRAFFIC_ROUTING',
  canary: share,
  ...(baselineShare !== undefined && { baseline: baselineShare }),
  allowUndersized: true,
  timeout,
});
const PROMOTE: Stage = { id: 'p', name: 'ECS_PRIMARY_ROLLOUT', timeout };
const CLEAN: Stage[] = [
  { id: 'bc', name: 'ECS_BASELINE_CLEAN', timeout },
  { id: 'cc', name: 'ECS_CANARY_CLEAN', timeout },
];

function compared(strategy: MetricStrategy): ComparedMetric {
  return {
    strategy,
    test: 'SEQUENTIAL',
    kind: 'COUNTS',
    name: 'errors',
    provider: 'cloudwatch',
    source: 'CLOUDWATCH',
    query: 'errors',
    canary: { errors: 'e', requests: 'r' },
    deviation: 'HIGH',
    tolerance: 1,
    alpha: 0.05,
    interval: MINUTE,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30 * SECOND,
    maxDelay: 10 * MINUTE,
    resolution: MINUTE,
    minMeasured: 0.5,
    errorLimit: 1,
    dryRun: false,
  };
}

function judge(...metrics: Metric[]): AnalysisStage {
  return { ...analysisStage(), id: 'a', metrics };
}

/** What is said of a pipeline's ANALYSIS, `level field: message — fix`. */
function said(...stages: Stage[]): string[] {
  const text = ['stages:', ...stages.map(({ name }) => `  - name: ${name}`)].join('\n');
  const [document] = readDocuments('app.pipecd.yaml', text).documents;
  const findings: Finding[] = [];
  checkOrder(
    readerOf(document!, findings),
    stages.map((stage) => ({ name: stage.name, stage })),
    ['stages'],
  );
  return findings
    .filter(({ field }) => field === `stages[${stages.findIndex(({ name }) => name === 'ANALYSIS')}]`)
    .map(({ level, message, fix }) => `${level}: ${message} — ${fix ?? ''}`);
}

const CANARY_BASELINE = judge(compared('CANARY_BASELINE'));
const CANARY_PRIMARY = judge(compared('CANARY_PRIMARY'));
const END = [PROMOTE, route(0), ...CLEAN];

describe('a metric that compares', () => {
  it('is taken where both versions stand alone in their groups and get requests', () => {
    expect(said(canary(), baseline(), route(20, 20), CANARY_BASELINE, ...END)).toEqual([]);
    expect(said(canary(), route(20), CANARY_PRIMARY, ...END)).toEqual([]);
    expect(said(canary(), baseline(), route(20, 20), CANARY_PRIMARY, ...END)).toEqual([]);
  });

  it.each([
    [
      'a baseline that was never brought out',
      [canary(), route(20), CANARY_BASELINE, ...END],
      /errors cannot be judged by CANARY_BASELINE here: no baseline stands — Put ECS_BASELINE_ROLLOUT before it/,
    ],
    [
      'a baseline that was removed already',
      [canary(), baseline(), route(20, 20), route(20), CLEAN[0]!, CANARY_BASELINE, ...END],
      /no baseline stands/,
    ],
    [
      'a baseline without requests',
      [canary(), baseline(), route(20), CANARY_BASELINE, ...END],
      /the baseline gets no requests — Write baseline: 20 in the ECS_TRAFFIC_ROUTING before it/,
    ],
    [
      'a canary without requests',
      [canary(), baseline(), CANARY_BASELINE, ...END],
      /the canary gets no requests — Put ECS_TRAFFIC_ROUTING/,
    ],
    ['no canary', [CANARY_PRIMARY, canary(), route(20), ...END], /no canary stands — Put ECS_CANARY_ROLLOUT/],
    [
      'a canary that was removed already',
      [canary(), route(20), route(0), CLEAN[1]!, CANARY_PRIMARY, PROMOTE],
      /no canary stands/,
    ],
    [
      'a primary without requests',
      [canary(100), route(100), CANARY_PRIMARY, ...END],
      /the primary gets no requests — Leave it a share/,
    ],
    [
      'a primary after the promotion',
      [canary(), route(20), PROMOTE, CANARY_PRIMARY, route(0), ...CLEAN],
      /CANARY_PRIMARY here: after the promotion .* — Put the ANALYSIS before ECS_PRIMARY_ROLLOUT/,
    ],
    [
      'a baseline after the promotion',
      [canary(), baseline(), route(20, 20), PROMOTE, CANARY_BASELINE, route(0), ...CLEAN],
      /CANARY_BASELINE here: after the promotion/,
    ],
  ])('with %s is refused, in one sentence', (_what, stages, message) => {
    expect(said(...stages)).toEqual([expect.stringMatching(new RegExp(`^error: .*${message.source}`))]);
  });

  it('under another load or with another size is warned of', () => {
    expect(said(canary(), baseline(), route(20, 10), CANARY_BASELINE, ...END)).toEqual([
      expect.stringMatching(/^warning: the canary gets 20 % of the requests and the baseline 10 %.*Write baseline: 20/),
    ]);
    expect(said(canary(), baseline(60), route(20, 20), CANARY_BASELINE, ...END)).toEqual([
      expect.stringMatching(/^warning: the canary has 30 % of the tasks and the baseline 60 %/),
    ]);
  });

  it('leaves alone what is judged by bounds or by an earlier deployment', () => {
    const [threshold] = analysisStage().metrics;
    expect(said(canary(), PROMOTE, judge(compared('PREVIOUS')), ...CLEAN)).toEqual([
      expect.stringMatching(/^warning: after the promotion/),
    ]);
    expect(said(canary(), PROMOTE, judge(threshold!, compared('CANARY_PRIMARY')), ...CLEAN)).toEqual([
      expect.stringMatching(/^error: errors cannot be judged/),
      expect.stringMatching(/^warning: after the promotion/),
    ]);
  });
});
