import { z } from 'zod';
import type { Weights } from '../../model/delivery.js';
import type { Json, JsonObject } from '../../model/json.js';

const forwardConfig = z.looseObject({
  TargetGroups: z.array(z.looseObject({ TargetGroupArn: z.string(), Weight: z.number().optional() })).default([]),
  TargetGroupStickinessConfig: z
    .looseObject({ Enabled: z.boolean().optional(), DurationSeconds: z.number().optional() })
    .optional(),
});

/** An action as DescribeRules answers it; what Sluice does not look at is kept as it is. */
export const actionSchema = z.looseObject({
  Type: z.string(),
  Order: z.number().optional(),
  TargetGroupArn: z.string().optional(),
  ForwardConfig: forwardConfig.optional(),
});

export type Action = z.infer<typeof actionSchema>;
type ForwardConfig = z.infer<typeof forwardConfig>;

/** The groups whose weights Sluice moves: a pair, and the baseline's where the file names one. */
export interface Pair {
  primary: string;
  canary: string;
  baseline?: string;
}

/** The groups for which weights in words stand, in their order: the baseline's only where it gets some (`weightsText`). */
export function groupsOf({ primary, canary, baseline }: Pair, weights: Weights): string[] {
  return [primary, canary, ...(baseline === undefined || weights.baseline === undefined ? [] : [baseline])];
}

export interface ForwardedGroup {
  arn: string;
  /** As written, 0 to 999; ALB takes the share of the sum. */
  weight: number;
}

/** The groups that a rule's actions forward to. A group that stands alone gets all of the rule's requests. */
export function forwardedGroups(actions: Action[]): ForwardedGroup[] {
  return actions
    .filter((action) => action.Type === 'forward')
    .flatMap((action) => {
      const groups = action.ForwardConfig?.TargetGroups ?? [];
      if (groups.length > 0)
        return groups.map(({ TargetGroupArn, Weight }) => ({ arn: TargetGroupArn, weight: Weight ?? 1 }));
      return action.TargetGroupArn ? [{ arn: action.TargetGroupArn, weight: 1 }] : [];
    });
}

/** Whether the actions forward to the baseline's group too, with any weight. */
export function takesBaseline(actions: Action[], { baseline }: Pair): boolean {
  return forwardedGroups(actions).some(({ arn }) => arn === baseline);
}

/**
 * Whether the actions forward to exactly the pair, with the baseline's group or without it: such a rule is ours to write, and no other
 * is (ecs-alb-facts §5).
 */
export function isPair(actions: Action[], pair: Pair): boolean {
  const arns = forwardedGroups(actions).map(({ arn }) => arn);
  const groups = takesBaseline(actions, pair) ? 3 : 2;
  return arns.length === groups && arns.includes(pair.primary) && arns.includes(pair.canary);
}

/** Percent of the requests that each side gets by a pair rule, whatever its weights add up to; 0 for each where all weights are 0. */
export function sharesOf(actions: Action[], pair: Pair): Weights {
  const groups = forwardedGroups(actions);
  const sum = groups.reduce((total, { weight }) => total + weight, 0);
  const share = (arn: string): number => {
    const weight = groups.find((group) => group.arn === arn)?.weight ?? 0;
    return sum === 0 ? 0 : (100 * weight) / sum;
  };
  const baseline = pair.baseline === undefined ? 0 : share(pair.baseline);
  return { primary: share(pair.primary), canary: share(pair.canary), ...(baseline > 0 && { baseline }) };
}

/** Whether a rule's sticky sessions are on: they then stand above the weights (ecs-alb-facts §3). */
export function stickinessOf(actions: Action[]): { enabled: boolean; durationSeconds?: number } | undefined {
  const config = actions.find((action) => action.Type === 'forward')?.ForwardConfig?.TargetGroupStickinessConfig;
  if (!config) return undefined;
  return {
    enabled: config.Enabled ?? false,
    ...(config.DurationSeconds !== undefined && { durationSeconds: config.DurationSeconds }),
  };
}

function without(action: Action, ...fields: (keyof Action)[]): Action {
  return Object.fromEntries(Object.entries(action).filter(([field]) => !fields.includes(field))) as Action;
}

/**
 * A rule's actions as they are sent back: everything as read, but the forward's configuration, and
 * - no TargetGroupArn beside the weighted groups, which AWS refuses (ecs-alb-facts §18);
 * - `UseExistingClientSecret`, because reads never tell the secret (§18).
 */
function withForward(actions: Action[], changed: (forward: ForwardConfig) => ForwardConfig): Action[] {
  return actions.map((action) => {
    if (action.Type === 'authenticate-oidc') {
      const config = action['AuthenticateOidcConfig'] as Record<string, unknown> | undefined;
      return { ...action, AuthenticateOidcConfig: { ...config, UseExistingClientSecret: true } };
    }
    if (action.Type !== 'forward' || !action.ForwardConfig) return action;
    return { ...without(action, 'TargetGroupArn'), ForwardConfig: changed(action.ForwardConfig) };
  });
}

/**
 * A pair rule's actions with other weights; sticky sessions go off in the write that takes a side to 0, or old cookies find an empty
 * group (ecs-alb-facts §3). A baseline that had nothing is not emptied: most deployments never use it.
 */
export function withWeights(actions: Action[], pair: Pair, weights: Weights): Action[] {
  const wanted = (arn: string): number => {
    if (arn === pair.primary) return weights.primary;
    return arn === pair.baseline ? (weights.baseline ?? 0) : weights.canary;
  };
  return withForward(actions, (forward) => {
    const emptiesASide = forward.TargetGroups.some(
      ({ TargetGroupArn: arn, Weight }) => wanted(arn) === 0 && (arn !== pair.baseline || Weight !== 0),
    );
    return {
      ...forward,
      TargetGroups: forward.TargetGroups.map((group) => ({ ...group, Weight: wanted(group.TargetGroupArn) })),
      ...(forward.TargetGroupStickinessConfig?.Enabled &&
        emptiesASide && { TargetGroupStickinessConfig: { Enabled: false } }),
    };
  });
}

/** A pair rule's actions with sticky sessions on, whose cookies last so many seconds. */
export function withStickiness(actions: Action[], seconds: number): Action[] {
  return withForward(actions, (forward) => ({
    ...forward,
    TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: seconds },
  }));
}

/** JSON with sorted keys and without what is undefined: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * What must not change in a pair rule while a deployment runs: all of its actions but weights, sticky sessions, and what AWS adds or
 * leaves out by itself (Order of a single action, the lone TargetGroupArn, the secret's switch).
 */
export function shapeOf(actions: Action[]): string {
  const bare = [...actions]
    .sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0))
    .map((action) => {
      const { TargetGroupArn, ForwardConfig: forward } = action;
      const rest = without(action, 'Order', 'TargetGroupArn', 'ForwardConfig');
      const oidc = action['AuthenticateOidcConfig'] as Record<string, unknown> | undefined;
      return {
        ...rest,
        ...(oidc && {
          AuthenticateOidcConfig: { ...oidc, UseExistingClientSecret: undefined, ClientSecret: undefined },
        }),
        ...(forward
          ? { groups: forward.TargetGroups.map((group) => group.TargetGroupArn).sort() }
          : { groups: TargetGroupArn ? [TargetGroupArn] : [] }),
      };
    });
  return canonical(bare);
}

/** Actions as plain JSON for the snapshot, and back. */
export function toJson(actions: Action[]): JsonObject[] {
  return JSON.parse(JSON.stringify(actions)) as JsonObject[];
}

/** Reads the snapshot's actions. */
export function fromJson(actions: Json[]): Action[] {
  return z.array(actionSchema).parse(actions);
}

/** Weights in words: `80/20`, with a baseline that gets some `60/20/20`. */
export function weightsText(weights: Weights): string {
  const short = (share: number): string => String(Math.round(share * 10) / 10);
  const { primary, canary, baseline } = weights;
  return [primary, canary, ...(baseline === undefined ? [] : [baseline])].map(short).join('/');
}

/** Whether two shares are the same, within what integer weights can say. */
export function sameWeights(a: Weights, b: Weights): boolean {
  const near = (one = 0, other = 0): boolean => Math.abs(one - other) < 0.01;
  return near(a.primary, b.primary) && near(a.canary, b.canary) && near(a.baseline, b.baseline);
}
