import type { DeliveryHandle, RuleSnapshot } from './delivery.js';

function ruleCommand(rule: RuleSnapshot, { release, snapshot }: DeliveryHandle): string {
  const groups = [
    { TargetGroupArn: release.targetGroups.primary.targetGroupArn, Weight: 100 },
    ...(release.targetGroups.canary ? [{ TargetGroupArn: release.targetGroups.canary.targetGroupArn, Weight: 0 }] : []),
  ];
  const actions = JSON.stringify([{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }]);
  const what = rule.isDefault
    ? `modify-listener --listener-arn ${rule.listenerArn} --default-actions`
    : `modify-rule --rule-arn ${rule.ruleArn} --actions`;
  return `aws elbv2 ${what} '${actions}' --region ${snapshot.region}`;
}

/**
 * The commands that a person can type when a rollback is stuck, in the order of ecs-alb-facts §1: the old version back up, the
 * weights, the primary. A rule with more actions than the forward (authentication) must keep them: the commands are a start, and
 * the page shows the rule.
 */
export function rollbackCommands(handle: DeliveryHandle): string[] {
  const { snapshot, release } = handle;
  const at = `--cluster ${release.service.cluster} --service ${release.service.serviceName} --region ${snapshot.region}`;
  const old = snapshot.primary;
  return [
    ...(old
      ? [`aws ecs update-task-set ${at} --task-set ${old.taskSetArn} --scale value=${old.scale},unit=PERCENT`]
      : []),
    ...snapshot.rules.map((rule) => ruleCommand(rule, handle)),
    ...(old ? [`aws ecs update-service-primary-task-set ${at} --primary-task-set ${old.taskSetArn}`] : []),
  ];
}
