import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs';
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { register, startBench } from './example.js';
import type { Bench } from './example.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.sandbox.close());

const FAMILY = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/web';

/** The seed user's task definition with what does not fit the API taken out. */
const GOOD: RegisterTaskDefinitionCommandInput = {
  family: 'web',
  executionRoleArn: 'arn:aws:iam::123456789012:role/ecs-taskexecution-iamrole',
  containerDefinitions: [
    {
      name: 'web',
      image: 'public.ecr.aws/nginx/nginx:1.23-alpine',
      cpu: 100,
      memory: 100,
      portMappings: [{ containerPort: 80 }],
    },
  ],
  requiresCompatibilities: ['FARGATE'],
  networkMode: 'awsvpc',
  memory: '512',
  cpu: '256',
};

it('numbers the revisions, adds AWS’s defaults, and tells tags when asked', async () => {
  const tags = [{ key: 'sluice:content', value: 'abc' }];
  await register(bench.ecs);
  const { taskDefinition } = await bench.ecs.send(new RegisterTaskDefinitionCommand({ ...GOOD, tags }));
  expect(taskDefinition).toMatchObject({
    taskDefinitionArn: `${FAMILY}:2`,
    revision: 2,
    status: 'ACTIVE',
    compatibilities: ['EC2', 'FARGATE'],
    volumes: [],
    containerDefinitions: [
      { essential: true, environment: [], portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }] },
    ],
  });
  const described = await bench.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: 'web', include: ['TAGS'] }),
  );
  expect(described).toMatchObject({ taskDefinition, tags });
  const without = await bench.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web:2' }));
  expect(without.tags ?? []).toEqual([]);
});

it('refuses what AWS refuses', async () => {
  const container = GOOD.containerDefinitions![0]!;
  const refused: [object, string, string][] = [
    [{ cpu: 256 }, 'SerializationException', 'NUMBER_VALUE can not be converted to a String'],
    [{ pidMode: '' }, 'ClientException', 'pidMode'],
    [{ cpu: '256', memory: '100' }, 'ClientException', 'No Fargate configuration exists'],
    [{ networkMode: 'bridge' }, 'ClientException', 'awsvpc'],
    [{ containerDefinitions: [] }, 'ClientException', 'Container definitions should not be null or empty.'],
    [
      { containerDefinitions: [{ ...container, environment: [{ name: 'A', value: 1 }] }] },
      'SerializationException',
      'value',
    ],
    [{ containerDefinitions: [{ name: 'web' }] }, 'ClientException', 'image'],
    [{ containerDefinitions: [{ ...container, essential: false }] }, 'ClientException', 'essential'],
    [{ tags: [{ key: 'aws:x', value: '1' }] }, 'InvalidParameterException', 'aws:'],
  ];
  for (const [change, name, message] of refused) {
    const command = new RegisterTaskDefinitionCommand({ ...GOOD, ...change });
    const error = (await bench.ecs.send(command).catch((e: unknown) => e)) as Error;
    expect([error.name, error.message]).toEqual([name, expect.stringContaining(message)]);
  }
  expect(bench.sandbox.state().taskDefinitions).toEqual([]);
});

it('lists a family page by page, newest first, without the INACTIVE', async () => {
  for (let made = 0; made < 4; made += 1) await register(bench.ecs);
  await bench.ecs.send(new RegisterTaskDefinitionCommand({ ...GOOD, family: 'web-other' }));
  await bench.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web:2' }));
  const list = (nextToken?: string) =>
    bench.ecs.send(
      new ListTaskDefinitionsCommand({
        familyPrefix: 'web',
        sort: 'DESC',
        maxResults: 2,
        ...(nextToken && { nextToken }),
      }),
    );
  const first = await list();
  const second = await list(first.nextToken);
  expect([first.taskDefinitionArns, second.taskDefinitionArns]).toEqual([
    [`${FAMILY}:4`, `${FAMILY}:3`],
    [`${FAMILY}:1`],
  ]);
  expect(second.nextToken).toBeUndefined();
  const inactive = await bench.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web:2' }));
  expect(inactive.taskDefinition?.status).toBe('INACTIVE');
});

it('merges tags', async () => {
  const resourceArn = await register(bench.ecs);
  await bench.ecs.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    }),
  );
  await bench.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'a', value: '3' }] }));
  await bench.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['b'] }));
  const { tags } = await bench.ecs.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([{ key: 'a', value: '3' }]);
});
