import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { parseRelease } from '../../spec/release.js';
import { edited, errors, KNOWN, lineOf, parse, seedFiles, warnings } from './support.js';

describe('the seed user’s files', () => {
  const parsed = parse(seedFiles());
  const release = parsed.release!;

  it('lint clean of errors when the lines are written that are proposed for the query', () => {
    const proposal = warnings(parsed)
      .map(({ fix }) => /Or write (.*) in place of query, strategy and expected\.$/.exec(fix ?? '')?.[1])
      .find(Boolean);
    expect(proposal).toBe('metric: http-5xx-rate, strategy: CANARY_PRIMARY');
    const file = seedFiles()['app.pipecd.yaml'];
    const [before = '', rest = ''] = file.split('            - strategy: THRESHOLD\n');
    const after = rest.slice(rest.indexOf('      - name: ECS_PRIMARY_ROLLOUT'));
    const metric = `            - {${proposal}, provider: sample-datadog, interval: 1m}\n`;
    expect(errors(parse({ ...seedFiles(), 'app.pipecd.yaml': before + metric + after }))).toEqual([]);
  });

  it('are read as they are', () => {
    expect(errors(parsed)).toEqual([]);
    expect(release.app).toBe('canary');
    expect(release.labels).toEqual({ env: 'example', team: 'xyz' });
    expect(release.provider).toBe('sample-ecs');
    expect(release.image).toBe('public.ecr.aws/nginx/nginx:1.23-alpine');
    expect(release).toMatchObject({ autoRollback: true, alwaysUsePipeline: false, strictRules: false });
    expect(release.timeout).toBe(6 * 60 * MINUTE);
    expect(release.warnings).toEqual(parsed.findings);
  });

  it('become the pipeline that they name', () => {
    expect(release.pipeline.map(({ id, name }) => [id, name])).toEqual([
      ['stage-0', 'ECS_CANARY_ROLLOUT'],
      ['stage-1', 'ECS_TRAFFIC_ROUTING'],
      ['stage-2', 'ANALYSIS'],
      ['stage-3', 'ECS_PRIMARY_ROLLOUT'],
      ['stage-4', 'ECS_TRAFFIC_ROUTING'],
      ['stage-5', 'ECS_CANARY_CLEAN'],
    ]);
    expect(release.pipeline[0]).toMatchObject({ scale: 30, timeout: 30 * MINUTE });
    expect(release.pipeline[1]).toMatchObject({ canary: 20 });
    expect(release.pipeline[4]).toMatchObject({ canary: 0 });
  });

  it('become an ANALYSIS with all its defaults', () => {
    expect(release.pipeline[2]).toMatchObject({
      duration: 10 * MINUTE,
      maxDuration: 10 * MINUTE,
      initialDelay: 0,
      onNoData: 'ROLLBACK',
      onNotEnoughData: 'WAIT_APPROVAL',
      metrics: [
        {
          strategy: 'THRESHOLD',
          name: 'metrics-0',
          provider: 'sample-datadog',
          source: 'DATADOG',
          expected: { max: 10 },
          interval: MINUTE,
          failureLimit: 0,
          skipOnNoData: false,
          timeout: MINUTE / 2,
          maxDelay: 20 * MINUTE,
          resolution: MINUTE,
          minMeasured: 0.5,
          errorLimit: 5,
          dryRun: false,
        },
      ],
    });
    const stage = release.pipeline[2]!;
    const query = stage.name === 'ANALYSIS' ? stage.metrics[0]!.query : '';
    expect(query.split('\n')).toHaveLength(3);
    expect(query).toMatch(/^sum:aws\.applicationelb\.httpcode_elb_5xx\{.*\n\/\nsum:.*\.as_count\(\)$/);
  });

  it('split the service by the calls that its fields belong to', () => {
    expect(release.service).toEqual({
      cluster: 'arn:aws:ecs:ap-northeast-1:123456789012:cluster/ecs-cluster',
      serviceName: 'pipecd-nginx-sample',
      desiredCount: 2,
      createService: {
        deploymentController: { type: 'EXTERNAL' },
        schedulingStrategy: 'REPLICA',
        enableECSManagedTags: true,
        propagateTags: 'SERVICE',
      },
      updateService: { enableECSManagedTags: true, propagateTags: 'SERVICE' },
      createTaskSet: {
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
            securityGroups: ['sg-0123456789abcdef0'],
            assignPublicIp: 'ENABLED',
          },
        },
      },
      tags: [],
    });
  });

  it('register this task definition, byte by byte', () => {
    const body =
      '{"family":"pipecd-nginx-sample","executionRoleArn":"arn:aws:iam::123456789012:role/ecs-taskexecution-iamrole",' +
      '"networkMode":"awsvpc","containerDefinitions":[{"name":"web","image":"public.ecr.aws/nginx/nginx:1.23-alpine",' +
      '"cpu":100,"memory":100,"portMappings":[{"containerPort":80}],"mountPoints":[]}],"volumes":[],' +
      '"requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512"}';
    expect(release.taskDefinition.sealed).toBe(body);
    const canonical =
      '{"containerDefinitions":[{"cpu":100,"image":"public.ecr.aws/nginx/nginx:1.23-alpine","memory":100,"mountPoints":[],' +
      '"name":"web","portMappings":[{"containerPort":80}]}],"cpu":"256",' +
      '"executionRoleArn":"arn:aws:iam::123456789012:role/ecs-taskexecution-iamrole","family":"pipecd-nginx-sample",' +
      '"memory":"512","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"volumes":[]}';
    expect(release.taskDefinition.content).toBe(createHash('sha256').update(canonical).digest('hex'));
    expect(release.taskDefinition.images).toEqual({ web: 'public.ecr.aws/nginx/nginx:1.23-alpine' });
  });

  it('say that the query mixes both versions, and that compatibilities is an answer of ECS', () => {
    const { 'app.pipecd.yaml': app, 'taskdef.yaml': task } = seedFiles();
    expect(warnings(parsed)).toMatchObject([
      {
        file: 'app.pipecd.yaml',
        line: lineOf(app, 'query: |'),
        field: 'spec.pipeline.stages[2].with.metrics[0].query',
        message: expect.stringContaining('this query mixes both versions') as string,
        fix: expect.stringContaining('targetgroup:targetgroup/green/2222222222222222') as string,
      },
      { file: 'taskdef.yaml', line: lineOf(task, 'compatibilities:'), field: 'compatibilities' },
    ]);
  });

  it('disagree with the seed’s piped.yaml about the provider’s name: both are said', () => {
    const known = { ...KNOWN, analysisProviders: [{ ...KNOWN.analysisProviders[0]!, name: 'rf-sandbox-datadog' }] };
    const { release: refused, findings } = parse(seedFiles(), { known });
    expect(refused).toBeUndefined();
    expect(errors({ findings })).toEqual([
      {
        level: 'error',
        file: 'app.pipecd.yaml',
        line: lineOf(seedFiles()['app.pipecd.yaml'], 'provider: sample-datadog'),
        column: 15,
        field: 'spec.pipeline.stages[2].with.metrics[0].provider',
        message: 'the analysis provider "sample-datadog" is not configured; configured: "rf-sandbox-datadog"',
        fix: 'Write provider: rf-sandbox-datadog, or add "sample-datadog" to analysisProviders in the server configuration.',
      },
    ]);
  });

  it('read the failing case: 30m, 10m, max 0.01', () => {
    const { release: failing } = parse(
      edited(
        ['app.pipecd.yaml', 'duration: 10m', 'duration: 30m'],
        ['app.pipecd.yaml', 'interval: 1m', 'interval: 10m'],
        ['app.pipecd.yaml', 'max: 10', 'max: 0.01'],
      ),
    );
    expect(failing!.pipeline[2]).toMatchObject({
      duration: 30 * MINUTE,
      metrics: [{ interval: 10 * MINUTE, expected: { max: 0.01 }, errorLimit: 1 }],
    });
  });
});

describe('the examples', () => {
  it.each([
    ['canary', 6],
    ['bluegreen', 6],
    ['baseline', 8],
  ])('%s has no error and no warning', (name, stages) => {
    const read = (file: string): string =>
      readFileSync(new URL(`../../examples/${name}/${file}`, import.meta.url), 'utf8');
    const files = Object.fromEntries(['app.pipecd.yaml', 'servicedef.yaml', 'taskdef.yaml'].map((f) => [f, read(f)]));
    const known = {
      ecsProviders: ['sandbox'],
      analysisProviders: [{ ...KNOWN.analysisProviders[0]!, name: 'sandbox-datadog' }],
      allowScripts: true,
    };
    const { release, findings } = parseRelease({ app: name, files, known, seal: (plain) => plain });
    expect(findings).toEqual([]);
    expect(release?.pipeline).toHaveLength(stages);
  });
});
