import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { edited, errors, KNOWN, lineOf, parse, warnings, type Edit } from './support.js';

const APP = 'app.pipecd.yaml';
const SERVICE = 'servicedef.yaml';

const REGISTRY: Edit = [
  SERVICE,
  'launchType: FARGATE',
  'launchType: FARGATE\nserviceRegistries:\n  - registryArn: arn:aws:servicediscovery:ap-northeast-1:123456789012:service/srv-1',
];

/** The seed's files without target groups, found by service discovery, with these stages. */
function files(...stages: string[]): Record<string, string> {
  const written = edited([APP, '  input:', '  input:\n    accessType: SERVICE_DISCOVERY'], REGISTRY);
  const app = written[APP];
  const head = app.slice(0, app.indexOf('    targetGroups:'));
  const pipeline =
    stages.length > 0 ? `  pipeline:\n    stages:\n${stages.map((one) => `      - ${one}\n`).join('')}` : '';
  return { ...written, [APP]: `${head}${pipeline}` };
}

const CANARY = '{name: ECS_CANARY_ROLLOUT, with: {scale: 50}}';
const messages = (found: { message: string }[]): string[] => found.map(({ message }) => message);

describe('accessType SERVICE_DISCOVERY', () => {
  it('needs no target groups', () => {
    const parsed = parse(files());
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release).toMatchObject({
      targetGroups: {},
      image: 'public.ecr.aws/nginx/nginx:1.23-alpine',
      service: { createTaskSet: { serviceRegistries: [{ registryArn: expect.stringContaining('srv-1') as string }] } },
    });
  });

  it('has a canary by the number of its tasks', () => {
    const parsed = parse(files(CANARY, 'name: WAIT', 'name: ECS_PRIMARY_ROLLOUT', 'name: ECS_CANARY_CLEAN'));
    expect(errors(parsed)).toEqual([]);
    expect(messages(warnings(parsed)).filter((message) => message.includes('requests'))).toEqual([]);
    expect(parsed.release?.pipeline.map(({ name }) => name)).toEqual([
      'ECS_CANARY_ROLLOUT',
      'WAIT',
      'ECS_PRIMARY_ROLLOUT',
      'ECS_CANARY_CLEAN',
    ]);
  });

  it('still wants the canary gone at the end', () => {
    const parsed = parse(files(CANARY, 'name: ECS_PRIMARY_ROLLOUT'));
    expect(messages(warnings(parsed))).toContain('the pipeline leaves the canary standing');
  });

  it.each([
    ['weights', '{name: ECS_TRAFFIC_ROUTING, with: {canary: 20}}', 'ECS_TRAFFIC_ROUTING'],
    ['a baseline', '{name: ECS_BASELINE_ROLLOUT, with: {scale: 50}}', 'ECS_BASELINE_ROLLOUT'],
  ])('refuses %s', (_what, stage, name) => {
    const written = files(CANARY, stage, 'name: ECS_PRIMARY_ROLLOUT', 'name: ECS_CANARY_CLEAN');
    const parsed = parse(written);
    expect(parsed.release).toBeUndefined();
    expect(errors(parsed)).toContainEqual(
      expect.objectContaining({
        file: APP,
        line: lineOf(written[APP] ?? '', name),
        message: expect.stringContaining(`there are no weights that ${name} could move`) as string,
      }),
    );
  });

  const analysis = (metric: string): string =>
    `{name: ANALYSIS, with: {duration: 10m, metrics: [{interval: 1m, expected: {max: 1}, provider: ${metric}}]}}`;
  const judged = (metric: string) =>
    parse(files(CANARY, analysis(metric), 'name: ECS_PRIMARY_ROLLOUT', 'name: ECS_CANARY_CLEAN'), {
      known: {
        ...KNOWN,
        analysisProviders: [
          ...KNOWN.analysisProviders,
          { name: 'tasks', type: 'TASKS', maxDelay: MINUTE, resolution: MINUTE },
        ],
      },
    });

  it('is judged by metrics that tell the versions apart by themselves', () => {
    expect(errors(judged('sample-datadog, query: "sum:errors{task_set:{{ .Variant.TaskSet }}}.as_count()"'))).toEqual(
      [],
    );
  });

  it.each([
    ['the target group', 'sample-datadog, query: "sum:errors{{{ .Variant.TargetGroup }}}.as_count()"', /TargetGroup/],
    ['the tasks’ port', 'tasks, metric: http-5xx-rate', /TASKS need the container and port of a target group/],
  ])('refuses metrics that need %s', (_what, metric, message) => {
    expect(messages(errors(judged(metric)))).toContainEqual(expect.stringMatching(message));
  });

  it('warns where nobody would find the tasks, and of target groups that are not used', () => {
    const written = edited([APP, '  input:', '  input:\n    accessType: SERVICE_DISCOVERY']);
    expect(messages(warnings(parse(written)))).toEqual(
      expect.arrayContaining([
        expect.stringContaining('nobody finds the tasks'),
        'targetGroups are not used with accessType SERVICE_DISCOVERY',
      ]),
    );
  });

  it('knows no other access type', () => {
    const found = errors(parse(edited([APP, '  input:', '  input:\n    accessType: MESH'])));
    expect(messages(found)).toContain('there is no accessType MESH');
  });
});
