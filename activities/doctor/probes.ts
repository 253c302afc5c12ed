import { DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { GetMetricDataCommand, ListMetricsCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTaskSetsCommand,
  DescribeTasksCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsClients } from '../aws/clients.js';
import type { CommandName } from '../aws/commands.js';

/** Names and ARNs of things that cannot exist: each holds a number drawn for this examination. */
export interface Nowhere {
  /** Of a cluster, a service, a task definition. */
  name: string;
  service: string;
  /** Id of a task (32 hex digits). */
  task: string;
  /** Id of a task set. */
  taskSet: string;
  loadBalancer: string;
  listener: string;
  rule: string;
  targetGroup: string;
}

/** @param id 32 hex digits, random. */
export function nowhere(place: { partition: string; region: string; account: string }, id: string): Nowhere {
  const ecs = `arn:${place.partition}:ecs:${place.region}:${place.account}`;
  const elb = `arn:${place.partition}:elasticloadbalancing:${place.region}:${place.account}`;
  const low = id.slice(0, 16);
  const high = id.slice(16);
  return {
    name: `sluice-doctor-${id}`,
    service: `${ecs}:service/sluice-doctor-${id}/sluice-doctor-${id}`,
    task: id,
    taskSet: `ecs-svc/${BigInt(`0x${low}`).toString().slice(0, 19).padStart(19, '0')}`,
    loadBalancer: `${elb}:loadbalancer/app/sluice-doctor/${low}`,
    listener: `${elb}:listener/app/sluice-doctor/${low}/${high}`,
    rule: `${elb}:listener-rule/app/sluice-doctor/${low}/${high}/${low}`,
    targetGroup: `${elb}:targetgroup/sluice-doctor/${low}`,
  };
}

/** One point, long ago, of a metric that nobody has. */
function noMetric(name: string): GetMetricDataCommandInput {
  const Metric = { Namespace: name, MetricName: name };
  return {
    StartTime: new Date('2020-01-01T00:00:00Z'),
    EndTime: new Date('2020-01-01T01:00:00Z'),
    MetricDataQueries: [{ Id: 'm0', MetricStat: { Metric, Period: 3600, Stat: 'Sum' } }],
  };
}

/** A call that asks for a right and nothing else. */
export interface Probe {
  /**
   * `read`. `change`: the action changes things, the call cannot. `narrow`: a change that deploy/iam-policy.json limits to the
   * user's own cluster or load balancer, so that a denial for something that does not exist proves nothing. `optional`: a read that
   * only metrics of CloudWatch need.
   */
  kind: 'read' | 'change' | 'narrow' | 'optional';
  send: (aws: AwsClients, none: Nowhere, options: { abortSignal: AbortSignal }) => Promise<unknown>;
}

export type ProbedCommand = Exclude<CommandName, 'GetCallerIdentity'>;

/**
 * One probe for each command that the product sends. Reads name what is not there or ask for one item. Changes name a cluster or a
 * rule that cannot exist and ask for as little as the API takes; the task definition has neither a valid family nor a container
 * ("Container list cannot be empty", a ClientException: awsdocs/aws-cloudformation-user-guide pull request 454).
 */
export const PROBES: Readonly<Record<ProbedCommand, Probe>> = {
  DescribeServices: {
    kind: 'read',
    send: ({ ecs }, { name }, options) =>
      ecs.send(new DescribeServicesCommand({ cluster: name, services: [name] }), options),
  },
  DescribeTaskSets: {
    kind: 'read',
    send: ({ ecs }, { name }, options) =>
      ecs.send(new DescribeTaskSetsCommand({ cluster: name, service: name }), options),
  },
  DescribeTaskDefinition: {
    kind: 'read',
    send: ({ ecs }, { name }, options) =>
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }), options),
  },
  ListTaskDefinitions: {
    kind: 'read',
    send: ({ ecs }, { name }, options) =>
      ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: name, maxResults: 1 }), options),
  },
  ListTasks: {
    kind: 'read',
    send: ({ ecs }, { name, taskSet }, options) =>
      ecs.send(new ListTasksCommand({ cluster: name, startedBy: taskSet }), options),
  },
  DescribeTasks: {
    kind: 'read',
    send: ({ ecs }, { name, task }, options) =>
      ecs.send(new DescribeTasksCommand({ cluster: name, tasks: [task] }), options),
  },
  DescribeLoadBalancers: {
    kind: 'read',
    send: ({ elb }, { loadBalancer }, options) =>
      elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [loadBalancer] }), options),
  },
  DescribeTargetGroups: {
    kind: 'read',
    send: ({ elb }, { targetGroup }, options) =>
      elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [targetGroup] }), options),
  },
  DescribeTargetGroupAttributes: {
    kind: 'read',
    send: ({ elb }, { targetGroup }, options) =>
      elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: targetGroup }), options),
  },
  DescribeTargetHealth: {
    kind: 'read',
    send: ({ elb }, { targetGroup }, options) =>
      elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }), options),
  },
  DescribeListeners: {
    kind: 'read',
    send: ({ elb }, { listener }, options) =>
      elb.send(new DescribeListenersCommand({ ListenerArns: [listener] }), options),
  },
  DescribeRules: {
    kind: 'read',
    send: ({ elb }, { listener }, options) => elb.send(new DescribeRulesCommand({ ListenerArn: listener }), options),
  },
  DescribeScalableTargets: {
    kind: 'read',
    send: ({ scaling }, { name }, options) =>
      scaling.send(
        new DescribeScalableTargetsCommand({
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceIds: [`service/${name}/${name}`],
        }),
        options,
      ),
  },
  GetMetricData: {
    kind: 'optional',
    send: ({ cloudWatch }, { name }, options) => cloudWatch.send(new GetMetricDataCommand(noMetric(name)), options),
  },
  ListMetrics: {
    kind: 'optional',
    send: ({ cloudWatch }, { name }, options) => cloudWatch.send(new ListMetricsCommand({ Namespace: name }), options),
  },
  RegisterTaskDefinition: {
    kind: 'change',
    send: ({ ecsChanges }, _, options) =>
      ecsChanges.send(
        new RegisterTaskDefinitionCommand({ family: 'sluice doctor: no family', containerDefinitions: [] }),
        options,
      ),
  },
  CreateService: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name }, options) =>
      ecsChanges.send(
        new CreateServiceCommand({
          cluster: name,
          serviceName: name,
          desiredCount: 0,
          deploymentController: { type: 'EXTERNAL' },
        }),
        options,
      ),
  },
  UpdateService: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name }, options) =>
      ecsChanges.send(new UpdateServiceCommand({ cluster: name, service: name }), options),
  },
  TagResource: {
    kind: 'narrow',
    send: ({ ecsChanges }, { service, name }, options) =>
      ecsChanges.send(
        new TagResourceCommand({ resourceArn: service, tags: [{ key: 'sluice:application', value: name }] }),
        options,
      ),
  },
  CreateTaskSet: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name }, options) =>
      ecsChanges.send(new CreateTaskSetCommand({ cluster: name, service: name, taskDefinition: name }), options),
  },
  UpdateTaskSet: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name, taskSet }, options) =>
      ecsChanges.send(
        new UpdateTaskSetCommand({ cluster: name, service: name, taskSet, scale: { value: 100, unit: 'PERCENT' } }),
        options,
      ),
  },
  UpdateServicePrimaryTaskSet: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name, taskSet }, options) =>
      ecsChanges.send(
        new UpdateServicePrimaryTaskSetCommand({ cluster: name, service: name, primaryTaskSet: taskSet }),
        options,
      ),
  },
  DeleteTaskSet: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name, taskSet }, options) =>
      ecsChanges.send(new DeleteTaskSetCommand({ cluster: name, service: name, taskSet }), options),
  },
  RunTask: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name }, options) =>
      ecsChanges.send(new RunTaskCommand({ cluster: name, taskDefinition: name }), options),
  },
  StopTask: {
    kind: 'narrow',
    send: ({ ecsChanges }, { name, task }, options) =>
      ecsChanges.send(new StopTaskCommand({ cluster: name, task }), options),
  },
  ModifyRule: {
    kind: 'narrow',
    send: ({ elbChanges }, { rule, targetGroup }, options) =>
      elbChanges.send(
        new ModifyRuleCommand({ RuleArn: rule, Actions: [{ Type: 'forward', TargetGroupArn: targetGroup }] }),
        options,
      ),
  },
  ModifyListener: {
    kind: 'narrow',
    send: ({ elbChanges }, { listener, targetGroup }, options) =>
      elbChanges.send(
        new ModifyListenerCommand({
          ListenerArn: listener,
          DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroup }],
        }),
        options,
      ),
  },
};
