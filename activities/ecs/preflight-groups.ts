import type { Release } from '../../model/release.js';
import { poller, type Run } from '../run.js';
import { nameOfGroup, readTargetGroup, type TargetGroupFacts } from '../traffic/target-group.js';
import { readTargetHealth } from '../traffic/target-health.js';
import type { Findings } from './findings.js';

type SideName = keyof Release['targetGroups'];

/** A group that exists, and whose it is. */
export interface SideGroup extends TargetGroupFacts {
  side: SideName;
}

function checkGroup(group: TargetGroupFacts, findings: Findings): void {
  if (group.protocol !== 'HTTP' && group.protocol !== 'HTTPS') {
    findings.problems.push(
      `Target group ${group.name} speaks ${group.protocol}: weights exist on Application Load Balancers alone, with HTTP or HTTPS groups.`,
    );
  }
  if (group.targetType !== 'ip') {
    findings.problems.push(
      `Target group ${group.name} has targets of type ${group.targetType}. Sluice follows tasks by their addresses: use the network mode awsvpc and a group of target type ip.`,
    );
  }
}

/** Reads the groups of the given sides and says what each of them lacks. Those that do not exist are left out. */
export async function readGroups(
  run: Run,
  { targetGroups }: Release,
  sides: readonly SideName[],
  findings: Findings,
): Promise<SideGroup[]> {
  const groups: SideGroup[] = [];
  for (const side of sides) {
    const named = targetGroups[side];
    if (!named) continue;
    const group = await readTargetGroup(run.aws.elb, named.targetGroupArn);
    if (!group) {
      findings.problems.push(
        `Target group ${named.targetGroupArn} does not exist in ${run.aws.region}. Correct targetGroups in app.pipecd.yaml.`,
      );
      continue;
    }
    checkGroup(group, findings);
    groups.push({ ...group, side });
  }
  const [first, ...others] = groups;
  for (const other of others) {
    if (first?.vpcId === other.vpcId) continue;
    findings.problems.push(
      `Target groups ${first?.name ?? ''} and ${other.name} are in different VPCs; both must be in the tasks' VPC.`,
    );
  }
  return groups;
}

/** The one load balancer of the groups; says what is wrong when there is none or more. */
export function loadBalancerOf(groups: SideGroup[], findings: Findings): string | undefined {
  for (const { name, side, loadBalancerArns } of groups) {
    if (loadBalancerArns.length > 1) {
      findings.problems.push(
        `Target group ${name} is attached to ${loadBalancerArns.length} load balancers (${loadBalancerArns.join(', ')}); Sluice moves the traffic of one.`,
      );
    }
    if (loadBalancerArns.length === 0) {
      findings.problems.push(
        side === 'primary'
          ? `Target group ${name} is attached to no listener: no rule of any load balancer forwards to it. Forward a listener's rule to it.`
          : inNoRule(side, name, groups[0]?.name ?? 'the primary group'),
      );
    }
  }
  const arns = new Set(groups.flatMap(({ loadBalancerArns }) => loadBalancerArns));
  if (arns.size > 1) {
    findings.problems.push(
      `The ${groups.length === 2 ? 'two ' : ''}target groups hang on different load balancers (${[...arns].join(', ')}): put ${groups.length === 2 ? 'both' : 'all of them'} into one rule of one of them.`,
    );
  }
  return arns.size === 1 ? [...arns][0] : undefined;
}

/** What is wrong with a group that no rule names (ecs-alb-facts §12). */
export function inNoRule(side: SideName, name: string, primary: string): string {
  return `The ${side}'s target group ${name} is in no listener rule, so its targets would never be health-checked. Add it with weight 0 to the rule that forwards to ${primary}.`;
}

/** Those that leave after an earlier deployment may not read as draining yet. */
const LOOKS = 3;

/** Others' targets in the baseline's group would answer its requests and be taken for the old version in its metrics. */
export async function checkEmpty(run: Run, baselineArn: string, findings: Findings): Promise<void> {
  const polls = poller(run);
  let staying = 0;
  for (let look = 1; look <= LOOKS; look += 1) {
    const targets = await readTargetHealth(run.aws.elb, baselineArn);
    staying = targets.filter(({ state }) => !state.endsWith('draining')).length;
    if (staying === 0) return;
    if (look < LOOKS) await polls.next();
  }
  findings.problems.push(
    `The baseline's target group ${nameOfGroup(baselineArn)} has ${staying} target(s) already, whose requests and metrics would be mixed with the baseline's. Empty it, or name another group in targetGroups.baseline.`,
  );
}
