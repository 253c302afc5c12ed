import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../model/failure.js';
import { pairRules, rulesNaming, rulesReaching } from '../../activities/traffic/reachability.js';
import type { ListenerRule } from '../../activities/traffic/listener-rule.js';
import {
  forwardedGroups,
  fromJson,
  isPair,
  sameWeights,
  shapeOf,
  sharesOf,
  stickinessOf,
  toJson,
  withWeights,
  type Action,
} from '../../activities/traffic/weights.js';
import { defaultWorld, worldSchema } from '../../sandbox/world.js';
import {
  BLUE,
  forward,
  GREEN,
  NEW,
  OLD,
  operations,
  releaseOf,
  startWorld,
  weightsNow,
  type World,
} from './harness.js';

const pair = { primary: BLUE, canary: GREEN };
const OTHER = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/other/3333333333333333';

function weighted(primary: number, canary: number, sticky?: number): Action {
  return {
    Type: 'forward',
    Order: 2,
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: BLUE, Weight: primary },
        { TargetGroupArn: GREEN, Weight: canary },
      ],
      ...(sticky && { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: sticky } }),
    },
  };
}

const logIn: Action = {
  Type: 'authenticate-oidc',
  Order: 1,
  AuthenticateOidcConfig: { Issuer: 'https://id.example', ClientId: 'shop', SessionTimeout: 3600 },
};

function ruleOf(...actions: Action[]): ListenerRule {
  return { ruleArn: 'rule', listenerArn: 'listener', isDefault: false, actions };
}

describe('weights of a rule', () => {
  it('are read as shares of whatever they add up to', () => {
    expect(sharesOf([weighted(100, 0)], pair)).toEqual({ primary: 100, canary: 0 });
    expect(sharesOf([weighted(4, 1)], pair)).toEqual({ primary: 80, canary: 20 });
    expect(sharesOf([weighted(0, 0)], pair)).toEqual({ primary: 0, canary: 0 });
  });

  it('belong to a pair only when the rule forwards to exactly the two', () => {
    expect(isPair([logIn, weighted(100, 0)], pair)).toBe(true);
    expect(isPair([{ Type: 'forward', TargetGroupArn: BLUE }], pair)).toBe(false);
    const three = weighted(100, 0);
    three.ForwardConfig?.TargetGroups.push({ TargetGroupArn: OTHER, Weight: 1 });
    expect(isPair([three], pair)).toBe(false);
  });

  it('are written with every other field as read, and the secret kept', () => {
    const read = [logIn, { ...weighted(100, 0, 600), TargetGroupArn: BLUE }];
    expect(withWeights(read, pair, { primary: 80, canary: 20 })).toEqual([
      {
        ...logIn,
        AuthenticateOidcConfig: { ...(logIn['AuthenticateOidcConfig'] as object), UseExistingClientSecret: true },
      },
      weighted(80, 20, 600),
    ]);
  });

  it('switch sticky sessions off in the write that takes a side to 0', () => {
    for (const weights of [
      { primary: 100, canary: 0 },
      { primary: 0, canary: 100 },
    ]) {
      expect(stickinessOf(withWeights([weighted(80, 20, 600)], pair, weights))).toEqual({ enabled: false });
    }
  });

  const share = fc.integer({ min: 0, max: 100 });
  it('change nothing but weights and stickiness, whatever is written', () => {
    fc.assert(
      fc.property(
        share,
        share,
        fc.option(fc.integer({ min: 1, max: 604_800 }), { nil: undefined }),
        (from, to, sticky) => {
          const read = [logIn, weighted(100 - from, from, sticky)];
          const written = withWeights(read, pair, { primary: 100 - to, canary: to });
          expect(sameWeights(sharesOf(written, pair), { primary: 100 - to, canary: to })).toBe(true);
          expect(shapeOf(written)).toBe(shapeOf(read));
          expect(shapeOf(fromJson(toJson(written)))).toBe(shapeOf(read));
          if (to === 0 || to === 100) expect(stickinessOf(written)?.enabled ?? false).toBe(false);
          else expect(stickinessOf(written)).toEqual(stickinessOf(read));
        },
      ),
    );
  });

  it("show somebody else's change of anything but them", () => {
    const mine = shapeOf([logIn, weighted(80, 20)]);
    expect(shapeOf([weighted(80, 20)])).not.toBe(mine);
    expect(shapeOf([{ ...logIn, OnUnauthenticated: 'deny' }, weighted(80, 20)])).not.toBe(mine);
    const other = weighted(80, 20);
    other.ForwardConfig?.TargetGroups.push({ TargetGroupArn: OTHER, Weight: 0 });
    expect(shapeOf([logIn, other])).not.toBe(mine);
  });
});

describe('reachability', () => {
  const toGreen = ruleOf({ Type: 'forward', TargetGroupArn: GREEN });
  it('looks at all rules, not at the pair alone', () => {
    const rules = [ruleOf(weighted(100, 0)), toGreen, ruleOf({ Type: 'redirect' })];
    expect(rulesReaching(rules, GREEN)).toEqual([toGreen]);
    expect(rulesNaming(rules, GREEN)).toHaveLength(2);
    expect(pairRules(rules, pair)).toHaveLength(1);
  });

  it('takes a rule whose weights are all 0 as reaching: what ALB does then is not written anywhere', () => {
    expect(rulesReaching([ruleOf(weighted(0, 0))], GREEN)).toHaveLength(1);
  });

  it('is what the shares say for a pair', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 1, max: 999 }), (canary, primary) => {
        const rule = ruleOf(weighted(primary, canary));
        expect(rulesReaching([rule], GREEN).length > 0).toBe(sharesOf(rule.actions, pair).canary > 0);
        expect(forwardedGroups(rule.actions)).toHaveLength(2);
      }),
    );
  });
});

describe('routing on a load balancer', () => {
  let world: World;
  afterEach(() => world.close());

  /** Two listeners, one of them HTTPS with a log-in and sticky sessions; a rule of another team. */
  function crowded() {
    const plain = defaultWorld();
    const [balancer] = plain.loadBalancers;
    const [http] = balancer?.listeners ?? [];
    const oidc = {
      Type: 'authenticate-oidc',
      Order: 1,
      AuthenticateOidcConfig: {
        Issuer: 'https://id.example',
        AuthorizationEndpoint: 'https://id.example/a',
        TokenEndpoint: 'https://id.example/t',
        UserInfoEndpoint: 'https://id.example/u',
        ClientId: 'shop',
        ClientSecret: 'hush',
      },
    };
    const secure = {
      port: 443,
      protocol: 'HTTPS',
      defaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
      rules: [
        {
          priority: 1,
          conditions: [{ Field: 'path-pattern', Values: ['/shop'] }],
          actions: [oidc, weighted(100, 0, 600)],
        },
        {
          priority: 2,
          conditions: [{ Field: 'path-pattern', Values: ['/team'] }],
          actions: [{ Type: 'forward', TargetGroupArn: OTHER }],
        },
      ],
    };
    return worldSchema.parse({
      ...plain,
      loadBalancers: [{ ...balancer, listeners: [{ ...http, share: 1 }, secure] }],
      targetGroups: [...plain.targetGroups, { arn: OTHER }],
    });
  }

  it('writes each pair rule once, HTTPS first, keeps the log-in, and drops the stickiness at 0', async () => {
    world = await startWorld({ world: crowded() });
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.forgetCalls();
    const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    expect(operations(await world.changes())).toEqual(['ModifyRule', 'ModifyListener']);
    expect(weightsNow(world.sandbox)).toEqual([
      [80, 20],
      [80, 20],
    ]);
    const sticky = () => world.sandbox.state().rules.filter(({ stickySeconds }) => stickySeconds !== undefined).length;
    expect(sticky()).toBe(1);
    // A second run of the same activity writes nothing.
    await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1', traffic });
    expect(await world.changes()).toHaveLength(2);
    await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-2', traffic });
    expect(sticky()).toBe(0);
    expect(operations(await world.changes())).toHaveLength(4);
  });

  it('writes the other rules of a rollback when one of them is refused, and comes back to it', async () => {
    world = await startWorld({ world: crowded() });
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    await world.forgetCalls();
    await world.fault({ kind: 'api', operation: 'ModifyRule', mode: 'throttle', before: true, times: 1 });
    await world.act('restoreTraffic', { handle, reason: 'x' });
    expect(operations(await world.changes())).toEqual(['ModifyListener', 'ModifyRule']);
    expect(weightsNow(world.sandbox)).toEqual([
      [100, 0],
      [100, 0],
    ]);
  });

  async function underTraffic() {
    world = await startWorld();
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    return { handle, traffic };
  }

  it("stops at somebody else's weights, and does not fight them", async () => {
    const { handle, traffic } = await underTraffic();
    const { snapshot, release } = handle;
    const seen = {
      provider: 'aws',
      app: 'shop',
      deployment: handle.deployment,
      snapshot,
      targetGroups: release.targetGroups,
      wanted: { primary: 80, canary: 20 },
    };
    // It runs as part of `measure`, whose heartbeat holds the judged windows.
    const heartbeats: unknown[] = [];
    const silent = { onHeartbeat: (details: unknown) => void heartbeats.push(details) };
    await expect(world.act('observe', seen, silent)).resolves.toMatchObject({ traffic: { verified: { canary: 20 } } });
    expect(heartbeats).toEqual([]);
    await world.meddle([forward(50, 50)]);
    await world.forgetCalls();
    await expect(world.act('observe', seen)).rejects.toMatchObject({ type: FAILURE.changedByOthers });
    await expect(
      world.advance(handle, { at: 'TRAFFIC', canary: 40 }, { stage: 'stage-2', traffic }),
    ).rejects.toMatchObject({
      type: FAILURE.changedByOthers,
      message: expect.stringContaining('50/50') as string,
    });
    await expect(world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic })).rejects.toMatchObject({
      type: FAILURE.changedByOthers,
    });
    expect(await world.changes()).toEqual([]);
    expect(weightsNow(world.sandbox)).toEqual([[50, 50]]);
  });

  it("stops at somebody else's actions", async () => {
    const { handle, traffic } = await underTraffic();
    await world.meddle([{ Type: 'forward', TargetGroupArn: BLUE }]);
    await expect(
      world.advance(handle, { at: 'TRAFFIC', canary: 40 }, { stage: 'stage-2', traffic }),
    ).rejects.toMatchObject({
      type: FAILURE.changedByOthers,
      message: expect.stringContaining('changed the actions') as string,
    });
  });

  it('refuses to remove a canary that requests can reach', async () => {
    const { handle, traffic } = await underTraffic();
    await expect(world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-2', traffic })).rejects.toMatchObject({
      type: FAILURE.stage,
      message: expect.stringContaining('Requests can still reach green') as string,
    });
  });

  it('refuses a share that the canary cannot carry, unless the file allows it', async () => {
    const { handle, traffic } = await underTraffic();
    await expect(
      world.advance(handle, { at: 'TRAFFIC', canary: 100 }, { stage: 'big', traffic }),
    ).rejects.toMatchObject({
      type: FAILURE.stage,
      message: expect.stringContaining('allowUndersized') as string,
    });
    const pipeline = [
      { id: 'big', name: 'ECS_TRAFFIC_ROUTING' as const, canary: 100, allowUndersized: true, timeout: 1 },
    ];
    const allowed = { ...handle, release: { ...handle.release, pipeline } };
    await world.advance(allowed, { at: 'TRAFFIC', canary: 100 }, { stage: 'big', traffic });
    expect(weightsNow(world.sandbox)).toEqual([[0, 100]]);
  });
});
