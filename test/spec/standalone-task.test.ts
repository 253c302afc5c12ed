import { describe, expect, it } from 'vitest';
import { HOUR } from '../../model/duration.js';
import { isTask, type TaskRelease } from '../../model/release.js';
import { errors, lineOf, parseAny, seedFiles, warnings } from './support.js';

const APP = 'app.pipecd.yaml';

/** In the shape of PipeCD's example of a standalone task. */
const WRITTEN = `apiVersion: pipecd.dev/v1beta1
kind: ECSApp
spec:
  name: nightly
  input:
    taskDefinitionFile: taskdef.yaml
    clusterArn: arn:aws:ecs:ap-northeast-1:123456789012:cluster/jobs
    awsvpcConfiguration:
      assignPublicIp: ENABLED
      subnets:
        - subnet-0123456789abcdef0
      securityGroups:
        - sg-0123456789abcdef0
`;

function files(text = WRITTEN): Record<string, string> {
  return { [APP]: text, 'taskdef.yaml': seedFiles()['taskdef.yaml'] };
}

function read(text?: string, more: Parameters<typeof parseAny>[1] = {}): TaskRelease {
  const parsed = parseAny(files(text), { app: 'nightly', ...more });
  expect(errors(parsed)).toEqual([]);
  if (!parsed.release || !isTask(parsed.release)) throw new Error('no standalone task was read');
  return parsed.release;
}

const withPipeline = (...stages: string[]): string =>
  `${WRITTEN}  pipeline:\n    stages:\n${stages.map((stage) => `      - ${stage}\n`).join('')}`;

describe('an application without a service', () => {
  it('is a task that runs once', () => {
    expect(read()).toMatchObject({
      app: 'nightly',
      provider: 'sample-ecs',
      image: 'public.ecr.aws/nginx/nginx:1.23-alpine',
      taskDefinition: { family: 'pipecd-nginx-sample' },
      pipeline: [],
      task: {
        cluster: 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/jobs',
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ['subnet-0123456789abcdef0'],
            securityGroups: ['sg-0123456789abcdef0'],
            assignPublicIp: 'ENABLED',
          },
        },
        run: true,
      },
    });
    expect(read()).not.toHaveProperty('service');
  });

  it('takes an image for its first essential container', () => {
    const release = read(undefined, { image: 'jobs:7' });
    expect(release.image).toBe('jobs:7');
    expect(release.taskDefinition.images).toEqual({ web: 'jobs:7' });
  });

  it('may be registered only', () => {
    expect(read(WRITTEN.replace('  input:', '  input:\n    runStandaloneTask: false')).task.run).toBe(false);
  });

  it('is registered only in PipeCD’s plugin form, unless it says otherwise', () => {
    const plugin = (more = ''): string =>
      WRITTEN.replace('kind: ECSApp', 'kind: Application')
        .replace('  input:\n', `  plugins:\n    ecs:\n      input:\n${more}`)
        .replaceAll(/^ {4}(?=(taskDef|clusterArn|awsvpc))/gm, '        ')
        .replaceAll(/^ {6}(?=(assign|subnets|security))/gm, '          ')
        .replaceAll(/^ {8}(?=- )/gm, '            ');
    const silent = parseAny(files(plugin()), { app: 'nightly' });
    expect(silent.release && isTask(silent.release) && silent.release.task.run).toBe(false);
    expect(warnings(silent).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('runStandaloneTask is false unless it is written'),
    );
    expect(read(plugin('        runStandaloneTask: true\n')).task.run).toBe(true);
  });

  it('may wait for people and run scripts, and has hours to run', () => {
    const release = read(withPipeline('name: WAIT_APPROVAL', 'name: ECS_SYNC', 'name: WAIT'));
    expect(release.pipeline.map(({ name }) => name)).toEqual(['WAIT_APPROVAL', 'ECS_SYNC', 'WAIT']);
    expect(release.pipeline[1]?.timeout).toBe(6 * HOUR);
  });

  it.each([
    [
      'a canary',
      withPipeline('{name: ECS_CANARY_ROLLOUT, with: {scale: 30}}', 'name: ECS_SYNC'),
      'CANARY',
      /needs a service/,
    ],
    [
      'weights',
      withPipeline('{name: ECS_TRAFFIC_ROUTING, with: {canary: 20}}', 'name: ECS_SYNC'),
      'TRAFFIC',
      /needs a service/,
    ],
    ['a promotion', withPipeline('name: ECS_PRIMARY_ROLLOUT'), 'PRIMARY', /needs a service/],
    ['a second run', withPipeline('name: ECS_SYNC', 'name: ECS_SYNC  # again'), 'again', /a second time/],
    [
      'a bad launch type',
      WRITTEN.replace('  input:', '  input:\n    launchType: LAMBDA'),
      'LAMBDA',
      /no launch type LAMBDA/,
    ],
    ['no subnets', WRITTEN.replace(/ {6}subnets:\n.*\n/, ''), 'awsvpcConfiguration', /names no subnets/],
    ['no network', WRITTEN.slice(0, WRITTEN.indexOf('    awsvpc')), 'input:', /awsvpcConfiguration is missing/],
    ['a strange cluster', WRITTEN.replace(':cluster/jobs', ':service/jobs'), 'clusterArn', /not the ARN of a cluster/],
    ['a strange address', WRITTEN.replace('ENABLED', 'SOMETIMES'), 'SOMETIMES', /assignPublicIp is SOMETIMES/],
  ])('refuses %s at its line', (_what, text, needle, message) => {
    const parsed = parseAny(files(text), { app: 'nightly' });
    expect(parsed.release).toBeUndefined();
    expect(errors(parsed)).toContainEqual(
      expect.objectContaining({
        file: APP,
        line: lineOf(text, needle),
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});
