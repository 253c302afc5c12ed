import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { Preflight } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import type { PreflightInput } from '../delivery.js';
import type { Run } from '../run.js';
import { createFindings, type Findings } from './findings.js';
import { refusedRead, wrongPlace } from './place.js';
import { checkEmpty } from './preflight-groups.js';
import { inspectService, type ServiceFound } from './preflight-service.js';
import { inspectTraffic, type TrafficFound } from './preflight-traffic.js';
import { differingFields } from './same-fields.js';
import { tagOf } from './service.js';
import { TAG } from './tags.js';
import { openDefinition, type Secrets } from './task-definition.js';

const identitySchema = z.object({ Account: z.string() });

/** The credentials' account and region must be those of everything named in the files (ecs-alb-facts §21). */
function checkPlace(run: Run, account: string, { service, targetGroups, provider }: Release, findings: Findings): void {
  const named: [string, string | undefined][] = [
    ['the cluster', service.cluster],
    ['targetGroups.primary', targetGroups.primary?.targetGroupArn],
    ['targetGroups.canary', targetGroups.canary?.targetGroupArn],
    ['targetGroups.baseline', targetGroups.baseline?.targetGroupArn],
  ];
  for (const [what, arn] of named) findings.problems.push(...wrongPlace(run, account, provider, what, arn));
}

/** The container and port that take the requests must be in the task definition, or AWS refuses the task set. */
function checkContainer({ taskDefinition, targetGroups }: Release, secrets: Secrets, findings: Findings): void {
  // What brings a registered revision back has no definition of its own (`workflows/application-memory.ts`).
  if (taskDefinition.sealed === '') return;
  const { containerDefinitions } = openDefinition(taskDefinition, secrets);
  for (const group of [targetGroups.primary, targetGroups.canary]) {
    if (!group) continue;
    const container = containerDefinitions.find(({ name }) => name === group.containerName);
    if (!container) {
      findings.problems.push(
        `The target groups want container ${group.containerName}, and the task definition has ${containerDefinitions.map(({ name }) => name).join(', ')}. Correct containerName in targetGroups.`,
      );
      return;
    }
    const ports = container.portMappings.map(({ containerPort }) => containerPort);
    if (!ports.includes(group.containerPort)) {
      findings.problems.push(
        `The target groups want port ${group.containerPort} of container ${group.containerName}, which maps ${ports.join(', ') || 'none'}. Correct containerPort, or add the port mapping.`,
      );
      return;
    }
  }
}

/** Stages that make a task set which stands beside the primary for a while. */
const SIDE_ROLLOUTS = ['ECS_CANARY_ROLLOUT', 'ECS_BASELINE_ROLLOUT'] as const;

function makes({ pipeline }: Release, repair: boolean, rollout: (typeof SIDE_ROLLOUTS)[number]): boolean {
  return !repair && pipeline.some(({ name }) => name === rollout);
}

/** Task sets that the deployment will make: a new primary always; a canary and a baseline where the pipeline has one. */
function placesNeeded(release: Release, repair: boolean): number {
  return 1 + SIDE_ROLLOUTS.filter((rollout) => makes(release, repair, rollout)).length;
}

/** Most tasks that stand at once: old, new, the largest canary and the largest baseline (ecs-alb-facts §24). */
function peakTasks({ pipeline }: Release, desiredCount: number, found: ServiceFound): number {
  if (!found.primary) return desiredCount;
  const beside = SIDE_ROLLOUTS.map((rollout) => {
    const scales = pipeline.map((stage) => (stage.name === rollout ? stage.scale : 0));
    return Math.ceil((desiredCount * Math.max(0, ...scales)) / 100);
  });
  return 2 * desiredCount + beside.reduce((sum, tasks) => sum + tasks, 0);
}

/** Whether what runs is what the file says, traffic and service fields included. */
function isUnchanged({ taskDefinition, service }: Release, found: ServiceFound, traffic: TrafficFound): boolean {
  if (!found.service || !found.primary) return false;
  const { set, revision } = found.primary;
  return (
    revision.content === taskDefinition.content &&
    set.scale.value === 100 &&
    traffic.allPrimary &&
    differingFields(service.updateService, found.service).length === 0 &&
    differingFields(service.createTaskSet, set).length === 0
  );
}

function runningOf({ primary }: ServiceFound, { image: wanted, taskDefinition }: Release): Preflight['running'] {
  if (!primary) return undefined;
  const { set, revision } = primary;
  const called = Object.entries(taskDefinition.images).find(([, image]) => image === wanted)?.[0];
  const name = set.loadBalancers[0]?.containerName ?? called;
  const image = revision.containers.find((container) => container.name === name)?.image;
  const deployment = tagOf(set, TAG.deployment);
  return {
    taskDefinitionArn: revision.arn,
    ...(image && { image }),
    ...(revision.content !== undefined && { content: revision.content }),
    ...(deployment !== undefined && { deployment }),
  };
}

/**
 * Reads only: whether this release can start, and the snapshot of what stands. What AWS does not let us read is a problem too; what
 * may pass is thrown, and tried again.
 */
export async function preflight(run: Run, input: PreflightInput, secrets: Secrets): Promise<Preflight> {
  const { release, repair } = input;
  const findings = createFindings(repair);
  const nothing: Preflight = {
    problems: findings.problems,
    warnings: findings.warnings,
    firstDeployment: false,
    unchanged: false,
    peakTasks: 0,
    log: [],
  };
  try {
    checkContainer(release, secrets, findings);
    const { Account } = identitySchema.parse(await run.aws.sts.send(new GetCallerIdentityCommand({})));
    checkPlace(run, Account, release, findings);
    if (findings.problems.length > 0) return nothing;

    const withBaseline = makes(release, repair, 'ECS_BASELINE_ROLLOUT');
    const traffic = await inspectTraffic(run, release, withBaseline, findings);
    const found = await inspectService(run, input, placesNeeded(release, repair), secrets, findings);
    const { baseline } = release.targetGroups;
    // Targets of the service's own sets have been told of by then.
    if (withBaseline && baseline && findings.problems.length === 0) {
      await checkEmpty(run, baseline.targetGroupArn, findings);
    }
    if (!traffic || findings.problems.length > 0) return { ...nothing, log: run.report.progress().log };

    const desiredCount = found.service?.desiredCount ?? release.service.desiredCount ?? 0;
    const running = runningOf(found, release);
    run.report.info(
      running
        ? `Running: ${running.image ?? running.taskDefinitionArn}, ${desiredCount} task(s), ${traffic.rules.length} rule(s) to move`
        : 'No primary task set stands: this is a first deployment',
    );
    return {
      problems: [],
      warnings: findings.warnings,
      snapshot: {
        takenAt: run.ctx.clock.now(),
        accountId: Account,
        region: run.aws.region,
        ...(traffic.loadBalancerArn !== undefined && { loadBalancerArn: traffic.loadBalancerArn }),
        ...(found.service && {
          service: { serviceArn: found.service.serviceArn, desiredCount: found.service.desiredCount },
        }),
        ...(found.primary && { primary: found.primary.snapshot }),
        rules: traffic.rules,
        rulesOnCanary: traffic.rulesOnCanary,
        ...(traffic.rulesOnBaseline && { rulesOnBaseline: traffic.rulesOnBaseline }),
        leftovers: found.leftovers,
      },
      firstDeployment: !found.primary,
      unchanged: isUnchanged(release, found, traffic),
      ...(running && { running }),
      peakTasks: peakTasks(release, desiredCount, found),
      log: run.report.progress().log,
    };
  } catch (error) {
    findings.problems.push(refusedRead(error));
    return nothing;
  }
}
