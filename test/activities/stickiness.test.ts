import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Traffic } from '../../model/delivery.js';
import { ALL_PRIMARY } from '../../model/delivery.js';
import { defaultWorld, worldSchema } from '../../sandbox/world.js';
import { BLUE, forward, NEW, OLD, operations, releaseOf, startWorld, weightsNow, type World } from './harness.js';

const SECONDS = 600;

/** A forward over the pair with sticky sessions. */
function sticky(primary: number, canary: number) {
  const action = forward(primary, canary);
  return {
    ...action,
    ForwardConfig: {
      ...action.ForwardConfig,
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: SECONDS },
    },
  };
}

const logIn = {
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

/** Sticky sessions in the default rule and in a rule behind a log-in. */
function stickyWorld() {
  const plain = defaultWorld();
  const [balancer] = plain.loadBalancers;
  const [http] = balancer?.listeners ?? [];
  const shop = {
    priority: 1,
    conditions: [{ Field: 'path-pattern', Values: ['/shop'] }],
    actions: [logIn, { ...sticky(100, 0), Order: 2 }],
  };
  return worldSchema.parse({
    ...plain,
    loadBalancers: [
      {
        ...balancer,
        listeners: [{ ...http, port: 443, protocol: 'HTTPS', defaultActions: [sticky(100, 0)], rules: [shop] }],
      },
    ],
  });
}

let world: World;
let traffic: Traffic;

/** A canary that took requests and lost them: the sticky sessions are off, and the calls until then forgotten. */
beforeEach(async () => {
  world = await startWorld({ world: stickyWorld() });
  await world.standing(OLD);
  const handle = await world.start(releaseOf(NEW));
  await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
  await world.advance(handle, { at: 'TRAFFIC', canary: 20 });
  expect(lasting()).toEqual([SECONDS, SECONDS]);
  await world.act('restoreTraffic', { handle, reason: 'x' });
  expect(lasting()).toEqual([undefined, undefined]);
  await world.forgetCalls();
  const { app, deployment, snapshot, release } = handle;
  traffic = { provider: 'aws', app, deployment, snapshot, targetGroups: release.targetGroups, wanted: ALL_PRIMARY };
});
afterEach(() => world.close());

/** Seconds that the cookies of each rule last. */
function lasting(): (number | undefined)[] {
  return world.sandbox.state().rules.map(({ stickySeconds }) => stickySeconds);
}

async function restore(): Promise<{ detail: string; log: string }> {
  const { detail, log } = await world.act('restoreStickiness', traffic);
  return { detail, log: log.map(({ text }) => text).join('\n') };
}

describe('sticky sessions', () => {
  it('come back with one write for each rule, which keeps the log-in and the weights, and never twice', async () => {
    const { detail, log } = await restore();
    expect(detail).toBe('Sticky sessions are on in 2 of the 2 rule(s) that had them');
    expect(log).toContain(`on again (${SECONDS} s)`);
    const changes = await world.changes();
    expect(operations(changes).sort()).toEqual(['ModifyListener', 'ModifyRule']);
    const written = changes.find(({ operation }) => operation === 'ModifyRule');
    expect(JSON.stringify(written?.parameters)).toContain('https://id.example/u');
    expect(lasting()).toEqual([SECONDS, SECONDS]);
    expect(weightsNow(world.sandbox)).toEqual([
      [100, 0],
      [100, 0],
    ]);

    const again = await restore();
    expect(again.detail).toContain('2 of the 2');
    expect(again.log).toContain('they are on already');
    expect(await world.changes()).toHaveLength(2);
  });

  it.each(['loseAnswer', 'truncate'])('are not written again when the answer is never heard (%s)', async (mode) => {
    for (const operation of ['ModifyRule', 'ModifyListener']) await world.fault({ kind: 'api', operation, mode });
    const { detail } = await restore();
    expect(detail).toContain('2 of the 2');
    expect(operations(await world.changes()).sort()).toEqual(['ModifyListener', 'ModifyRule']);
    expect(lasting()).toEqual([SECONDS, SECONDS]);
  });

  it.each([
    ['other weights', [forward(60, 40)], 'its weights are 60/40 now, not 100/0'],
    ['another target', [{ Type: 'forward' as const, TargetGroupArn: BLUE }], 'it forwards to other groups now'],
  ])('stay off where somebody gave the rule %s, and the log says so', async (_what, actions, words) => {
    await world.meddle(actions);
    await world.forgetCalls();
    const { detail, log } = await restore();
    expect(log).toContain(words);
    expect(detail).toContain('1 of the 2');
    expect(operations(await world.changes())).toEqual(['ModifyRule']);
  });

  it('come back to the other rules when one is gone', async () => {
    const [rule] = traffic.snapshot.rules.filter(({ isDefault }) => !isDefault);
    const gone = { ...rule!, ruleArn: `${rule!.ruleArn.slice(0, -4)}dead` };
    const rules = [gone, ...traffic.snapshot.rules.filter(({ isDefault }) => isDefault)];
    traffic = { ...traffic, snapshot: { ...traffic.snapshot, rules } };
    const { detail, log } = await restore();
    expect(log).toContain('the rule is gone');
    expect(detail).toContain('1 of the 2');
    expect(operations(await world.changes())).toEqual(['ModifyListener']);
  });

  it('come back to the other rules when AWS refuses one, and the refusal is told', async () => {
    await world.fault({
      kind: 'api',
      operation: 'ModifyRule',
      mode: 'error',
      code: 'AccessDenied',
      status: 403,
      before: true,
    });
    await expect(restore()).rejects.toMatchObject({
      nonRetryable: true,
      message: expect.stringContaining('AWS does not allow it') as string,
    });
    expect(operations(await world.changes())).toEqual(['ModifyListener']);
    await restore();
    expect(lasting()).toEqual([SECONDS, SECONDS]);
  });

  it('stay off where they were off before', async () => {
    const rules = traffic.snapshot.rules.map((rule) => ({ ...rule, stickiness: { enabled: false } }));
    traffic = { ...traffic, snapshot: { ...traffic.snapshot, rules } };
    await restore();
    expect(await world.changes()).toEqual([]);
  });

  it('are not touched by a worker whose attempt is not the current one', async () => {
    const over = new Error('this attempt is over');
    const onFence = () => {
      throw over;
    };
    await expect(world.act('restoreStickiness', traffic, { onFence, attempts: 1 })).rejects.toThrow(over.message);
    expect(await world.changes()).toEqual([]);
  });
});
