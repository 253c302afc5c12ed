import {
  CreateTaskSetCommand,
  ECSClient,
  CreateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
} from '@aws-sdk/client-ecs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Preflight } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import { defaultWorld, worldSchema, type World as CloudWorld } from '../../sandbox/world.js';
import { BLUE, forward, GREEN, NEW, OLD, releaseOf, startWorld, type World } from './harness.js';

let world: World;
afterEach(() => world.close());

const CLUSTER = 'arn:aws:ecs:eu-central-1:123456789012:cluster/sluice-example';

/** The example's account with other actions on its one listener. */
function accountWith(defaultActions: unknown[], rules: unknown[] = []): CloudWorld {
  const plain = defaultWorld();
  const [balancer] = plain.loadBalancers;
  return worldSchema.parse({
    ...plain,
    loadBalancers: [{ ...balancer, listeners: [{ ...balancer?.listeners[0], defaultActions, rules }] }],
  });
}

function look(release: Release, more: { adopt?: boolean; repair?: boolean; app?: string } = {}): Promise<Preflight> {
  const { adopt = false, repair = false, app = release.app } = more;
  return world.act('preflight', { app, deployment: `${app}-7`, release: { ...release, app }, adopt, repair });
}

/** What is refused, as one text; a preflight changes nothing. */
async function problems(release: Release, more?: Parameters<typeof look>[1]): Promise<string> {
  const before = await world.changes();
  const { problems: found, snapshot } = await look(release, more);
  expect(found.length > 0).toBe(snapshot === undefined);
  expect(await world.changes()).toEqual(before);
  return found.join('\n');
}

/** Steps of somebody who works on the service without Sluice. */
function somebody() {
  const ecs = new ECSClient({ region: 'eu-central-1' });
  return {
    service: (type: 'EXTERNAL' | 'ECS', tags: { key: string; value: string }[] = []) =>
      ecs.send(
        new CreateServiceCommand({
          cluster: CLUSTER,
          serviceName: 'shop',
          desiredCount: 2,
          deploymentController: { type },
          tags,
          ...(type === 'ECS' && { taskDefinition: 'web', launchType: 'FARGATE' }),
        }),
      ),
    async taskSet(
      targetGroupArn: string,
      { primary, tags = [] }: { primary: boolean; tags?: { key: string; value: string }[] },
    ) {
      const { taskSet } = await ecs.send(
        new CreateTaskSetCommand({
          cluster: CLUSTER,
          service: 'shop',
          taskDefinition: 'web',
          launchType: 'FARGATE',
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
          loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80 }],
          scale: { unit: 'PERCENT', value: 100 },
          tags,
        }),
      );
      await setTimeout(100);
      if (primary) {
        await ecs.send(
          new UpdateServicePrimaryTaskSetCommand({
            cluster: CLUSTER,
            service: 'shop',
            primaryTaskSet: taskSet?.taskSetArn,
          }),
        );
      }
      return taskSet?.taskSetArn ?? '';
    },
  };
}

async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !check(); tries += 1) await setTimeout(25);
  expect(check()).toBe(true);
}

describe('preflight of what stands between the listener and the tasks', () => {
  it('refuses a primary group that is attached to no listener', async () => {
    world = await startWorld({
      world: accountWith([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }]),
    });
    expect(await problems(releaseOf(NEW))).toMatch(/Target group blue is attached to no listener/);
  });

  it('refuses a canary group that is in no rule', async () => {
    world = await startWorld({ world: accountWith([{ Type: 'forward', TargetGroupArn: BLUE }]) });
    expect(await problems(releaseOf(NEW))).toMatch(
      /canary's target group green is in no listener rule.*Add it with weight 0/,
    );
  });

  it('refuses a listener without a rule that has both groups', async () => {
    world = await startWorld({
      world: accountWith(
        [{ Type: 'forward', TargetGroupArn: BLUE }],
        [
          {
            priority: 1,
            conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
            actions: [{ Type: 'forward', TargetGroupArn: GREEN }],
          },
        ],
      ),
    });
    expect(await problems(releaseOf(NEW))).toMatch(/No listener rule forwards to both blue and green/);
  });

  it('refuses a group that does not exist, by its ARN', async () => {
    world = await startWorld();
    const missing = BLUE.replace('blue', 'mauve');
    const release = releaseOf(NEW, {
      targetGroups: {
        ...releaseOf(NEW).targetGroups,
        primary: { targetGroupArn: missing, containerName: 'web', containerPort: 80 },
      },
    });
    expect(await problems(release)).toContain(missing);
  });

  it('refuses weights that an earlier run left, and repairs them by a quick sync', async () => {
    world = await startWorld();
    await world.standing(OLD);
    await world.meddle([forward(70, 30)]);
    expect(await problems(releaseOf(NEW))).toMatch(/gives 70\/30 to blue and green.*QUICK_SYNC/);
    const repair = await look(releaseOf(NEW), { repair: true });
    expect(repair.problems).toEqual([]);
    expect(repair.warnings.join()).toMatch(/70\/30/);
  });

  it('names rules outside the pair, and refuses them when the file is strict', async () => {
    const other = {
      priority: 1,
      conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
      actions: [{ Type: 'forward', TargetGroupArn: GREEN }],
    };
    world = await startWorld({ world: accountWith([forward(100, 0)], [other]) });
    const { warnings, snapshot } = await look(releaseOf(NEW));
    expect(warnings.join()).toMatch(/1 rule\(s\) outside the pair forward to green and will answer 503/);
    expect(snapshot?.rulesOnCanary).toHaveLength(1);
    expect(await problems(releaseOf(NEW, { strictRules: true }))).toMatch(/will answer 503/);
  });

  it('warns of sticky sessions', async () => {
    const sticky = forward(100, 0);
    const actions = [
      {
        ...sticky,
        ForwardConfig: {
          ...sticky.ForwardConfig,
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 3600 },
        },
      },
    ];
    world = await startWorld({ world: accountWith(actions) });
    const { warnings, snapshot } = await look(releaseOf(NEW));
    expect(warnings.join()).toMatch(/Sticky sessions are on .*3600 s/);
    expect(snapshot?.rules[0]?.stickiness).toEqual({ enabled: true, durationSeconds: 3600 });
  });
});

describe('preflight of the service', () => {
  it('sees a first deployment where nothing stands', async () => {
    world = await startWorld();
    const found = await look(releaseOf(NEW));
    expect(found).toMatchObject({ problems: [], firstDeployment: true, unchanged: false, peakTasks: 2 });
    expect(found.snapshot?.primary).toBeUndefined();
    expect(await world.changes()).toEqual([]);
  });

  it('needs no definition of a release that brings a registered revision back', async () => {
    world = await startWorld();
    await world.standing(OLD);
    const release = releaseOf(NEW);
    const found = await look(
      { ...release, taskDefinition: { ...release.taskDefinition, sealed: '' } },
      { repair: true },
    );
    expect(found.problems).toEqual([]);
    expect(found.running?.image).toBe(OLD);
  });

  it('sees what runs, and that nothing changed', async () => {
    world = await startWorld();
    await world.standing(OLD);
    const same = await look(releaseOf(OLD));
    expect(same).toMatchObject({ problems: [], firstDeployment: false, unchanged: true, running: { image: OLD } });
    const newer = await look(
      releaseOf(NEW, { pipeline: [{ id: 's', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout: 1 }] }),
    );
    expect(newer).toMatchObject({ unchanged: false, peakTasks: 5 });
  });

  it('refuses a service whose controller is not EXTERNAL', async () => {
    world = await startWorld();
    await world.start(releaseOf(OLD, { service: { ...releaseOf(OLD).service, serviceName: 'other' } }));
    await somebody().service('ECS');
    expect(await problems(releaseOf(NEW))).toMatch(/deployment controller ECS.*need EXTERNAL/);
  });

  it('refuses a second application for the same service, with both names', async () => {
    world = await startWorld();
    await world.standing(OLD);
    expect(await problems(releaseOf(NEW), { app: 'rival' })).toMatch(
      /belongs to application "shop", so application "rival" cannot/,
    );
  });

  it('knows the owner by the primary task set where others made the service', async () => {
    world = await startWorld();
    await world.start(releaseOf(OLD, { service: { ...releaseOf(OLD).service, serviceName: 'other' } }));
    const they = somebody();
    await they.service('EXTERNAL');
    await they.taskSet(BLUE, { primary: true, tags: [{ key: 'sluice:application', value: 'elder' }] });
    expect(await problems(releaseOf(NEW))).toMatch(/belongs to application "elder", so application "shop" cannot/);
  });

  it('refuses tasks without a primary, a primary in the other group, one that is not steady', async () => {
    world = await startWorld();
    await world.start(releaseOf(OLD, { service: { ...releaseOf(OLD).service, serviceName: 'other' } }));
    const they = somebody();
    await they.service('EXTERNAL');
    const id = await world.fault({ kind: 'version', image: OLD, noCapacity: true });
    await they.taskSet(GREEN, { primary: false });
    expect(await problems(releaseOf(NEW))).toMatch(/has tasks and no primary task set/);
    await they.taskSet(GREEN, { primary: true });
    const found = await problems(releaseOf(NEW));
    expect(found).toMatch(/stands in target group green, and targetGroups.primary is blue/);
    expect(found).toMatch(/is not steady/);
    await world.panel('DELETE', `/faults/${id}`);
    await until(() => world.sandbox.state().taskSets.every(({ steady }) => steady));
    expect(await problems(releaseOf(NEW))).not.toMatch(/is not steady/);
  });

  it("asks for consent before it takes over PipeCD's service", async () => {
    world = await startWorld();
    await world.start(releaseOf(OLD, { service: { ...releaseOf(OLD).service, serviceName: 'other' } }));
    const they = somebody();
    const tags = [
      { key: 'pipecd-dev-managed-by', value: 'piped' },
      { key: 'pipecd-dev-application', value: 'abc' },
    ];
    await they.service('EXTERNAL', tags);
    await they.taskSet(BLUE, { primary: true, tags });
    await until(() => world.sandbox.state().taskSets.every(({ steady }) => steady));
    expect(await problems(releaseOf(NEW))).toMatch(/is PipeCD's \(application abc\).*--adopt/);
    expect((await look(releaseOf(NEW), { adopt: true })).problems).toEqual([]);
  });

  it('counts the places that are left', async () => {
    world = await startWorld();
    await world.standing(OLD);
    const they = somebody();
    const pipeline: Release['pipeline'] = [{ id: 's', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout: 1 }];
    for (let made = 0; made < 3; made += 1) await they.taskSet(GREEN, { primary: false });
    expect(await problems(releaseOf(NEW, { pipeline }))).toMatch(
      /has 4 task sets and AWS allows 5; this deployment needs 2 more/,
    );
  });
});

describe('preflight of names and places', () => {
  it.each([
    [
      'a cluster of another account',
      { cluster: CLUSTER.replace('123456789012', '999999999999') },
      /account 123456789012, and the cluster is in account 999999999999/,
    ],
    [
      'a cluster of another region',
      { cluster: CLUSTER.replace('eu-central-1', 'us-east-1') },
      /works in eu-central-1, and the cluster is in us-east-1/,
    ],
  ])('refuses %s', async (_what, service, words) => {
    world = await startWorld();
    expect(await problems(releaseOf(NEW, { service: { ...releaseOf(NEW).service, ...service } }))).toMatch(words);
  });

  it.each([
    ['container', { containerName: 'app', containerPort: 80 }, /want container app, and the task definition has web/],
    ['port', { containerName: 'web', containerPort: 8080 }, /want port 8080 of container web, which maps 80/],
  ])('refuses a %s that the task definition does not have', async (_what, names, words) => {
    world = await startWorld();
    const release = releaseOf(NEW, { targetGroups: { primary: { targetGroupArn: BLUE, ...names } } });
    expect(await problems(release)).toMatch(words);
  });

  it('says which right is missing', async () => {
    world = await startWorld();
    await world.fault({
      kind: 'api',
      operation: 'DescribeServices',
      mode: 'error',
      code: 'AccessDeniedException',
      message: 'not authorized to perform: ecs:DescribeServices',
      status: 400,
    });
    expect(await problems(releaseOf(NEW))).toMatch(/ecs:DescribeServices.*iam-policy.json/);
  });
});

describe('a revision that held a secret of the repository', () => {
  it('says in which fields, and no later comparison shows what was in them', async () => {
    world = await startWorld();
    const old = releaseOf(OLD);
    const secret = old.taskDefinition.sealed.replace(
      '"essential":true',
      '"essential":true,"command":["--key=hunter2"]',
    );
    const fields = ['containerDefinitions.command'];
    const definition = { ...old.taskDefinition, content: 'with-secret', sealed: secret, secretFields: fields };
    await world.standing(OLD, { ...old, taskDefinition: definition });
    const { snapshot } = await look(releaseOf(NEW));
    expect(snapshot?.primary?.taskDefinition.secretFields).toEqual(fields);
    const preview = await world.act('preview', {
      app: 'shop',
      deployment: 'shop-7',
      release: releaseOf(NEW),
      adopt: false,
      repair: false,
    });
    expect(preview.taskDefinition).toContainEqual({ path: 'containerDefinitions[web].command', from: '(not shown)' });
    expect(JSON.stringify(preview)).not.toContain('hunter2');
  });
});
