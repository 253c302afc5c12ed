import type { ChainMatcher } from './chain.js';
import type { DriftSettings } from './drift.js';
import type { Millis } from './duration.js';
import type { Finding } from './finding.js';
import type { JsonObject } from './json.js';
import type { Mention } from './notification.js';
import type { Stage } from './stage.js';
import type { CommitMatcher } from './trigger.js';

/** A target group as the file names it: where one side's tasks register, and the container and port that take the requests. */
export interface TargetGroup {
  targetGroupArn: string;
  containerName: string;
  containerPort: number;
}

/**
 * A service definition, split by the call that each field belongs to (ecs-alb-facts §16). The members of the three objects are
 * those of the AWS API (`CreateService`, `UpdateService`, `CreateTaskSet`), without cluster, service name and desired count.
 */
export interface ServiceDefinition {
  cluster: string;
  serviceName: string;
  /** Sent at CreateService; later only under the rule of ecs-alb-facts §15. */
  desiredCount?: number;
  createService: JsonObject;
  updateService: JsonObject;
  createTaskSet: JsonObject;
  tags: { key: string; value: string }[];
}

/**
 * A task definition on its way to AWS. Its environment values are secrets more often than not, so the whole of it travels sealed
 * (`config/seal.ts`), and histories show the family, the images and the hash of the content alone.
 */
export interface SealedTaskDefinition {
  family: string;
  /** Hex SHA-256 of the canonical JSON of the normalised RegisterTaskDefinition request without its tags. */
  content: string;
  /** Container name → image. */
  images: Record<string, string>;
  /** The normalised RegisterTaskDefinition request, sealed. */
  sealed: string;
  /** Fields that hold a secret of the repository's, such as `containerDefinitions.command`: nobody is shown their values. */
  secretFields?: string[];
}

export interface Commit {
  hash: string;
  message?: string;
  author?: string;
  url?: string;
  /** What differs from the commit that runs; absent where that is not known, or is more than a few hundred paths. */
  changedPaths?: string[];
}

/** A service, and whose rights it is reached with. */
export interface ServicePlace {
  cluster: string;
  name: string;
  provider: string;
}

/** Where a release's service is. */
export function placeOf({ service, provider }: Pick<Release, 'service' | 'provider'>): ServicePlace {
  return { cluster: service.cluster, name: service.serviceName, provider };
}

/** How a deployment is planned: AUTO decides from what runs. */
export type Strategy = 'AUTO' | 'QUICK_SYNC' | 'PIPELINE';

/** What every deployment is asked to bring out, with a service or without. */
interface Brought {
  app: string;
  labels: Record<string, string>;
  /** Name of the ECS provider in the server configuration. */
  provider: string;
  taskDefinition: SealedTaskDefinition;
  /** What people call the version: the image of the container named in `targetGroups.primary`, of a task that of the first essential one. */
  image: string;
  /** The file's pipeline; empty when it has none. */
  pipeline: Stage[];
  alwaysUsePipeline: boolean;
  autoRollback: boolean;
  /** Chooses by the commit's message, where a request leaves it open. */
  commitMatcher?: CommitMatcher;
  /** `trigger.onCommand.disabled`: people and CI may not ask for it, git may. */
  noCommands?: true;
  /** What follows when it succeeded, block after block. */
  chain?: ChainMatcher[];
  /** Whom notices call (`notification.mentions`). */
  mentions?: Mention[];
  /** Absent: nothing is ignored. */
  drift?: DriftSettings;
  /** For the whole deployment. */
  timeout: Millis;
  warnings: Finding[];
}

/** What one deployment is asked to bring out: the user's files, parsed, normalised and free of secrets in the clear. */
export interface Release extends Brought {
  service: ServiceDefinition;
  /** No `primary` where tasks are found by service discovery: nothing stands before them, and there are no weights. */
  targetGroups: { primary?: TargetGroup; canary?: TargetGroup; baseline?: TargetGroup };
  /** Refuse when a rule outside the pair reaches a group (ecs-alb-facts §5). */
  strictRules: boolean;
}

/** How a task without a service is run. */
export interface StandaloneTask {
  cluster: string;
  launchType: 'FARGATE' | 'EC2' | 'EXTERNAL';
  /** Member of RunTask; absent where the tasks have no network of their own. */
  networkConfiguration?: {
    awsvpcConfiguration: { subnets: string[]; securityGroups?: string[]; assignPublicIp?: 'ENABLED' | 'DISABLED' };
  };
  /** False: the task definition is registered, and nothing runs. */
  run: boolean;
}

/** A release without a service: its task is run once, and its exit codes are the outcome. */
export interface TaskRelease extends Brought {
  task: StandaloneTask;
}

export type AnyRelease = Release | TaskRelease;

/** Whether a release is a task that runs to its end, and not a service. */
export function isTask(release: AnyRelease): release is TaskRelease {
  return 'task' in release;
}
