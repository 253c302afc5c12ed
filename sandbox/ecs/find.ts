import { AwsError, invalidParameter } from '../aws/aws-error.js';
import type { Cloud } from '../cloud/cloud.js';
import type { Service, TaskSet } from '../cloud/state.js';

/** The cluster's ARN, from its name or ARN. @throws AwsError ClusterNotFoundException */
export function clusterArn(cloud: Cloud, cluster = 'default'): string {
  const { account, region, clusters } = cloud.state.world;
  const known = clusters.map((name) => `arn:aws:ecs:${region}:${account}:cluster/${name}`);
  const found = known.find((arn) => arn === cluster || arn.endsWith(`:cluster/${cluster}`));
  if (found === undefined) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return found;
}

/** The service of this name or ARN, if the cluster has it. */
export function lookUpService(cloud: Cloud, cluster: string, key: string): Service | undefined {
  return cloud.state.services.find(
    (service) => service.clusterArn === cluster && (service.arn === key || service.name === key),
  );
}

/** @throws AwsError ClusterNotFoundException, ServiceNotFoundException */
export function findService(cloud: Cloud, cluster: string | undefined, key: string): Service {
  const found = lookUpService(cloud, clusterArn(cloud, cluster), key);
  if (!found) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  return found;
}

/** As `findService`, for a call that only a service with task sets takes. */
export function findExternalService(cloud: Cloud, cluster: string | undefined, key: string): Service {
  const service = findService(cloud, cluster, key);
  if (service.controller === 'EXTERNAL') return service;
  // Text of terraform-provider-aws issue 30347.
  throw invalidParameter(
    'Amazon ECS only supports task set management on services configured to use external deployment controllers.',
  );
}

/** The task set of this id or ARN, if the service has it. */
export function lookUpTaskSet(cloud: Cloud, service: Service, key: string): TaskSet | undefined {
  return cloud.state.taskSets.find((set) => set.serviceArn === service.arn && (set.id === key || set.arn === key));
}

/** @throws AwsError TaskSetNotFoundException */
export function findTaskSet(cloud: Cloud, service: Service, key: string): TaskSet {
  const found = lookUpTaskSet(cloud, service, key);
  if (!found) throw new AwsError('TaskSetNotFoundException', 'The specified task set was not found.');
  return found;
}

/** Epoch seconds, as ECS writes times. */
export function epochSeconds(millis: number): number {
  return millis / 1000;
}
