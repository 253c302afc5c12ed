import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lookForDrift, type DriftQuestion } from '../../activities/ecs/drift.js';
import type { Run } from '../../activities/run.js';
import type { DriftLook } from '../../model/drift.js';
import { release } from '../support/release.js';
import { FAST, wall } from './harness.js';

type Answers = Record<string, Record<string, unknown>>;
type Json = Record<string, unknown>;

const RECORDED = readFileSync(new URL('recorded/drift.json', import.meta.url), 'utf8');
const GROUP = 'arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup';
const REVISION = 'arn:aws:ecs:us-west-2:123456789012:task-definition/sample-fargate';
const LISTENER =
  'arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/my-load-balancer/50dc6c495c0c9188/f2f7dc8efc522ab2';

/** What was deployed, as people write it: AWS fills in the rest. */
const QUESTION: DriftQuestion = {
  deployment: 'web-7',
  taskDefinitionArn: `${REVISION}:2`,
  release: release({
    app: 'web',
    service: {
      cluster: 'MyCluster',
      serviceName: 'MyService',
      desiredCount: 2,
      createService: { deploymentController: { type: 'EXTERNAL' } },
      updateService: {
        propagateTags: 'SERVICE',
        enableECSManagedTags: true,
        enableExecuteCommand: false,
        healthCheckGracePeriodSeconds: 0,
      },
      createTaskSet: {
        launchType: 'FARGATE',
        platformVersion: 'LATEST',
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['subnet-12344321'], assignPublicIp: 'ENABLED' },
        },
      },
      tags: [{ key: 'team', value: 'shop' }],
    },
    targetGroups: {
      primary: { targetGroupArn: `${GROUP}/blue/73e2d6bc24d8a067`, containerName: 'fargate-app', containerPort: 80 },
      canary: { targetGroupArn: `${GROUP}/green/09966783158cda59`, containerName: 'fargate-app', containerPort: 80 },
    },
  }),
  stood: {
    weights: { primary: 100, canary: 0 },
    rules: [
      {
        listenerArn: LISTENER,
        ruleArn: `${LISTENER.replace(':listener/', ':listener-rule/')}/1291d13826f405c3`,
        isDefault: true,
      },
    ],
  },
};

/** One look at those answers, with what a test changes in them. An answer that is an Error is thrown. */
async function look(
  change: (answers: Answers) => void = () => undefined,
  over: Partial<DriftQuestion> = {},
): Promise<{ seen: DriftLook; asked: string[] }> {
  const answers = JSON.parse(RECORDED) as Answers;
  answers['DescribeScalableTargets'] = { ScalableTargets: [] };
  change(answers);
  const asked: string[] = [];
  const send = (command: { constructor: { name: string }; input: Json }): Promise<unknown> => {
    const operation = command.constructor.name.replace(/Command$/, '');
    asked.push(operation);
    const revision = command.input['taskDefinition'];
    const answer = (typeof revision === 'string' && answers[revision]) || answers[operation];
    if (answer === undefined) throw new Error(`nothing is recorded for ${operation}`);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const run = {
    ctx: { clock: wall, cancelled: new AbortController().signal },
    aws: { ecs: { send }, elb: { send }, scaling: { send }, region: 'us-west-2' },
    settings: FAST,
    report: { beat: () => undefined },
  } as unknown as Run;
  return { seen: await lookForDrift(run, { ...QUESTION, ...over }), asked };
}

const first = (answers: Answers, operation: string, list: string): Json => (answers[operation]?.[list] as Json[])[0]!;
const omit = (from: Json, ...fields: string[]): Json =>
  Object.fromEntries(Object.entries(from).filter(([field]) => !fields.includes(field)));
const denied = (name = 'AccessDeniedException'): Record<string, unknown> =>
  Object.assign(new Error('not allowed'), { name, $metadata: { httpStatusCode: 400 } }) as never;
const ignoring = (...ignoreFields: string[]): Partial<DriftQuestion> => ({
  release: { ...QUESTION.release, drift: { ignoreFields } },
});

test('what AWS fills in is no drift, and nothing is asked that it does not need', async () => {
  const { seen, asked } = await look();
  expect(seen).toEqual({
    status: 'SYNCED',
    reason: 'What runs is what web-7 deployed.',
    deployment: 'web-7',
    differences: [],
  });
  // The revision is the very one, the count is the file's; one service, and the load balancer of its group.
  expect(asked).toEqual([
    'DescribeServices',
    'DescribeTaskSets',
    'DescribeTargetGroups',
    'DescribeListeners',
    'DescribeRules',
  ]);
});

test('another revision of the same content is none either, whatever AWS filled into which of them', async () => {
  const { seen, asked } = await look(
    (answers) => {
      const { taskDefinition } = answers['DescribeTaskDefinition'] as { taskDefinition: Json };
      const containers = (taskDefinition['containerDefinitions'] as Json[]).map((one) =>
        omit(one, 'mountPoints', 'volumesFrom', 'systemControls', 'cpu'),
      );
      answers[`${REVISION}:1`] = {
        taskDefinition: {
          ...omit(taskDefinition, 'volumes', 'placementConstraints', 'enableFaultInjection'),
          taskDefinitionArn: `${REVISION}:1`,
          revision: 1,
          registeredBy: 'somebody',
          containerDefinitions: containers,
        },
        tags: [{ key: 'a', value: 'b' }],
      };
    },
    { taskDefinitionArn: `${REVISION}:1` },
  );
  expect(seen.status).toBe('SYNCED');
  expect(asked.filter((one) => one === 'DescribeTaskDefinition')).toHaveLength(2);
});

/** Each meddling, and the differences that it makes. */
const MEDDLED: [string, (answers: Answers) => void, unknown[]][] = [
  [
    'a task definition',
    (answers) => {
      first(answers, 'DescribeTaskSets', 'taskSets')['taskDefinition'] = `${REVISION}:3`;
      const { taskDefinition } = structuredClone(answers['DescribeTaskDefinition']) as { taskDefinition: Json };
      const [container] = taskDefinition['containerDefinitions'] as Json[];
      Object.assign(container!, {
        image: 'httpd:2',
        command: ['-c', 'x'],
        environment: [{ name: 'MODE', value: 'other' }],
      });
      delete taskDefinition['cpu'];
      answers[`${REVISION}:3`] = { taskDefinition };
    },
    [
      {
        path: 'taskDefinition.containerDefinitions[fargate-app].command',
        deployed: '["httpd-foreground"]',
        running: '["-c", "x"]',
      },
      {
        path: 'taskDefinition.containerDefinitions[fargate-app].environment[MODE].value',
        deployed: '(not shown)',
        running: '(not shown)',
      },
      {
        path: 'taskDefinition.containerDefinitions[fargate-app].image',
        deployed: '"public.ecr.aws/docker/library/httpd:latest"',
        running: '"httpd:2"',
      },
      { path: 'taskDefinition.cpu', deployed: '"256"' },
    ],
  ],
  [
    'the order of a command',
    (answers) => {
      first(answers, 'DescribeTaskSets', 'taskSets')['taskDefinition'] = `${REVISION}:3`;
      const { taskDefinition } = structuredClone(answers['DescribeTaskDefinition']) as { taskDefinition: Json };
      (taskDefinition['containerDefinitions'] as Json[])[0]!['entryPoint'] = ['-c', 'sh'];
      answers[`${REVISION}:3`] = { taskDefinition };
    },
    [
      {
        path: 'taskDefinition.containerDefinitions[fargate-app].entryPoint',
        deployed: '["sh", "-c"]',
        running: '["-c", "sh"]',
      },
    ],
  ],
  [
    'fields of the service',
    (answers) =>
      Object.assign(first(answers, 'DescribeServices', 'services'), { desiredCount: 5, enableExecuteCommand: true }),
    [
      { path: 'service.enableExecuteCommand', deployed: 'false', running: 'true' },
      { path: 'service.desiredCount', deployed: '2', running: '5' },
    ],
  ],
  [
    'the owner of the service',
    (answers) =>
      Object.assign(first(answers, 'DescribeServices', 'services'), {
        tags: [{ key: 'sluice:application', value: 'shop' }],
      }),
    [{ path: 'service.tags[sluice:application]', deployed: 'web', running: 'shop' }],
  ],
  [
    'the service away',
    (answers) => void (answers['DescribeServices'] = { services: [] }),
    [{ path: 'service', deployed: 'MyService' }],
  ],
  [
    'the primary task set',
    (answers) =>
      Object.assign(first(answers, 'DescribeTaskSets', 'taskSets'), {
        scale: { value: 40 },
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['subnet-9'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
        },
        loadBalancers: [
          { targetGroupArn: `${GROUP}/green/09966783158cda59`, containerName: 'fargate-app', containerPort: 80 },
        ],
      }),
    [
      {
        path: 'taskSet.networkConfiguration.awsvpcConfiguration.subnets',
        deployed: '["subnet-12344321"]',
        running: '["subnet-9"]',
      },
      { path: 'taskSet.scale', deployed: '100 %', running: '40 %' },
      { path: 'taskSet.loadBalancers', deployed: 'blue fargate-app:80', running: 'green fargate-app:80' },
    ],
  ],
  [
    'which set is the primary',
    (answers) => void (first(answers, 'DescribeTaskSets', 'taskSets')['status'] = 'ACTIVE'),
    [
      { path: 'taskSet', deployed: 'a primary task set' },
      { path: 'taskSet[1234567890123456789]', running: 'sample-fargate:2 at 100 % in blue fargate-app:80' },
    ],
  ],
  [
    'the weights',
    (answers) => {
      const [, rule] = answers['DescribeRules']?.['Rules'] as {
        Actions: { ForwardConfig: { TargetGroups: Json[] } }[];
      }[];
      rule!.Actions[0]!.ForwardConfig.TargetGroups.forEach((group, i) => (group['Weight'] = [3, 1][i]));
    },
    [{ path: 'listener[default rule of listener f2f7dc8efc522ab2].weights', deployed: '100/0', running: '75/25' }],
  ],
  [
    'the groups of the rule',
    (answers) => {
      const [, rule] = answers['DescribeRules']?.['Rules'] as {
        Actions: { ForwardConfig: { TargetGroups: Json[] } }[];
      }[];
      rule!.Actions[0]!.ForwardConfig.TargetGroups.pop();
    },
    [{ path: 'listener[default rule of listener f2f7dc8efc522ab2]', deployed: '100/0', running: 'blue 100' }],
  ],
  [
    'the listener away',
    (answers) => void (answers['DescribeListeners'] = { Listeners: [] }),
    [{ path: 'listener[default rule of listener f2f7dc8efc522ab2]', deployed: '100/0' }],
  ],
  [
    'the target group away',
    (answers) => void (answers['DescribeTargetGroups'] = denied('TargetGroupNotFoundException')),
    [{ path: 'listener[default rule of listener f2f7dc8efc522ab2]', deployed: '100/0' }],
  ],
];

test.each(MEDDLED)('shows that somebody changed %s', async (_what, change, differences) => {
  const { seen } = await look(change);
  expect(seen.differences).toEqual(differences);
  expect(seen).toMatchObject({ status: 'OUT_OF_SYNC', deployment: 'web-7' });
  expect(seen.reason).toContain((differences as { path: string }[])[0]!.path);
});

test.each(MEDDLED)('… and ignores it where the file says so: %s', async (_what, change, differences) => {
  const paths = (differences as { path: string }[]).map(({ path }) => path);
  const { seen } = await look(change, ignoring(...paths));
  expect(seen).toMatchObject({ status: 'SYNCED', differences: [] });
  // All but one of them: the other is still seen.
  const { seen: rest } = await look(change, ignoring(...paths.slice(1)));
  expect(rest.differences.map(({ path }) => path)).toContain(paths[0]);
});

test('another content by its tag is the same only where both carry it', async () => {
  const tagged = (content: string) => [{ key: 'sluice:content', value: content }];
  const other = (mine: string, theirs: string) => (answers: Answers) => {
    first(answers, 'DescribeTaskSets', 'taskSets')['taskDefinition'] = `${REVISION}:3`;
    const { taskDefinition } = structuredClone(answers['DescribeTaskDefinition']) as { taskDefinition: Json };
    answers[`${REVISION}:3`] = { taskDefinition: { ...taskDefinition, memory: '1024' }, tags: tagged(theirs) };
    answers['DescribeTaskDefinition'] = { taskDefinition, tags: tagged(mine) };
  };
  expect((await look(other('a', 'a'))).seen.status).toBe('SYNCED');
  expect((await look(other('a', 'b'))).seen.differences).toEqual([
    { path: 'taskDefinition.memory', deployed: '"512"', running: '"1024"' },
  ]);
});

test('a count that Application Auto Scaling owns is nobody’s drift; whether it does must be known', async () => {
  const scaled = (answers: Answers) => void (first(answers, 'DescribeServices', 'services')['desiredCount'] = 9);
  const owned = await look((answers) => {
    scaled(answers);
    answers['DescribeScalableTargets'] = { ScalableTargets: [{}] };
  });
  expect(owned.seen.status).toBe('SYNCED');
  const unknown = await look((answers) => {
    scaled(answers);
    answers['DescribeScalableTargets'] = denied();
  });
  expect(unknown.seen).toMatchObject({ status: 'UNKNOWN', reason: expect.stringContaining('Auto Scaling') as string });
  const ignored = await look((answers) => {
    scaled(answers);
    answers['DescribeScalableTargets'] = denied();
  }, ignoring('service#desiredCount'));
  expect(ignored.seen.status).toBe('SYNCED');
});

test.each(['DescribeServices', 'DescribeTaskSets', 'DescribeTargetGroups', 'DescribeListeners', 'DescribeRules'])(
  '%s refused is UNKNOWN with AWS’s words, never SYNCED',
  async (operation) => {
    const { seen } = await look((answers) => void (answers[operation] = denied()));
    expect(seen).toMatchObject({ status: 'UNKNOWN', differences: [] });
    expect(seen.reason).toContain('AccessDeniedException: not allowed');
  },
);

test('a revision that cannot be read any more is UNKNOWN', async () => {
  const { seen } = await look((answers) => {
    first(answers, 'DescribeTaskSets', 'taskSets')['taskDefinition'] = `${REVISION}:3`;
    answers[`${REVISION}:3`] = denied('ClientException');
  });
  expect(seen).toMatchObject({ status: 'UNKNOWN', reason: expect.stringContaining(`${REVISION}:3`) as string });
});

test('what differs is told although the rest could not be read', async () => {
  const { seen } = await look((answers) => {
    first(answers, 'DescribeServices', 'services')['propagateTags'] = 'NONE';
    answers['DescribeRules'] = denied();
  });
  expect(seen.status).toBe('OUT_OF_SYNC');
  expect(seen.differences).toEqual([{ path: 'service.propagateTags', deployed: '"SERVICE"', running: '"NONE"' }]);
  expect(seen.reason).toContain('Not all of it could be read');
});

test('what may pass is thrown, to be tried again', async () => {
  await expect(look((answers) => void (answers['DescribeRules'] = denied('ThrottlingException')))).rejects.toThrow();
});

test('without what the deployment said of the rules, all of the pair’s must give everything to the primary', async () => {
  const forget = { stood: undefined } as unknown as Partial<DriftQuestion>;
  expect((await look(undefined, forget)).seen.status).toBe('SYNCED');
  const { seen } = await look((answers) => void (answers['DescribeListeners'] = { Listeners: [] }), forget);
  expect(seen.differences).toEqual([{ path: 'listener', deployed: 'a rule that forwards to blue and green' }]);
});

test('a canary that the deployment itself left with its share is what it deployed', async () => {
  const left = (answers: Answers) => {
    const [primary] = answers['DescribeTaskSets']?.['taskSets'] as Json[];
    (answers['DescribeTaskSets']?.['taskSets'] as Json[]).push({
      ...primary,
      status: 'ACTIVE',
      taskSetArn: 'arn:x/ecs-svc/5',
      scale: { value: 30 },
      tags: [
        { key: 'sluice:deployment', value: 'web-7' },
        { key: 'sluice:role', value: 'canary' },
      ],
    });
    const [, rule] = answers['DescribeRules']?.['Rules'] as {
      Actions: { ForwardConfig: { TargetGroups: Json[] } }[];
    }[];
    rule!.Actions[0]!.ForwardConfig.TargetGroups.forEach((group, i) => (group['Weight'] = [80, 20][i]));
  };
  const stood = { ...QUESTION.stood!, weights: { primary: 80, canary: 20 } };
  expect((await look(left, { stood })).seen.status).toBe('SYNCED');
  expect((await look(left, { stood, deployment: 'web-8' })).seen.differences.map(({ path }) => path)).toEqual([
    'taskSet[5]',
  ]);
});
