import { describe, expect, it } from 'vitest';
import { APP, METRIC, SERVICE, TASK, warnsOf } from './mistake.js';
import type { Mistake } from './mistake.js';
import { edited, parse, warnings } from './support.js';
import type { Edit } from './support.js';

/** ALB counts these per target group. */
const TARGET_ERRORS: Edit = [APP, 'httpcode_elb_5xx', 'httpcode_target_5xx'];

/** A second query in the seed's numerator. */
const ADDED: Edit[] = [
  [
    APP,
    '               sum:aws',
    '               (sum:aws.applicationelb.httpcode_target_5xx{env:prd}.as_count() + sum:aws',
  ],
  [APP, '.as_count()\n               /', '.as_count())\n               /'],
];

const WARNINGS: Mistake[] = [
  {
    title: 'a share above the scale',
    edits: [[APP, 'canary: 20', 'canary: 40']],
    at: [APP, '- name: ECS_TRAFFIC_ROUTING'],
    field: 'spec.pipeline.stages[1]',
    message: 'the canary gets 40 % of the requests with 30 % of the tasks',
  },
  {
    title: 'a canary left standing',
    edits: [[APP, '      - name: ECS_CANARY_CLEAN\n', '']],
    at: [APP, 'stages:'],
    field: 'spec.pipeline.stages',
    message: 'the pipeline leaves the canary standing',
  },
  {
    title: 'an ANALYSIS that the canary has no requests in',
    edits: [[APP, 'canary: 20', 'canary: 0']],
    at: [APP, '- name: ANALYSIS'],
    field: 'spec.pipeline.stages[2]',
    message: /the new version gets no requests here/,
  },
  {
    title: 'an ANALYSIS after the promotion',
    edits: [[APP, '      - name: ANALYSIS', '      - name: ECS_PRIMARY_ROLLOUT\n      - name: ANALYSIS']],
    at: [APP, '- name: ANALYSIS'],
    field: 'spec.pipeline.stages[3]',
    message: /holds the new version/,
  },
  {
    title: 'an interval below the resolution',
    edits: [[APP, 'interval: 1m', 'interval: 30s']],
    at: [APP, 'interval'],
    field: `${METRIC}.interval`,
    message: /the interval 30s is shorter than a bucket of the data, 1m/,
  },
  {
    title: 'a rest that is not judged',
    edits: [[APP, 'interval: 1m', 'interval: 4m']],
    at: [APP, 'interval'],
    field: `${METRIC}.interval`,
    message: /the last 2m of the stage are not judged/,
  },
  {
    title: 'a limit that cannot fail',
    edits: [[APP, 'interval: 1m', 'interval: 1m\n              failureLimit: 10']],
    at: [APP, 'failureLimit'],
    field: `${METRIC}.failureLimit`,
    message: 'the metric cannot fail: it forgives 10 windows and has 10',
  },
  {
    title: 'a row of failures longer than the stage',
    edits: [[APP, 'interval: 1m', 'interval: 1m\n              consecutiveFailureLimit: 11']],
    at: [APP, 'consecutiveFailureLimit'],
    field: `${METRIC}.consecutiveFailureLimit`,
    message: '11 failures in a row cannot happen in 10 windows',
  },
  {
    title: 'nothing but dry runs',
    edits: [[APP, 'interval: 1m', 'interval: 1m\n              dryRun: true']],
    at: [APP, 'metrics:'],
    field: 'spec.pipeline.stages[2].with.metrics',
    message: /every metric is a dry run/,
  },
  {
    title: 'the variant’s name under THRESHOLD',
    edits: [[APP, 'env:prd', 'env:{{ .Variant.Name }}']],
    at: [APP, 'query'],
    field: `${METRIC}.query`,
    message: /\.Variant\.Name is "primary" under THRESHOLD/,
  },
  {
    title: 'fields of comparing strategies',
    edits: [[APP, 'interval: 1m', 'interval: 1m\n              deviation: HIGH']],
    at: [APP, 'deviation'],
    field: `${METRIC}.deviation`,
    message: 'deviation is not used: THRESHOLD compares nothing',
  },
  {
    title: 'skipOn in with that names nothing',
    edits: [[APP, 'duration: 10m', 'duration: 10m\n          skipOn: {paths: []}']],
    at: [APP, 'skipOn'],
    field: 'spec.pipeline.stages[2].with.skipOn',
    message: 'skipOn names nothing: the stage is never left out',
  },
  {
    title: 'skipOn beside with that names nothing',
    edits: [[APP, '- name: ANALYSIS', '- name: ANALYSIS\n        skipOn: {}']],
    at: [APP, 'skipOn'],
    field: 'spec.pipeline.stages[2].skipOn',
    message: 'skipOn names nothing: the stage is never left out',
  },
  {
    title: 'restartThreshold',
    edits: [[APP, 'duration: 10m', 'duration: 10m\n          restartThreshold: 1']],
    at: [APP, 'restartThreshold'],
    field: 'spec.pipeline.stages[2].with.restartThreshold',
    message: 'restartThreshold does nothing, here as in PipeCD',
  },
  {
    title: 'the load balancer’s name',
    edits: [[APP, 'containerPort: 80', 'containerPort: 80\n        loadBalancerName: web']],
    at: [APP, 'loadBalancerName'],
    field: 'spec.input.targetGroups.primary.loadBalancerName',
    message: /loadBalancerName is not used/,
  },
  {
    title: 'fields of standalone tasks',
    edits: [[APP, '  input:', '  input:\n    runStandaloneTask: false']],
    at: [APP, 'runStandaloneTask'],
    field: 'spec.input.runStandaloneTask',
    message: /used for standalone tasks alone/,
  },
  {
    title: 'an application of another name',
    edits: [[APP, '  name: canary', '  name: other']],
    at: [APP, 'name: other'],
    field: 'spec.name',
    message: 'the file is of "other", and it is deployed as "canary"',
  },
  ...['deploymentCircuitBreaker', 'alarms'].map((field): Mistake => ({
    title: `${field} under EXTERNAL`,
    edits: [[SERVICE, '  maximumPercent', `  ${field}: {enable: true}\n  maximumPercent`]],
    at: [SERVICE, field],
    field: `deploymentConfiguration.${field}`,
    message: `${field} does nothing under the EXTERNAL controller`,
  })),
  {
    title: 'neither launchType nor capacityProviderStrategy',
    edits: [[SERVICE, 'launchType: FARGATE\n', '']],
    at: [SERVICE, 'cluster:'],
    field: 'launchType',
    message: /the cluster.s default decides/,
  },
  {
    title: 'desiredCount 0',
    edits: [[SERVICE, 'desiredCount: 2', 'desiredCount: 0']],
    at: [SERVICE, 'desiredCount'],
    field: 'desiredCount',
    message: /the count is not managed by this file/,
  },
  {
    title: 'what the service has elsewhere',
    edits: [[SERVICE, 'launchType', 'loadBalancers: []\ntaskDefinition: web:3\nlaunchType']],
    at: [SERVICE, 'loadBalancers'],
    field: 'loadBalancers',
    message: 'not used, and left out: loadBalancers, taskDefinition',
  },
  ...[
    [':1.23-alpine', '', 'has no tag, which means latest'],
    [':1.23-alpine', ':latest', 'has the tag latest, which moves'],
  ].map(([from, to, why]): Mistake => ({
    title: `an image that ${why!}`,
    edits: [[TASK, from!, to!]],
    at: [TASK, 'image'],
    field: 'containerDefinitions[0].image',
    message: new RegExp(why!),
  })),
  {
    title: 'a quotient whose sides select by other tags',
    edits: [[APP, 'env:prd', 'env:prod']],
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: /select by other tags/,
  },
  {
    title: 'a quotient with a sum above',
    edits: ADDED,
    at: [APP, 'query: |'],
    field: `${METRIC}.query`,
    message: /the numerator holds several queries/,
  },
];

describe('what is accepted with a warning, with its line', () => {
  warnsOf(WARNINGS);

  it('not: a quotient by other tags whose emptyValue is declared, or one with defaults of its own', () => {
    const said = (...edits: Edit[]) =>
      warnings(parse(edited(...edits))).filter(({ message }) => /numerator|sides/.test(message));
    expect(said([APP, 'env:prd', 'env:prod'], [APP, 'query:', 'emptyValue: 0\n              query:'])).toEqual([]);
    const [first, last] = ADDED as [Edit, Edit];
    expect(said(first, last, [APP, 'query:', 'emptyValue: 0\n              query:'])).toHaveLength(1);
    const defaults: Edit[] = [
      [APP, '(sum:aws.applicationelb.httpcode_target_5xx{env:prd}.as_count()', '(default_zero(sum:a{*}.as_count())'],
      [APP, '+ sum:aws.applicationelb.httpcode_elb_5xx', '+ default_zero(sum:aws.applicationelb.httpcode_elb_5xx'],
      [APP, '.as_count())\n               /', '.as_count()))\n               /'],
    ];
    expect(said(first, last, ...defaults)).toEqual([]);
  });

  it('not: a share of 20 % on 30 % of the tasks, nor one that the file says is meant', () => {
    for (const share of ['canary: 20', 'canary: 40\n          allowUndersized: true']) {
      const parsed = parse(edited([APP, 'canary: 20', share]));
      expect(parsed.findings.filter(({ message }) => message.includes('of the tasks'))).toEqual([]);
    }
    const whole = parse(edited([APP, 'canary: 20', 'canary: 100\n          allowUndersized: true']));
    expect(whole.release!.pipeline[1]).toMatchObject({ canary: 100, allowUndersized: true });
  });

  it('not: a query that filters for the canary’s group', () => {
    const filter = 'targetgroup:targetgroup/green/2222222222222222,env:prd';
    const parsed = parse(
      edited(
        TARGET_ERRORS,
        [APP, 'env:prd', filter],
        [
          APP,
          '/\n               sum:aws.applicationelb.request_count{env:prd',
          `/\n               sum:aws.applicationelb.request_count{${filter}`,
        ],
      ),
    );
    expect(warnings(parsed).map(({ file }) => file)).toEqual([TASK]);
  });

  it('a query that filters for the primary’s group', () => {
    const filter = 'targetgroup:targetgroup/blue/1111111111111111,env:prd';
    const parsed = parse(
      edited(TARGET_ERRORS, [APP, 'env:prd', filter], [APP, 'request_count{env:prd', `request_count{${filter}`]),
    );
    expect(warnings(parsed)[0]!.message).toMatch(/looks at the primary.s target group/);
  });
});
