import type { ApiClass } from './limiter.js';

/**
 * Every AWS command that the product can send, with its IAM action and the class that AWS meters it in. A test compares this table
 * with the code and with `deploy/iam-policy.json`.
 */
export const COMMANDS = {
  DescribeServices: { action: 'ecs:DescribeServices', api: 'ecs service read' },
  CreateService: { action: 'ecs:CreateService', api: 'ecs service change' },
  UpdateService: { action: 'ecs:UpdateService', api: 'ecs service change' },
  TagResource: { action: 'ecs:TagResource', api: 'ecs service change' },
  DescribeTaskSets: { action: 'ecs:DescribeTaskSets', api: 'ecs task set read' },
  CreateTaskSet: { action: 'ecs:CreateTaskSet', api: 'ecs task set change' },
  UpdateTaskSet: { action: 'ecs:UpdateTaskSet', api: 'ecs task set change' },
  UpdateServicePrimaryTaskSet: { action: 'ecs:UpdateServicePrimaryTaskSet', api: 'ecs task set change' },
  DeleteTaskSet: { action: 'ecs:DeleteTaskSet', api: 'ecs task set change' },
  DescribeTaskDefinition: { action: 'ecs:DescribeTaskDefinition', api: 'ecs task definition read' },
  ListTaskDefinitions: { action: 'ecs:ListTaskDefinitions', api: 'ecs task definition read' },
  RegisterTaskDefinition: { action: 'ecs:RegisterTaskDefinition', api: 'ecs task definition change' },
  ListTasks: { action: 'ecs:ListTasks', api: 'ecs task read' },
  DescribeTasks: { action: 'ecs:DescribeTasks', api: 'ecs task read' },
  RunTask: { action: 'ecs:RunTask', api: 'ecs task change' },
  StopTask: { action: 'ecs:StopTask', api: 'ecs task change' },
  DescribeLoadBalancers: { action: 'elasticloadbalancing:DescribeLoadBalancers', api: 'elb' },
  DescribeTargetGroups: { action: 'elasticloadbalancing:DescribeTargetGroups', api: 'elb' },
  DescribeTargetGroupAttributes: { action: 'elasticloadbalancing:DescribeTargetGroupAttributes', api: 'elb' },
  DescribeTargetHealth: { action: 'elasticloadbalancing:DescribeTargetHealth', api: 'elb' },
  DescribeListeners: { action: 'elasticloadbalancing:DescribeListeners', api: 'elb' },
  DescribeRules: { action: 'elasticloadbalancing:DescribeRules', api: 'elb' },
  ModifyRule: { action: 'elasticloadbalancing:ModifyRule', api: 'elb change' },
  ModifyListener: { action: 'elasticloadbalancing:ModifyListener', api: 'elb change' },
  GetMetricData: { action: 'cloudwatch:GetMetricData', api: 'cloudwatch data' },
  ListMetrics: { action: 'cloudwatch:ListMetrics', api: 'cloudwatch list' },
  DescribeScalableTargets: { action: 'application-autoscaling:DescribeScalableTargets', api: 'scaling read' },
  // Needs no right: AWS always answers it.
  GetCallerIdentity: { action: 'sts:GetCallerIdentity', api: 'sts' },
} as const satisfies Record<string, { action: string; api: ApiClass }>;

/** What only an archive in S3 sends, as the identity of the bucket's configuration. S3 allows thousands of calls a second: no class. */
export const ARCHIVE_COMMANDS = {
  ListObjectsV2: { action: 's3:ListBucket' },
  GetObject: { action: 's3:GetObject' },
  PutObject: { action: 's3:PutObject' },
} as const;

export type CommandName = keyof typeof COMMANDS;

/** The class of a command by its SDK name (`DescribeRulesCommand`); undefined for one that is not in the table. */
export function apiClassOf(sdkName: string): ApiClass | undefined {
  const name = sdkName.replace(/Command$/, '');
  return name in COMMANDS ? COMMANDS[name as CommandName].api : undefined;
}
