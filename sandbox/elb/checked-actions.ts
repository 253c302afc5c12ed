import { AwsError, validationError } from '../aws/aws-error.js';
import type { Cloud } from '../cloud/cloud.js';
import { storedForward } from './action.js';
import type { Action } from './action.js';
import { findTargetGroup } from './target-group.js';

/** Bounds of the API pages TargetGroupTuple, TargetGroupStickinessConfig and ForwardActionConfig. */
const MAX_WEIGHT = 999;
const MAX_GROUPS = 5;
const LONGEST_STICKINESS = 604_800;

/**
 * Actions as they are stored, after the checks that AWS makes.
 *
 * @param before - the rule's actions so far: where an existing client secret is
 * @throws AwsError in AWS's codes
 */
export function checkedActions(cloud: Cloud, actions: readonly Action[], before: readonly Action[]): Action[] {
  if (actions.length === 0) throw validationError('You must specify at least one action');
  const routes = actions.filter((action) => ['forward', 'redirect', 'fixed-response'].includes(action.Type));
  if (routes.length !== 1) {
    throw new AwsError(
      'InvalidLoadBalancerAction',
      'Exactly one action must be a forward, a redirect or a fixed-response action',
    );
  }
  return actions.map((action) => {
    if (action.Type === 'forward') return checkedForward(cloud, action);
    if (action.Type === 'authenticate-oidc') return checkedLogin(action, before);
    return action;
  });
}

function checkedForward(cloud: Cloud, action: Action): Action {
  const { TargetGroupArn, ForwardConfig } = action;
  const groups = ForwardConfig?.TargetGroups ?? [];
  if (TargetGroupArn === undefined && groups.length === 0)
    throw validationError('A forward action must name a target group');
  if (
    TargetGroupArn !== undefined &&
    groups.length > 0 &&
    (groups.length > 1 || groups[0]?.TargetGroupArn !== TargetGroupArn)
  ) {
    throw new AwsError(
      'InvalidLoadBalancerAction',
      'You cannot specify both a target group ARN and a forward configuration unless both name one and the same target group',
    );
  }
  const tuples = groups.length > 0 ? groups : [{ TargetGroupArn: TargetGroupArn ?? '', Weight: 1 }];
  if (tuples.length > MAX_GROUPS)
    throw validationError(`A forward action can have at most ${MAX_GROUPS} target groups`);
  const arns = tuples.map((tuple) => tuple.TargetGroupArn);
  if (new Set(arns).size < arns.length) throw validationError('A target group may be named once in a forward action');
  for (const { TargetGroupArn: arn, Weight = 1 } of tuples) {
    findTargetGroup(cloud, arn);
    if (Number.isInteger(Weight) && Weight >= 0 && Weight <= MAX_WEIGHT) continue;
    throw validationError(`The weight '${Weight}' of target group '${arn}' must be between 0 and ${MAX_WEIGHT}`);
  }
  const sticky = ForwardConfig?.TargetGroupStickinessConfig;
  const seconds = sticky?.DurationSeconds;
  if (sticky?.Enabled && (seconds === undefined || seconds < 1 || seconds > LONGEST_STICKINESS)) {
    throw validationError(`Target group stickiness needs a duration between 1 and ${LONGEST_STICKINESS} seconds`);
  }
  return storedForward(action);
}

function checkedLogin(action: Action, before: readonly Action[]): Action {
  const { UseExistingClientSecret, ClientSecret, ...config } = action.AuthenticateOidcConfig ?? {};
  if (UseExistingClientSecret && ClientSecret !== undefined) {
    throw new AwsError(
      'InvalidLoadBalancerAction',
      'You cannot specify a client secret when UseExistingClientSecret is true',
    );
  }
  if (!UseExistingClientSecret && ClientSecret === undefined) {
    throw new AwsError(
      'InvalidLoadBalancerAction',
      'You must specify a client secret, or set UseExistingClientSecret to true',
    );
  }
  const existing = before.find((candidate) => candidate.Type === 'authenticate-oidc')?.AuthenticateOidcConfig
    ?.ClientSecret;
  if (UseExistingClientSecret && existing === undefined) {
    throw new AwsError('InvalidLoadBalancerAction', 'There is no existing client secret to use');
  }
  return { ...action, AuthenticateOidcConfig: { ...config, ClientSecret: ClientSecret ?? existing } };
}
