import type { TaskSetSnapshot } from '../../model/delivery.js';
import type { JsonObject } from '../../model/json.js';
import type { PreflightInput } from '../delivery.js';
import type { Run } from '../run.js';
import { nameOfGroup } from '../traffic/target-group.js';
import type { Findings } from './findings.js';
import { readService, tagOf, type Service } from './service.js';
import { PIPECD_APPLICATION_TAG, PIPECD_TAG, TAG } from './tags.js';
import { groupOf, isPrimary, isStanding, readTaskSets, shortName, type TaskSet } from './task-set.js';
import { readRevision, sealRevision, type Revision, type Secrets } from './task-definition.js';

/** AWS's limit of task sets for a service, draining ones included (ecs-alb-facts §13). */
const PLACES = 5;

export interface ServiceFound {
  service?: Service;
  primary?: { set: TaskSet; revision: Revision; snapshot: TaskSetSnapshot };
  leftovers: string[];
}

/** Members of CreateTaskSet that DescribeTaskSets answers back: enough to make the set again. */
const CREATE_MEMBERS = [
  'launchType',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'serviceRegistries',
  'loadBalancers',
] as const;

function membersOf(set: TaskSet): JsonObject {
  const members: JsonObject = {};
  for (const field of CREATE_MEMBERS) {
    const value: unknown = set[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    members[field] = JSON.parse(JSON.stringify(value)) as JsonObject;
  }
  return members;
}

function checkService(service: Service, name: string, findings: Findings): void {
  const controller = service.deploymentController?.type ?? 'ECS';
  if (controller !== 'EXTERNAL') {
    findings.problems.push(
      `Service ${name} has the deployment controller ${controller}; Sluice delivers by task sets, which need EXTERNAL. The controller of a service cannot be changed: give the file a new serviceName.`,
    );
  }
  if (service.schedulingStrategy === 'DAEMON') {
    findings.problems.push(`Service ${name} is a DAEMON service; task sets need the scheduling strategy REPLICA.`);
  }
  if (service.status !== 'ACTIVE') {
    findings.problems.push(`Service ${name} is ${service.status}; wait until it is gone, or take another name.`);
  }
}

/** One service belongs to one application; the primary's tag counts where the service was made by others (design, Workflows). */
function checkOwner(input: PreflightInput, service: Service, sets: TaskSet[], findings: Findings): void {
  const { app, release } = input;
  const name = release.service.serviceName;
  const primary = sets.find(isPrimary);
  const owner = tagOf(service, TAG.application) ?? (primary && tagOf(primary, TAG.application));
  if (owner !== undefined && owner !== app) {
    findings.problems.push(
      `Service ${name} belongs to application "${owner}", so application "${app}" cannot deploy to it. Deploy as "${owner}", or give "${app}" a service of its own. Where it is the same application under a new name: sluice rename ${owner} ${app} --reason "…".`,
    );
  }
  const piped = [service, ...sets.filter(isStanding)].find((one) => tagOf(one, PIPECD_TAG) !== undefined);
  if (piped && owner === undefined && !input.adopt) {
    const theirs = tagOf(piped, PIPECD_APPLICATION_TAG);
    findings.problems.push(
      `Service ${name} is PipeCD's (${theirs ? `application ${theirs}` : 'by its tags'}): a piped that still watches it would delete our task sets. Stop it for this application, then deploy once with --adopt (adopt: true).`,
    );
  }
}

function checkPlaces(sets: TaskSet[], needed: number, name: string, findings: Findings): void {
  const standing = sets.filter(isStanding).length;
  if (standing + needed > PLACES) {
    findings.problems.push(
      `Service ${name} has ${standing} task sets and AWS allows ${PLACES}; this deployment needs ${needed} more. Delete those that are not in use: ${sets
        .filter((set) => isStanding(set) && !isPrimary(set))
        .map(shortName)
        .join(', ')}.`,
    );
  } else if (sets.length + needed > PLACES) {
    findings.warnings.push(
      `${sets.length - standing} task set(s) of service ${name} are still draining and count for AWS's limit of ${PLACES}: the deployment may wait for a place.`,
    );
  }
}

function checkPrimary(set: TaskSet, { release }: PreflightInput, findings: Findings): void {
  const wanted = release.targetGroups.primary;
  const group = groupOf(set);
  if (!wanted && group !== undefined) {
    findings.problems.push(
      `The primary task set ${shortName(set)} stands in target group ${nameOfGroup(group)}, and the file says accessType SERVICE_DISCOVERY: the requests that come through the load balancer would find no task. Give the file a new serviceName, or write targetGroups and accessType: ELB.`,
    );
  }
  if (wanted && group !== wanted.targetGroupArn) {
    findings.repairable(
      `The primary task set ${shortName(set)} stands in ${group ? `target group ${nameOfGroup(group)}` : 'no target group'}, and targetGroups.primary is ${nameOfGroup(wanted.targetGroupArn)}. Correct the file, or deploy with strategy QUICK_SYNC, which repairs it.`,
    );
  }
  if (set.stabilityStatus !== 'STEADY_STATE') {
    findings.repairable(
      `The primary task set ${shortName(set)} is not steady (${set.runningCount} of ${set.computedDesiredCount} tasks run): there is no good version to compare with or to go back to. Wait until it is steady, or deploy with strategy QUICK_SYNC.`,
    );
  }
  const [balancer] = set.loadBalancers;
  if (
    wanted &&
    balancer?.containerName &&
    (balancer.containerName !== wanted.containerName || balancer.containerPort !== wanted.containerPort)
  ) {
    findings.warnings.push(
      `The running version takes requests on ${balancer.containerName}:${balancer.containerPort ?? 0}, the file says ${wanted.containerName}:${wanted.containerPort}.`,
    );
  }
}

/** Sets besides the primary: ours to remove later, or somebody's. */
function sortLeftovers(input: PreflightInput, sets: TaskSet[], findings: Findings): string[] {
  const others = sets.filter((set) => isStanding(set) && !isPrimary(set));
  const leftovers: string[] = [];
  for (const set of others) {
    const ours = tagOf(set, TAG.application) === input.app;
    const adopted = input.adopt && tagOf(set, PIPECD_TAG) !== undefined;
    if (ours || adopted) leftovers.push(set.taskSetArn);
    if (set.scale.value === 0) continue;
    const owner = ours ? 'of an earlier deployment' : adopted ? "of PipeCD's" : 'that is not ours';
    findings.repairable(
      `Task set ${shortName(set)} ${owner} stands beside the primary with ${set.computedDesiredCount} task(s) in ${nameOfGroup(groupOf(set) ?? 'no group')}: two versions would be mixed. Delete it${ours || adopted ? ', or deploy with strategy QUICK_SYNC' : ''}.`,
    );
  }
  return leftovers;
}

/**
 * Looks at the service and its task sets, reads only (ecs-alb-facts §9, §13, §26, §27).
 * @param places how many task sets the deployment will make.
 */
export async function inspectService(
  run: Run,
  input: PreflightInput,
  places: number,
  secrets: Secrets,
  findings: Findings,
): Promise<ServiceFound> {
  const { release } = input;
  const name = release.service.serviceName;
  const service = await readService(run, release.service);
  if (!service) {
    if (!release.service.desiredCount) {
      findings.problems.push(
        `Service ${name} does not exist yet and the file gives no desiredCount: nothing would run. Write desiredCount.`,
      );
    }
    return { leftovers: [] };
  }
  checkService(service, name, findings);
  if (findings.problems.length > 0) return { service, leftovers: [] };
  const sets = await readTaskSets(run, release.service);
  checkOwner(input, service, sets, findings);
  checkPlaces(sets, places, name, findings);
  if (service.desiredCount === 0) {
    findings.problems.push(`Service ${name} has desiredCount 0: no task of any version would run. Set it above 0.`);
  }
  const leftovers = sortLeftovers(input, sets, findings);
  const set = sets.find(isPrimary);
  if (!set) {
    if (sets.some((one) => isStanding(one) && one.computedDesiredCount > 0)) {
      findings.repairable(
        `Service ${name} has tasks and no primary task set: it cannot be told which version is the good one. Make one the primary, or deploy with strategy QUICK_SYNC, which brings this version out at once.`,
      );
    }
    return { service, leftovers };
  }
  checkPrimary(set, input, findings);
  const revision = await readRevision(run, set.taskDefinition);
  if (!revision) {
    findings.problems.push(
      `The primary's task definition ${set.taskDefinition} cannot be read, so there would be nothing to go back to.`,
    );
    return { service, leftovers };
  }
  return {
    service,
    leftovers,
    primary: {
      set,
      revision,
      snapshot: {
        taskSetArn: set.taskSetArn,
        id: set.id,
        taskDefinitionArn: revision.arn,
        taskDefinition: sealRevision(revision, secrets),
        scale: set.scale.value,
        createTaskSet: membersOf(set),
        tags: set.tags,
      },
    },
  };
}
