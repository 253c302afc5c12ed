import { CreateTaskSetCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Preflight } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import { forwardAll, releaseWithBaseline, threeGroups } from './baseline-world.js';
import { BLUE, forward, GREEN, NEW, OLD, releaseOf, startWorld, WHITE, type World } from './harness.js';

let world: World;
afterEach(() => world.close());

const PATH = { priority: 1, conditions: [{ Field: 'path-pattern', Values: ['/x'] }] };

function look(release: Release, repair = false): Promise<Preflight> {
  return world.act('preflight', { app: release.app, deployment: 'shop-7', release, adopt: false, repair });
}

async function problems(release: Release): Promise<string> {
  const before = await world.changes();
  const { problems: found, snapshot } = await look(release);
  expect(found.length > 0).toBe(snapshot === undefined);
  expect(await world.changes()).toEqual(before);
  return found.join('\n');
}

/** The three groups on one listener, whose rules are given. */
function account(defaultAction: unknown, rules: unknown[] = []) {
  const plain = threeGroups([defaultAction]);
  const [balancer] = plain.loadBalancers;
  return threeGroups(undefined, {
    loadBalancers: [{ ...balancer, listeners: [{ ...balancer?.listeners[0], rules }] }],
  });
}

describe('preflight with a baseline', () => {
  it('counts its task set and its tasks, and remembers the rule as it was', async () => {
    world = await startWorld({ world: threeGroups() });
    await world.standing(OLD, releaseWithBaseline(OLD));
    const { snapshot, ...found } = await look(releaseWithBaseline(NEW));
    expect(found).toMatchObject({ problems: [], warnings: [], peakTasks: 6 });
    expect(snapshot?.rules).toMatchObject([{ weights: { primary: 100, canary: 0 } }]);
    expect(snapshot?.rulesOnBaseline).toEqual([]);

    const ecs = new ECSClient({ region: 'eu-central-1' });
    const { cluster, serviceName: service } = releaseOf(NEW).service;
    for (let more = 0; more < 2; more += 1) {
      await ecs.send(
        new CreateTaskSetCommand({
          cluster,
          service,
          taskDefinition: 'web',
          launchType: 'FARGATE',
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
          scale: { unit: 'PERCENT', value: 0 },
        }),
      );
    }
    expect(await problems(releaseWithBaseline(NEW))).toMatch(/has 3 task sets and AWS allows 5; .* needs 3 more/);
    expect((await look(releaseWithBaseline(NEW), true)).problems).toEqual([]);
  });

  it('refuses a rule that does not name the third group, and says what to add', async () => {
    world = await startWorld({ world: account(forward(100, 0), [{ ...PATH, actions: [forwardAll(100, 0, 0)] }]) });
    await world.standing(OLD);
    expect(await problems(releaseWithBaseline(NEW))).toMatch(
      /The default rule .* forwards to blue and green and not to the baseline's target group white.* Add white to its forward action with weight 0\./,
    );
  });

  it('refuses a third group that is in no rule', async () => {
    world = await startWorld({ world: account(forward(100, 0)) });
    await world.standing(OLD);
    expect(await problems(releaseWithBaseline(NEW))).toMatch(
      /The baseline's target group white is in no listener rule.*Add it with weight 0/,
    );
  });

  it('moves rules of both kinds where no stage uses the third group', async () => {
    world = await startWorld({ world: account(forward(100, 0), [{ ...PATH, actions: [forwardAll(100, 0, 0)] }]) });
    await world.standing(OLD, releaseWithBaseline(OLD, { pipeline: [] }));
    const unused = await look(releaseWithBaseline(NEW, { pipeline: [] }));
    expect(unused).toMatchObject({ problems: [], warnings: [], peakTasks: 4 });
    expect(unused.snapshot?.rules).toHaveLength(2);
  });

  it('takes a rule with three groups for somebody else’s where the file names two', async () => {
    world = await startWorld({ world: threeGroups() });
    expect(await problems(releaseOf(NEW))).toMatch(/No listener rule forwards to both blue and green/);
  });

  it('refuses a third group on another load balancer', async () => {
    const plain = account(forward(100, 0));
    const other = { name: 'other', listeners: [{ defaultActions: [{ Type: 'forward', TargetGroupArn: WHITE }] }] };
    world = await startWorld({
      world: threeGroups(undefined, { loadBalancers: [...plain.loadBalancers, other] }),
    });
    expect(await problems(releaseWithBaseline(NEW))).toMatch(/The target groups hang on different load balancers/);
  });

  it('refuses a third group whose targets are not of type ip, or that is elsewhere', async () => {
    const targetGroups = [{ arn: BLUE }, { arn: GREEN }, { arn: WHITE, targetType: 'instance' }];
    world = await startWorld({ world: threeGroups(undefined, { targetGroups }) });
    expect(await problems(releaseWithBaseline(NEW))).toMatch(/Target group white has targets of type instance/);
    const release = releaseWithBaseline(NEW);
    const targetGroupArn = WHITE.replace('123456789012', '999999999999');
    const baseline = { targetGroupArn, containerName: 'web', containerPort: 80 };
    expect(await problems({ ...release, targetGroups: { ...release.targetGroups, baseline } })).toMatch(
      /targetGroups\.baseline is in account 999999999999/,
    );
  });

  it('refuses a third group in which others have targets', async () => {
    world = await startWorld({ world: threeGroups() });
    await world.standing(OLD, releaseWithBaseline(OLD));
    const white = { targetGroupArn: WHITE, containerName: 'web', containerPort: 80 };
    const rival = releaseOf(OLD, {
      app: 'rival',
      service: { ...releaseOf(OLD).service, serviceName: 'rival' },
      targetGroups: { primary: white },
    });
    await world.advance(await world.start(rival), { at: 'SYNCED' });
    expect(await problems(releaseWithBaseline(NEW))).toMatch(
      /target group white has 2 target\(s\) already.*Empty it, or name another group/,
    );
  });

  it('names rules outside the pair that reach the third group', async () => {
    const toWhite = { ...PATH, actions: [{ Type: 'forward', TargetGroupArn: WHITE }] };
    world = await startWorld({ world: account(forwardAll(100, 0, 0), [toWhite]) });
    const { warnings, snapshot } = await look(releaseWithBaseline(NEW));
    expect(warnings.join()).toMatch(/1 rule\(s\) outside the pair forward to white .* whenever no baseline runs/);
    expect(snapshot?.rulesOnBaseline).toHaveLength(1);
    expect(snapshot?.rulesOnCanary).toEqual([]);
    expect(await problems(releaseWithBaseline(NEW, { strictRules: true }))).toMatch(/whenever no baseline runs/);
  });
});
