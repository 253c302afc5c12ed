import { z } from 'zod';

/** A boolean as the query protocol writes it, or as JSON does. */
const wireBoolean = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

const targetGroupTupleSchema = z.object({
  TargetGroupArn: z.string().min(1),
  Weight: z.coerce.number().optional(),
});

/** One action of a rule in AWS's own shape. What the sandbox does not look into (redirects, log-ins) is kept as sent. */
export const actionSchema = z.looseObject({
  Type: z.string(),
  Order: z.coerce.number().int().optional(),
  TargetGroupArn: z.string().optional(),
  ForwardConfig: z
    .object({
      TargetGroups: z.array(targetGroupTupleSchema).default([]),
      TargetGroupStickinessConfig: z
        .object({ Enabled: wireBoolean.optional(), DurationSeconds: z.coerce.number().optional() })
        .optional(),
    })
    .optional(),
  AuthenticateOidcConfig: z
    .looseObject({ ClientSecret: z.string().optional(), UseExistingClientSecret: wireBoolean.optional() })
    .optional(),
});

export type Action = z.infer<typeof actionSchema>;

/** One condition of a rule in AWS's own shape; kept as sent. */
export const conditionSchema = z.looseObject({ Field: z.string().optional() });

/** Target groups of the rule's forward action with their weights, in order; empty when the rule forwards nowhere. */
export function weightsOf(actions: readonly Action[]): { arn: string; weight: number }[] {
  const forward = actions.find((action) => action.Type === 'forward');
  if (!forward) return [];
  if (forward.ForwardConfig && forward.ForwardConfig.TargetGroups.length > 0) {
    return forward.ForwardConfig.TargetGroups.map((tuple) => ({
      arn: tuple.TargetGroupArn,
      weight: tuple.Weight ?? 1,
    }));
  }
  return forward.TargetGroupArn ? [{ arn: forward.TargetGroupArn, weight: 1 }] : [];
}

/** Seconds that a cookie binds a client to a target group, or undefined when the rule is not sticky. */
export function stickySeconds(actions: readonly Action[]): number | undefined {
  const sticky = actions.find((action) => action.Type === 'forward')?.ForwardConfig?.TargetGroupStickinessConfig;
  return sticky?.Enabled ? sticky.DurationSeconds : undefined;
}

/** A forward action as AWS keeps and shows it: always with a configuration, and with a single group's ARN beside it. */
export function storedForward(action: Action): Action {
  if (action.Type !== 'forward') return action;
  const sides = weightsOf([action]);
  const sticky = action.ForwardConfig?.TargetGroupStickinessConfig;
  const stored: Action = {
    ...action,
    ForwardConfig: {
      TargetGroups: sides.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
      TargetGroupStickinessConfig: { ...sticky, Enabled: sticky?.Enabled ?? false },
    },
  };
  delete stored.TargetGroupArn;
  const [only, second] = sides;
  if (only && !second) stored.TargetGroupArn = only.arn;
  return stored;
}
