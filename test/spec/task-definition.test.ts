import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../spec/task-definition.js';
import type { TaskDefinition } from '../../spec/task-definition.js';
import { edited, errors, parse, seedFiles, warnings } from './support.js';

const TASK = 'taskdef.yaml';

function registered(...edits: Parameters<typeof edited>): TaskDefinition {
  const parsed = parse(edited(...edits));
  expect(errors(parsed)).toEqual([]);
  return JSON.parse(parsed.release!.taskDefinition.sealed) as TaskDefinition;
}

describe('the image of the call', () => {
  const image = 'registry.example/web@sha256:0123';

  it('replaces that of the container named in targetGroups.primary', () => {
    const { release } = parse(
      edited([TASK, 'containerDefinitions:', 'containerDefinitions:\n  - {name: log, image: "log:1"}']),
      { image },
    );
    expect(release!.image).toBe(image);
    expect(release!.taskDefinition.images).toEqual({ log: 'log:1', web: image });
    expect(release!.taskDefinition.content).not.toBe(parse(seedFiles()).release!.taskDefinition.content);
  });

  it('can be given for each container', () => {
    const { release } = parse(
      edited([TASK, 'containerDefinitions:', 'containerDefinitions:\n  - {name: log, image: "log:1"}']),
      { image: { log: 'log:2' } },
    );
    expect(release!.image).toBe('public.ecr.aws/nginx/nginx:1.23-alpine');
    expect(release!.taskDefinition.images['log']).toBe('log:2');
  });

  it('is refused for a container that is not there', () => {
    expect(errors(parse(seedFiles(), { image: { wep: image, constructor: image } }))).toMatchObject([
      {
        field: 'image',
        message: 'the task definition has no container "wep" that could get the image',
        fix: 'It has: web.',
      },
      { field: 'image', message: 'the task definition has no container "constructor" that could get the image' },
    ]);
  });

  it('is warned of when its tag moves, instead of the file’s', () => {
    const parsed = parse(edited([TASK, ':1.23-alpine', ':latest']), { image: 'web:main' });
    const said = warnings(parsed).filter(({ message }) => message.includes('which moves'));
    expect(said).toMatchObject([{ field: 'image', message: expect.stringContaining('web:main') as string }]);
    expect(said[0]).not.toHaveProperty('file');
  });
});

describe('a task definition', () => {
  it('has strings where the API has strings', () => {
    const environment =
      '[{name: PORT, value: 8080}, {name: DEBUG, value: true}, {name: EMPTY, value: ""}, {name: UNSET}]';
    const definition = registered(
      [TASK, 'name: web', `name: web\n    dockerLabels: {build: 12}\n    environment: ${environment}`],
      [TASK, 'command: null', 'command: [serve, 80]'],
    );
    const [web] = definition.containerDefinitions;
    expect(web!.environment).toEqual([
      { name: 'PORT', value: '8080' },
      { name: 'DEBUG', value: 'true' },
      { name: 'EMPTY', value: '' },
      { name: 'UNSET', value: '' },
    ]);
    expect(web!.command).toEqual(['serve', '80']);
    expect(web!.dockerLabels).toEqual({ build: '12' });
    expect(definition).toMatchObject({ cpu: '256', memory: '512' });
  });

  it('has nothing where the API takes nothing empty', () => {
    const definition = registered(
      [TASK, 'pidMode: ""', 'pidMode: ""\nipcMode:\ntaskRoleArn: ""\nruntimePlatform: {cpuArchitecture: ""}'],
      [TASK, 'name: web', 'name: web\n    user: ""'],
    );
    expect(definition).not.toHaveProperty('pidMode');
    expect(definition).not.toHaveProperty('ipcMode');
    expect(definition).not.toHaveProperty('taskRoleArn');
    expect(definition.runtimePlatform).toEqual({});
    expect(definition.containerDefinitions[0]).not.toHaveProperty('user');
    expect(definition.containerDefinitions[0]).not.toHaveProperty('command');
  });

  it('loses what DescribeTaskDefinition adds, in any case of its letters', () => {
    const answered = 'TaskDefinitionArn: a\nrevision: 3\nstatus: ACTIVE\nregisteredAt: 2024-01-01T00:00:00Z\nfamily:';
    const parsed = parse(edited([TASK, 'family:', answered]));
    expect(warnings(parsed).at(-1)).toMatchObject({
      line: 1,
      field: 'TaskDefinitionArn',
      message: expect.stringContaining('TaskDefinitionArn, revision, status, registeredAt, compatibilities') as string,
    });
    expect(parsed.release!.taskDefinition).toEqual(parse(seedFiles()).release!.taskDefinition);
  });

  it('keeps its tags, which are not content', () => {
    const tagged = parse(edited([TASK, 'family:', 'tags: [{key: team, value: red}]\nfamily:'])).release!;
    expect(JSON.parse(tagged.taskDefinition.sealed)).toMatchObject({ tags: [{ key: 'team', value: 'red' }] });
    expect(tagged.taskDefinition.content).toBe(parse(seedFiles()).release!.taskDefinition.content);
  });

  it('refuses two containers of one name', () => {
    const two = edited([
      TASK,
      'containerDefinitions:',
      'containerDefinitions:\n  - {name: web, image: "web:1", portMappings: [{containerPort: 80}]}',
    ]);
    expect(errors(parse(two))).toMatchObject([{ field: 'containerDefinitions[1].name' }]);
  });

  it('goes through the seal, and nothing of it is in the clear but family, images and hash', () => {
    const files = edited([TASK, 'name: web', 'name: web\n    environment: [{name: TOKEN, value: s3cret}]']);
    const { release } = parse(files, { seal: (plain) => `sealed ${plain.length}` });
    expect(JSON.stringify(release)).not.toContain('s3cret');
    expect(release!.taskDefinition.sealed).toMatch(/^sealed \d+$/);
  });

  it('has one hash for one content, however its keys are ordered', () => {
    const value = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string());
    fc.assert(
      fc.property(value, (labels) => {
        const definition = (dockerLabels: Record<string, string>): TaskDefinition => ({
          family: 'web',
          containerDefinitions: [{ name: 'web', image: 'web:1', dockerLabels }],
        });
        const turned = Object.fromEntries(Object.entries(labels).reverse());
        expect(contentHash(definition(turned))).toBe(contentHash(definition(labels)));
        expect(contentHash(definition({ ...labels, another: 'x' }))).not.toBe(contentHash(definition(labels)));
      }),
    );
  });
});
