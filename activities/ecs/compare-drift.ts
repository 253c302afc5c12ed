import type { DriftDifference, Stood } from '../../model/drift.js';
import type { Difference } from '../../model/plan-preview.js';
import type { Release } from '../../model/release.js';
import { ALL_PRIMARY } from '../../model/delivery.js';
import type { ListenerRule } from '../traffic/listener-rule.js';
import { pairRules } from '../traffic/reachability.js';
import { nameOfRule } from '../traffic/set-traffic.js';
import { nameOfGroup, namesOfGroups } from '../traffic/target-group.js';
import { forwardedGroups, groupsOf, isPair, sameWeights, sharesOf, weightsText } from '../traffic/weights.js';
import type { Scaling } from './desired-count.js';
import { differencesOf, secretFieldsOf } from './differences.js';
import { fieldDifferences, withoutTags } from './field-differences.js';
import { pairOf } from './preflight-traffic.js';
import { tagOf, type Service } from './service.js';
import { TAG } from './tags.js';
import { requestOf, type Revision } from './task-definition.js';
import { isPrimary, isStanding, shortName, type TaskSet } from './task-set.js';

/** The deployment that ended well last, and what it left. */
export interface Deployed {
  deployment: string;
  release: Release;
  /** Absent where its end was found out and not told: all rules of the pair must then give everything to the primary. */
  stood?: Stood;
}

/** What was read. A part that could not be read is left out. */
export interface Running {
  /** Null when there is none. */
  service?: Service | null;
  sets?: TaskSet[];
  /** Of the service's desired count; read only where that is another than the file's. */
  scaling?: Scaling;
  /** Read only where the primary runs another revision than was deployed. */
  revisions?: { deployed: Revision; running: Revision };
  /** All rules of the load balancers that the primary's group hangs on; absent too where the file names one group alone. */
  rules?: ListenerRule[];
}

/** In what that which runs differs from that which was deployed. What was not read is no difference. */
export function driftBetween(deployed: Deployed, running: Running): DriftDifference[] {
  const { release } = deployed;
  const { service, rules } = running;
  if (service === null) return [{ path: 'service', deployed: release.service.serviceName }];
  return [
    ...(running.revisions ? ofRevisions(running.revisions, release.taskDefinition) : []),
    ...(service ? ofService(release, service, running.scaling) : []),
    ...(running.sets ? ofTaskSets(deployed, running.sets) : []),
    ...(rules ? ofRules(deployed, rules) : []),
  ];
}

/** As the other way round in a plan: there the files are what will be, here what was deployed is what should be. */
function under(part: string, { path, from, to }: Difference): DriftDifference {
  return {
    path: `${part}.${path}`,
    ...(to !== undefined && { deployed: to }),
    ...(from !== undefined && { running: from }),
  };
}

function ofRevisions(
  { deployed, running }: NonNullable<Running['revisions']>,
  wanted: Pick<Revision, 'secretFields'>,
): DriftDifference[] {
  // AWS fills in other things in other years: what we tagged as the same content is the same.
  if (deployed.content !== undefined && deployed.content === running.content) return [];
  const [was, is] = [deployed, running].map((revision) => withoutTags(requestOf(revision)));
  const secretFields = secretFieldsOf(wanted, deployed, running);
  return differencesOf(is, was, { bothAnswered: true, secretFields }).map((one) => under('taskDefinition', one));
}

/** What the file names and AWS has otherwise; what it leaves out is AWS's to fill in. */
function ofFields(
  part: string,
  wanted: Release['service']['updateService'],
  found: Record<string, unknown>,
): DriftDifference[] {
  return fieldDifferences(wanted, found)
    .filter(({ to }) => to !== undefined)
    .map((one) => under(part, one));
}

function ofService({ app, service: wanted }: Release, found: Service, scaling: Scaling | undefined): DriftDifference[] {
  const owner = tagOf(found, TAG.application);
  const { desiredCount } = wanted;
  return [
    ...(found.status === 'ACTIVE' ? [] : [{ path: 'service.status', deployed: 'ACTIVE', running: found.status }]),
    ...(owner === undefined || owner === app
      ? []
      : [{ path: `service.tags[${TAG.application}]`, deployed: app, running: owner }]),
    ...ofFields('service', wanted.updateService, found),
    // Where Application Auto Scaling owns the number it is nobody's drift (ecs-alb-facts §15).
    ...(desiredCount === undefined || desiredCount === found.desiredCount || scaling !== 'none'
      ? []
      : [{ path: 'service.desiredCount', deployed: String(desiredCount), running: String(found.desiredCount) }]),
  ];
}

function placeOf(balancers: TaskSet['loadBalancers']): string {
  return (
    balancers
      .map(({ targetGroupArn, containerName, containerPort }) =>
        [
          nameOfGroup(targetGroupArn ?? ''),
          ...(containerName === undefined ? [] : [`${containerName}:${containerPort ?? 0}`]),
        ].join(' '),
      )
      .join(', ') || 'no target group'
  );
}

/** A canary or baseline that the deployment itself left is what it deployed; it said so in its warnings. */
function isLeft(set: TaskSet, deployment: string): boolean {
  const role = tagOf(set, TAG.role);
  return tagOf(set, TAG.deployment) === deployment && (role === 'canary' || role === 'baseline');
}

function ofTaskSets({ deployment, release }: Deployed, sets: TaskSet[]): DriftDifference[] {
  const primary = sets.find((set) => isStanding(set) && isPrimary(set));
  const beside = sets.filter(
    (set) => isStanding(set) && !isPrimary(set) && set.scale.value > 0 && !isLeft(set, deployment),
  );
  return [
    ...(primary ? ofPrimary(release, primary) : [{ path: 'taskSet', deployed: 'a primary task set' }]),
    ...beside.map((set) => ({
      path: `taskSet[${shortName(set)}]`,
      running: `${set.taskDefinition.split('/').at(-1) ?? ''} at ${set.scale.value} % in ${placeOf(set.loadBalancers)}`,
    })),
  ];
}

function ofPrimary({ targetGroups, service }: Release, primary: TaskSet): DriftDifference[] {
  // Tasks that are found by service discovery hang on no load balancer.
  const groups = targetGroups.primary ? [{ ...targetGroups.primary }] : [];
  const [wanted, found] = [placeOf(groups), placeOf(primary.loadBalancers)];
  const same =
    primary.loadBalancers.length === groups.length &&
    primary.loadBalancers[0]?.targetGroupArn === targetGroups.primary?.targetGroupArn;
  return [
    ...ofFields('taskSet', service.createTaskSet, primary),
    ...(primary.scale.value === 100
      ? []
      : [{ path: 'taskSet.scale', deployed: '100 %', running: `${primary.scale.value} %` }]),
    ...(same && wanted === found ? [] : [{ path: 'taskSet.loadBalancers', deployed: wanted, running: found }]),
  ];
}

function ofRules({ release, stood }: Deployed, rules: ListenerRule[]): DriftDifference[] {
  const pair = pairOf(release.targetGroups);
  if (!pair) return [];
  const weights = stood?.weights ?? ALL_PRIMARY;
  const wanted = weightsText(weights);
  const ours = pairRules(rules, pair);
  if (ours.length === 0 && !stood?.rules.length) {
    return [{ path: 'listener', deployed: `a rule that forwards to ${namesOfGroups(groupsOf(pair, weights))}` }];
  }
  const lost = (stood?.rules ?? []).flatMap((one): DriftDifference[] => {
    const rule = rules.find(({ ruleArn }) => ruleArn === one.ruleArn);
    const path = `listener[${nameOfRule(one)}]`;
    if (!rule) return [{ path, deployed: wanted }];
    if (isPair(rule.actions, pair)) return [];
    const groups = forwardedGroups(rule.actions).map(({ arn, weight }) => `${nameOfGroup(arn)} ${weight}`);
    return [{ path, deployed: wanted, running: groups.join(', ') || 'forwards to no target group' }];
  });
  const moved = ours.flatMap((rule): DriftDifference[] => {
    const found = sharesOf(rule.actions, pair);
    if (sameWeights(found, weights)) return [];
    return [{ path: `listener[${nameOfRule(rule)}].weights`, deployed: wanted, running: weightsText(found) }];
  });
  return [...lost, ...moved];
}
