import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import { edited, errors, lineOf, parse, seedFiles, warnings } from './support.js';

describe('PipeCD’s reading rules', () => {
  it('take keys in any case, in all three files', () => {
    const upper = Object.fromEntries(
      Object.entries(seedFiles()).map(([name, text]) => [
        name,
        text.replace(
          /^(\s*(?:- )?)([A-Za-z]+):(?=\s|$)/gm,
          (_all, before: string, key: string) => `${before}${key.toUpperCase()}:`,
        ),
      ]),
    );
    const plain = parse(seedFiles()).release!;
    // The label's names are the user's own.
    const shouted = { ...plain, labels: { ENV: 'example', TEAM: 'xyz' } };
    const parsed = parse(upper);
    expect(errors(parsed)).toEqual([]);
    expect({ ...parsed.release, warnings: [] }).toEqual({ ...shouted, warnings: [] });
  });

  it('refuse one key in two spellings', () => {
    const files = edited(['app.pipecd.yaml', 'scale: 30', 'scale: 30\n          Scale: 40']);
    expect(errors(parse(files))).toMatchObject([
      { line: lineOf(files['app.pipecd.yaml'], 'Scale: 40'), message: expect.stringContaining('twice') as string },
    ]);
  });

  it('take null as not written', () => {
    const parsed = parse(
      edited(['app.pipecd.yaml', 'labels:\n    env: example\n    team: xyz', 'labels: null\n  timeout:']),
    );
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release).toMatchObject({ labels: {}, timeout: 6 * HOUR });
  });

  it('take JSON for any of the files', () => {
    const yaml = parse(seedFiles()).release!;
    const taskdef = JSON.stringify(
      {
        family: 'pipecd-nginx-sample',
        executionRoleArn: 'arn:aws:iam::123456789012:role/ecs-taskexecution-iamrole',
        containerDefinitions: [
          {
            name: 'web',
            image: 'public.ecr.aws/nginx/nginx:1.23-alpine',
            cpu: 100,
            memory: 100,
            mountPoints: [],
            portMappings: [{ containerPort: 80 }],
          },
        ],
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        memory: '512',
        cpu: '256',
        volumes: [],
      },
      null,
      '\t',
    );
    // Without taskDefinitionFile the name is PipeCD's default.
    const files = edited(['app.pipecd.yaml', '    taskDefinitionFile: taskdef.yaml\n', '']);
    const parsed = parse({
      'app.pipecd.yaml': files['app.pipecd.yaml'],
      'servicedef.yaml': files['servicedef.yaml'],
      'taskdef.json': taskdef,
    });
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release!.taskDefinition).toEqual(yaml.taskDefinition);
  });

  it('take kind: Application with the plugin ecs', () => {
    const { 'app.pipecd.yaml': app } = seedFiles();
    const [before, input, pipeline] = app.split(/^(?= {2}input:| {2}pipeline:)/m) as [string, string, string];
    const moved = input.replace(/^/gm, '    ').trimEnd();
    const v1 = `${before.replace('ECSApp', 'Application')}  plugins:\n    ecs:\n${moved}\n${pipeline}`;
    const parsed = parse({ ...seedFiles(), 'app.pipecd.yaml': v1 });
    expect(errors(parsed)).toEqual([]);
    expect({ ...parsed.release, warnings: [] }).toEqual({ ...parse(seedFiles()).release, warnings: [] });

    const wrong = v1.replace('containerPort: 80', 'containerPort: 81');
    expect(errors(parse({ ...seedFiles(), 'app.pipecd.yaml': wrong }))).toMatchObject([
      {
        line: lineOf(wrong, 'containerPort: 81'),
        field: 'spec.plugins.ecs.input.targetGroups.primary.containerPort',
        message: 'the container "web" does not map the port 81',
      },
    ]);
  });

  it('take a file by another name when it is the only one like it', () => {
    const { 'app.pipecd.yaml': app, ...others } = seedFiles();
    expect(parse({ ...others, 'web.pipecd.yml': app }).release).toBeDefined();
    expect(parse({ ...others, 'a.pipecd.yml': app, 'b.pipecd.yml': app }).findings).toMatchObject([
      { level: 'error', message: 'several files could be the application’s: a.pipecd.yml, b.pipecd.yml' },
    ]);
    expect(parse(others).findings[0]).toMatchObject({ message: expect.stringContaining('servicedef.yaml') as string });
  });

  it('take ./ before a file’s name', () => {
    expect(parse(edited(['app.pipecd.yaml', ': servicedef.yaml', ': ./servicedef.yaml'])).release).toBeDefined();
  });

  it('read bare numbers as nanoseconds, and say so', () => {
    const files = edited(['app.pipecd.yaml', 'duration: 10m', 'duration: 600000000000']);
    const parsed = parse(files);
    expect(parsed.release!.pipeline[2]).toMatchObject({ duration: 10 * MINUTE });
    expect(warnings(parsed)).toContainEqual(
      expect.objectContaining({
        line: lineOf(files['app.pipecd.yaml'], 'duration: 600'),
        message: 'the bare number 600000000000 is read as nanoseconds, as PipeCD does',
        fix: 'Write the unit: 30s, 10m, 1h.',
      }),
    );
  });

  it.each([
    ['1h2m3s', HOUR + 2 * MINUTE + 3 * SECOND],
    ['1.5m', 90 * SECOND],
    ['90s', 90 * SECOND],
    ['"2m"', 2 * MINUTE],
    ['0', MINUTE],
    ['0s', MINUTE],
    ['null', MINUTE],
  ])('WAIT with duration %s waits %i ms', (written, ms) => {
    const stage = `- name: WAIT\n        with:\n          duration: ${written}\n      - name: ECS_PRIMARY_ROLLOUT`;
    const parsed = parse(edited(['app.pipecd.yaml', '- name: ECS_PRIMARY_ROLLOUT', stage]));
    expect(parsed.release!.pipeline[3]).toMatchObject({ name: 'WAIT', duration: ms });
    const zero = written.startsWith('0');
    expect(warnings(parsed).some(({ message }) => message === '0 means the default, 1m, as in PipeCD')).toBe(zero);
  });

  it('read zero as the default for the deployment’s timeout, and say so', () => {
    const parsed = parse(edited(['app.pipecd.yaml', '  name: canary', '  name: canary\n  timeout: 0']));
    expect(parsed.release!.timeout).toBe(6 * HOUR);
    expect(warnings(parsed)).toContainEqual(
      expect.objectContaining({ field: 'spec.timeout', message: '0 means the default, 6h, as in PipeCD' }),
    );
  });

  it.each(['1d', '10', 'ten', '-1m'])('refuse the duration %j', (written) => {
    const files = edited(['app.pipecd.yaml', 'duration: 10m', `duration: "${written}"`]);
    expect(errors(parse(files))).toMatchObject([
      { line: lineOf(files['app.pipecd.yaml'], 'duration:'), field: 'spec.pipeline.stages[2].with.duration' },
    ]);
  });

  it.each([
    ['30', 30],
    ['"30"', 30],
    ['30%', 30],
    ['"30%"', 30],
  ])('read scale: %s', (written, scale) => {
    const { release } = parse(edited(['app.pipecd.yaml', 'scale: 30', `scale: ${written}`]));
    expect(release!.pipeline[0]).toMatchObject({ scale });
  });

  it.each(['20.5', '101', '-20', '"20 %"', 'many'])('refuse scale: %s', (written) => {
    const files = edited(['app.pipecd.yaml', 'scale: 30', `scale: ${written}`]);
    expect(errors(parse(files))[0]).toMatchObject({
      line: lineOf(files['app.pipecd.yaml'], 'scale:'),
      message: expect.stringContaining('is no percentage') as string,
    });
  });

  it.each([
    ['    autoRollback: false\n', ''],
    ['', '  planner:\n    autoRollback: false\n'],
  ])('switch the rollback off where either place says so', (inInput, inPlanner) => {
    const { release } = parse(edited(['app.pipecd.yaml', '  input:\n', `${inPlanner}  input:\n${inInput}`]));
    expect(release!.autoRollback).toBe(false);
  });

  it('keep the fields that drift passes over, and say which of them name nothing', () => {
    const fields = 'ignoreFields: [service#desiredCount, "apps/v1:Deployment:default:web#spec.replicas"]';
    const parsed = parse(
      edited(['app.pipecd.yaml', '  name: canary', `  name: canary\n  driftDetection: {${fields}}`]),
    );
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release!.drift?.ignoreFields).toHaveLength(2);
    expect(warnings(parsed)).toContainEqual(
      expect.objectContaining({
        field: 'spec.driftDetection.ignoreFields[1]',
        message: expect.stringContaining('names no field of an ECS application') as string,
      }),
    );
  });

  it('deploy again for drift where they say so, and not before five minutes unless they say that too', () => {
    const drift = (trigger: string): unknown =>
      parse(edited(['app.pipecd.yaml', '  name: canary', `  name: canary\n  trigger: {onOutOfSync: ${trigger}}`]))
        .release!.drift;
    expect(drift('{disabled: true, minWindow: 1h}')).toBeUndefined();
    expect(drift('{minWindow: 1h}')).toBeUndefined();
    expect(drift('{disabled: false}')).toEqual({ ignoreFields: [], redeploy: { minWindow: 300_000 } });
    expect(drift('{disabled: false, minWindow: 1h}')).toEqual({
      ignoreFields: [],
      redeploy: { minWindow: 3_600_000 },
    });
  });
});
