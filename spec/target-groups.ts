import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Release, TargetGroup } from '../model/release.js';
import type { Stage } from '../model/stage.js';
import type { Application } from './application.js';
import { parseArn } from './arn.js';
import type { Arn } from './arn.js';
import type { TaskDefinition } from './task-definition.js';

type Groups = Partial<Release['targetGroups']>;

const SIDES = ['primary', 'canary', 'baseline'] as const;

/** Reads the target groups; what they lack is said here. */
export function readTargetGroups(reader: Reader, { input, inputPath }: Application): Groups {
  const path = [...inputPath, 'targetGroups'];
  const groups: Groups = {};
  for (const side of SIDES) {
    const group = input.targetGroups?.[side];
    if (!group) continue;
    const { targetGroupArn, containerName, containerPort, loadBalancerName } = group;
    groups[side] = { targetGroupArn, containerName, containerPort };
    const arn = parseArn(targetGroupArn);
    if (arn?.service !== 'elasticloadbalancing' || !arn.resource.startsWith('targetgroup/')) {
      const message = `"${targetGroupArn}" is not the ARN of a target group`;
      const fix = 'Write arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID.';
      reader.error([...path, side, 'targetGroupArn'], message, fix);
    }
    if (loadBalancerName !== undefined) {
      const message = 'loadBalancerName is not used: the target group says which load balancer it is';
      reader.warning([...path, side, 'loadBalancerName'], message, 'Delete it.');
    }
  }
  if (!groups.primary) {
    reader.error([...path, 'primary'], 'targetGroups.primary is missing', 'Name the group that serves the requests.');
  }
  refuseSame(reader, groups, path);
  return groups;
}

/** Each side needs a group of its own: what is measured and emptied is a group. */
function refuseSame(reader: Reader, groups: Groups, path: Path): void {
  for (const [i, side] of SIDES.entries()) {
    for (const other of SIDES.slice(0, i)) {
      if (!groups[side] || groups[side].targetGroupArn !== groups[other]?.targetGroupArn) continue;
      reader.error([...path, side], `${other} and ${side} are the same target group`, 'Name two different groups.');
    }
  }
}

/** A pipeline with a canary or a baseline needs a group for it. */
export function checkSideGroups(reader: Reader, stages: readonly Stage[], groups: Groups, path: Path): void {
  const check = (side: 'canary' | 'baseline', needs: (stage: Stage) => boolean, fix: string): void => {
    const stage = stages.find(needs);
    if (!stage || groups[side]) return;
    const message = `targetGroups.${side} is missing, which ${stage.name} needs`;
    reader.error([...path, 'targetGroups', side], message, fix);
  };
  check('canary', needsCanary, 'Name the group that the canary’s tasks register in.');
  check(
    'baseline',
    needsBaseline,
    'Write baseline: {targetGroupArn: …, containerName: …, containerPort: …} with a third group, and add that group with weight 0 to the rule that forwards to the other two.',
  );
}

function needsCanary({ name }: Stage): boolean {
  return name === 'ECS_CANARY_ROLLOUT' || name === 'ECS_TRAFFIC_ROUTING';
}

function needsBaseline(stage: Stage): boolean {
  if (stage.name === 'ECS_TRAFFIC_ROUTING') return stage.baseline !== undefined;
  return stage.name === 'ECS_BASELINE_ROLLOUT' || stage.name === 'ECS_BASELINE_CLEAN';
}

/** Everything that a file names must be in one account and region. */
export function checkAccounts(reader: Reader, groups: Groups, cluster: string | undefined, path: Path): void {
  const named: [string, Arn | undefined][] = [
    ['the cluster', cluster === undefined ? undefined : parseArn(cluster)],
    ...SIDES.map((side): [string, Arn | undefined] => [`targetGroups.${side}`, arnOf(groups[side])]),
  ];
  const [first, ...others] = named.filter((entry): entry is [string, Arn] => entry[1] !== undefined);
  if (!first) return;
  const [name, one] = first;
  for (const [otherName, other] of others) {
    if (one.account === other.account && one.region === other.region) continue;
    const message = `${name} is in ${one.account} ${one.region}, ${otherName} in ${other.account} ${other.region}`;
    reader.error([...path, 'targetGroups'], message, 'Name resources of one account and region.');
  }
}

/** The containers and ports that the groups name must exist in the task definition. */
export function checkContainers(reader: Reader, groups: Groups, definition: TaskDefinition, path: Path): void {
  const names = definition.containerDefinitions.map(({ name }) => name);
  for (const side of SIDES) {
    const group = groups[side];
    if (!group) continue;
    const at = [...path, 'targetGroups', side];
    const container = definition.containerDefinitions.find(({ name }) => name === group.containerName);
    if (!container) {
      const message = `the task definition has no container "${group.containerName}"`;
      reader.error([...at, 'containerName'], message, `It has: ${names.join(', ')}.`);
      continue;
    }
    const ports = (container.portMappings ?? []).map(({ containerPort }) => containerPort);
    if (ports.includes(group.containerPort) || container.portMappings?.some((port) => port.containerPortRange))
      continue;
    const message = `the container "${group.containerName}" does not map the port ${group.containerPort}`;
    const fix = `Add it to portMappings${ports.length > 0 ? `, which have ${ports.join(', ')}` : ''}.`;
    reader.error([...at, 'containerPort'], message, fix);
  }
}

function arnOf(group: TargetGroup | undefined): Arn | undefined {
  return group && parseArn(group.targetGroupArn);
}
