import { readFileSync } from 'node:fs';
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import type { Stage } from '../../model/stage.js';
import type { Sandbox } from '../../sandbox/server.js';
import { worldSchema, type World as CloudWorld } from '../../sandbox/world.js';
import { BLUE, forward, GREEN, releaseOf, WHITE, type World } from './harness.js';

/** The account of the example with a baseline: its one rule names three groups. */
export function threeGroups(defaultActions?: unknown[], more: object = {}): CloudWorld {
  const file = new URL('../../examples/baseline/world.json', import.meta.url);
  const plain = worldSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (!defaultActions) return worldSchema.parse({ ...plain, ...more });
  const [balancer] = plain.loadBalancers;
  const listeners = [{ ...balancer?.listeners[0], defaultActions }];
  return worldSchema.parse({ ...plain, loadBalancers: [{ ...balancer, listeners }], ...more });
}

const timeout = 60_000;
/** The stages that the preflight and the lint care for. */
const PIPELINE: Stage[] = [
  { id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout },
  { id: 'stage-1', name: 'ECS_BASELINE_ROLLOUT', scale: 30, timeout },
];

/** A release whose file names a third group. */
export function releaseWithBaseline(image: string, changes: Partial<Release> = {}): Release {
  const plain = releaseOf(image);
  const baseline = { targetGroupArn: WHITE, containerName: 'web', containerPort: 80 };
  return { ...plain, targetGroups: { ...plain.targetGroups, baseline }, pipeline: PIPELINE, ...changes };
}

/** A forward action over the three groups. */
export function forwardAll(primary: number, canary: number, baseline: number, sticky?: number): Action {
  const pair = forward(primary, canary);
  return {
    ...pair,
    ForwardConfig: {
      TargetGroups: [...(pair.ForwardConfig?.TargetGroups ?? []), { TargetGroupArn: WHITE, Weight: baseline }],
      ...(sticky !== undefined && { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: sticky } }),
    },
  };
}

/** The weights of each rule now: primary, canary, baseline. */
export function allWeights(sandbox: Sandbox): (number | undefined)[][] {
  return sandbox.state().rules.map(({ weights }) => [weights[BLUE], weights[GREEN], weights[WHITE]]);
}

/** A canary and a baseline of 30 % each, with these shares; answers the last traffic. */
export async function bothAt(
  world: World,
  handle: DeliveryHandle,
  canary: number,
  baseline: number,
): Promise<Progress['traffic']> {
  await world.advance(handle, { at: 'CANARY_READY', scale: 30 }, { stage: 'stage-0' });
  await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1' });
  const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary, baseline }, { stage: 'stage-2' });
  return traffic;
}
