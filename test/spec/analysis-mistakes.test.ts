import { describe } from 'vitest';
import { APP, METRIC, refuses } from './mistake.js';
import type { Mistake } from './mistake.js';
import { seedFiles } from './support.js';

const MISTAKES: Mistake[] = [
  {
    title: 'a mistyped field of a metric',
    edits: [[APP, '              interval:', '              failurelimits: 2\n              interval:']],
    at: [APP, 'failurelimits'],
    field: `${METRIC}.failurelimits`,
    message: /not a known field/,
    fix: 'Did you mean "failureLimit"?',
  },
  {
    title: 'an ANALYSIS without duration',
    edits: [[APP, '          duration: 10m\n', '']],
    at: [APP, 'with:\n          metrics'],
    field: 'spec.pipeline.stages[2].with.duration',
    message: 'is missing',
  },
  {
    title: 'an ANALYSIS of no length',
    edits: [[APP, 'duration: 10m', 'duration: 0']],
    at: [APP, 'duration: 0'],
    field: 'spec.pipeline.stages[2].with.duration',
    message: 'must be above zero',
  },
  {
    title: 'an interval longer than the stage',
    edits: [[APP, 'interval: 1m', 'interval: 11m']],
    at: [APP, 'interval: 11m'],
    field: `${METRIC}.interval`,
    message: /the interval 11m is longer than the stage.s duration 10m: no window would be judged/,
  },
  {
    title: 'an interval of nanoseconds',
    edits: [[APP, 'interval: 1m', 'interval: 30']],
    at: [APP, 'interval: 30'],
    field: `${METRIC}.interval`,
    message: 'the interval must be at least 1s',
  },
  {
    title: 'no interval',
    edits: [[APP, '              interval: 1m\n', '']],
    at: [APP, '- strategy'],
    field: `${METRIC}.interval`,
    message: 'is missing',
  },
  {
    title: 'no metrics',
    edits: [[APP, /          metrics:[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0], '']],
    at: [APP, 'with:\n          duration'],
    field: 'spec.pipeline.stages[2].with.metrics',
    message: /no metrics: it would judge nothing/,
  },
  {
    title: 'neither min nor max',
    edits: [[APP, '              expected:\n                max: 10\n', '']],
    at: [APP, '- strategy'],
    field: `${METRIC}.expected`,
    message: /neither min nor max/,
  },
  {
    title: 'min above max',
    edits: [[APP, 'max: 10', 'max: 10\n                min: 11']],
    at: [APP, 'expected:'],
    field: `${METRIC}.expected`,
    message: 'min 11 is above max 10: no value can pass',
  },
  {
    title: 'a strategy that nobody knows',
    edits: [[APP, 'THRESHOLD', 'TRESHOLD']],
    at: [APP, 'TRESHOLD'],
    field: `${METRIC}.strategy`,
    message: /must be "THRESHOLD" or "PREVIOUS" or "CANARY_BASELINE" or "CANARY_PRIMARY"/,
  },
  {
    title: 'an analysis template',
    edits: [[APP, '- strategy: THRESHOLD', '- template: {name: errors}']],
    at: [APP, 'template'],
    field: `${METRIC}.template.name`,
    message: 'there is no template "errors" for metrics; known: none',
  },
  {
    title: 'logs checks',
    edits: [[APP, 'duration: 10m', `duration: 10m\n          logs: [{interval: 1m}]`]],
    at: [APP, `logs:`],
    field: `spec.pipeline.stages[2].with.logs`,
    message: /logs checks are not supported/,
  },
  {
    title: 'a query without end',
    edits: [[APP, 'query: |', `watermark: "${'{{'.repeat(6_000)}"\n              query: |`]],
    at: [APP, 'watermark'],
    field: `${METRIC}.watermark`,
    message: 'must be at most 10000 characters',
  },
  {
    title: 'several series',
    edits: [[APP, '.as_count()', ' by {targetgroup}.as_count()']],
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: 'the query gives one series for each targetgroup; a verdict needs exactly one',
  },
  {
    title: 'a variable without a value',
    edits: [[APP, 'env:prd', 'env:{{ .VariantCustomArgs.env }}']],
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: /\{\{ \.VariantCustomArgs\.env \}\} has no value for the primary; known here: .*\.App\.Name/,
  },
  {
    title: 'a template that is more than a path',
    edits: [[APP, 'env:prd', 'env:{{ if .App.Name }}prd{{ end }}']],
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: /more than a dotted path/,
  },
  {
    title: 'a delay longer than maxDelay',
    edits: [[APP, 'interval: 1m', 'interval: 1m\n              delay: 30m']],
    at: [APP, 'delay: 30m'],
    field: `${METRIC}.delay`,
    message: /the delay 30m is longer than maxDelay 20m/,
  },
  {
    title: 'a target group for what ALB counts by load balancer',
    edits: [[APP, 'env:prd', 'env:prd,targetgroup:targetgroup/green/2222222222222222']],
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: /httpcode_elb_5xx is counted for the whole load balancer: with a target group/,
    fix: /httpcode_target_5xx/,
  },
  {
    title: 'maxDuration below duration',
    edits: [[APP, 'duration: 10m', 'duration: 10m\n          maxDuration: 5m']],
    at: [APP, 'maxDuration'],
    field: 'spec.pipeline.stages[2].with.maxDuration',
    message: 'maxDuration 5m is shorter than duration 10m',
  },
  {
    title: 'an unknown answer to missing data',
    edits: [[APP, 'duration: 10m', 'duration: 10m\n          onNoData: SKIP']],
    at: [APP, 'onNoData'],
    field: 'spec.pipeline.stages[2].with.onNoData',
    message: 'must be "ROLLBACK" or "WAIT_APPROVAL" or "PROCEED", not "SKIP"',
  },
  {
    title: 'a stage timeout shorter than its ANALYSIS',
    edits: [[APP, '- name: ANALYSIS', '- name: ANALYSIS\n        timeout: 5m']],
    at: [APP, 'timeout: 5m'],
    field: 'spec.pipeline.stages[2].timeout',
    message: /timeout 5m is shorter than the 10m/,
  },
];

describe('an ANALYSIS that would judge nothing, or not what is meant, is refused', () => {
  refuses(MISTAKES);
});
