/** A container of a task, where there is something to say of it. */
export interface ContainerDocument {
  name: string;
  exitCode?: number;
  reason?: string;
}

/** A task as people look at it. Times are ISO 8601. */
export interface TaskDocument {
  /** The last part of its ARN. */
  id: string;
  /** ECS's word: PENDING, RUNNING, STOPPED and those between. */
  status: string;
  /** What the container's health check says: HEALTHY, UNHEALTHY, UNKNOWN. */
  health?: string;
  address?: string;
  /** What the load balancer says of it: healthy, unhealthy, initial, draining, unused. */
  target?: { state: string; reason?: string };
  startedAt?: string;
  stoppedAt?: string;
  /** Why it stopped, in ECS's words. */
  stoppedReason?: string;
  containers: ContainerDocument[];
}

/** A task set of the service, with its tasks: those that run, and those that stopped within about an hour. */
export interface TaskSetDocument {
  /** The last part of its ARN, which the console shows. */
  id: string;
  /** PRIMARY, ACTIVE or DRAINING. */
  status: string;
  /** What Sluice made it for, and which deployment did; absent on sets of others. */
  role?: string;
  deployment?: string;
  /** `family:revision`. */
  taskDefinition: string;
  /** Percent of the service's desired count. */
  scale: number;
  desired: number;
  running: number;
  pending: number;
  /** Whether ECS calls it stable: STEADY_STATE or STABILIZING. */
  stability: string;
  /** The target group that its tasks register in. */
  targetGroup?: string;
  tasks: TaskDocument[];
  /** How many more stopped tasks there are than are shown. */
  moreStopped?: number;
}

/** What stands in AWS for an application at one moment. */
export interface TaskSetsDocument {
  app: string;
  /** ISO 8601. */
  at: string;
  cluster: string;
  service: string;
  taskSets: TaskSetDocument[];
}

/** Which service is looked at. */
export interface TaskSetsInput {
  app: string;
  provider: string;
  cluster: string;
  service: string;
}
