import type { DeliveryHandle, RuleSnapshot } from './delivery.js';
import type { Json, JsonObject } from './json.js';
import type { TaskHandle } from './standalone-task.js';

/** A shell word in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** An action as AWS takes it back: no lone group beside weighted ones, and the secret that reads never tell is kept. */
function writable(action: JsonObject): JsonObject {
  const { TargetGroupArn, ...rest } = action;
  const oidc = action['AuthenticateOidcConfig'];
  const weighted = action['ForwardConfig'] !== undefined;
  return {
    ...rest,
    ...(TargetGroupArn !== undefined && !weighted && { TargetGroupArn }),
    ...(oidc !== undefined && { AuthenticateOidcConfig: { ...(oidc as JsonObject), UseExistingClientSecret: true } }),
  };
}

function ruleCommand({ listenerArn, ruleArn, isDefault, actions }: RuleSnapshot, region: string): string {
  const json = quoted(JSON.stringify(actions.map(writable) satisfies Json));
  return isDefault
    ? `aws elbv2 modify-listener --region ${region} --listener-arn ${listenerArn} --default-actions ${json}`
    : `aws elbv2 modify-rule --region ${region} --rule-arn ${ruleArn} --actions ${json}`;
}

/**
 * The AWS commands that undo a delivery by hand, in the order in which they are safe: the old version whole, the requests back to it,
 * it the primary, then the new version gone. For the day when Sluice's own rollback is stuck.
 */
export function rollbackCommands({ release, snapshot, uid }: DeliveryHandle): string[] {
  const { cluster, serviceName } = release.service;
  const service = `--region ${snapshot.region} --cluster ${cluster} --service ${serviceName}`;
  const { primary } = snapshot;
  const tagged = quoted(`taskSets[?tags[?key=='sluice:uid' && value=='${uid}']].taskSetArn`);
  return [
    ...(primary
      ? [
          `aws ecs update-task-set ${service} --task-set ${primary.taskSetArn} --scale value=${primary.scale},unit=PERCENT`,
        ]
      : []),
    ...snapshot.rules.map((rule) => ruleCommand(rule, snapshot.region)),
    ...(primary ? [`aws ecs update-service-primary-task-set ${service} --primary-task-set ${primary.taskSetArn}`] : []),
    `aws ecs describe-task-sets ${service} --include TAGS --query ${tagged} --output text`,
    `aws ecs delete-task-set ${service} --force --task-set EACH_ARN_OF_THE_COMMAND_ABOVE`,
  ];
}

/** The AWS commands that stop a standalone task by hand. */
export function stopTaskCommands({ release, region, uid }: TaskHandle): string[] {
  const cluster = `--region ${region} --cluster ${release.task.cluster}`;
  return [
    `aws ecs list-tasks ${cluster} --started-by ${uid} --query taskArns --output text`,
    `aws ecs stop-task ${cluster} --task THE_ARN_OF_THE_COMMAND_ABOVE`,
  ];
}
