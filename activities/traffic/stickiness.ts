import type { Progress, RuleSnapshot, Traffic, Weights } from '../../model/delivery.js';
import { change } from '../aws/change.js';
import { isNotFound, wordsOf } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { readRules, sendActions, type ListenerRule } from './listener-rule.js';
import { nameOfRule } from './set-traffic.js';
import { isPair, sameWeights, sharesOf, stickinessOf, weightsText, withStickiness, type Pair } from './weights.js';

/** A rule of the snapshot whose sticky sessions were on, and how long their cookies last. */
interface StickyRule {
  snapshot: RuleSnapshot;
  seconds: number;
}

/** Looks that a write is given until it shows. */
const LOOKS = 10;

function stickyRules(rules: RuleSnapshot[]): StickyRule[] {
  return rules.flatMap((snapshot) => {
    const { enabled = false, durationSeconds: seconds } = snapshot.stickiness ?? {};
    return enabled && seconds !== undefined ? [{ snapshot, seconds }] : [];
  });
}

async function read(run: Run, { ruleArn }: RuleSnapshot): Promise<ListenerRule | undefined> {
  try {
    return (await readRules(run.aws.elb, [ruleArn]))[0];
  } catch (error) {
    if (isNotFound(error, 'RuleNotFoundException')) return undefined;
    throw error;
  }
}

function isSticky(rule: ListenerRule | undefined): boolean {
  return rule !== undefined && (stickinessOf(rule.actions)?.enabled ?? false);
}

/**
 * Why a rule is left alone; undefined for one that is to be written. Days may have passed since the deployment: groups and weights
 * alone decide, and what somebody made of the log-in in the meantime is kept.
 */
function reasonToLeave(rule: ListenerRule, pair: Pair, wanted: Weights): string | undefined {
  if (!isPair(rule.actions, pair)) return 'it forwards to other groups now';
  const now = sharesOf(rule.actions, pair);
  if (!sameWeights(now, wanted)) return `its weights are ${weightsText(now)} now, not ${weightsText(wanted)}`;
  return isSticky(rule) ? 'they are on already' : undefined;
}

/** Reads a rule back until two looks in a row show it sticky. @returns whether they did. */
async function verify(run: Run, snapshot: RuleSnapshot): Promise<boolean> {
  const polls = poller(run);
  for (let looks = 0, agreed = 0; looks < LOOKS; looks += 1) {
    const sticky = isSticky(await read(run, snapshot));
    agreed = sticky ? agreed + 1 : 0;
    if (agreed === 2) return true;
    await (sticky ? polls.soon() : polls.next());
  }
  // Not written once more: somebody may have switched them off again, and that is not fought.
  run.report.warn(`The ${nameOfRule(snapshot)} was written, and does not show sticky sessions`);
  return false;
}

/** Switches one rule's sticky sessions on, if that is still to be done. @returns whether they are on in the end. */
async function restore(run: Run, { snapshot, seconds }: StickyRule, pair: Pair, wanted: Weights): Promise<boolean> {
  const name = nameOfRule(snapshot);
  const last = { sticky: false };
  const answer = await change(run, {
    command: snapshot.isDefault ? 'ModifyListener' : 'ModifyRule',
    resource: snapshot.isDefault ? snapshot.listenerArn : snapshot.ruleArn,
    async look() {
      const rule = await read(run, snapshot);
      const leave = rule ? reasonToLeave(rule, pair, wanted) : 'the rule is gone';
      last.sticky = isSticky(rule);
      if (leave === undefined) return rule;
      run.report.info(`Left the sticky sessions of the ${name} alone: ${leave}`);
      return undefined;
    },
    send: (rule, options) => sendActions(run.aws.elbChanges, rule, withStickiness(rule.actions, seconds), options),
    say: () => `Switched the sticky sessions of the ${name} on again (${seconds} s)`,
  });
  return answer === undefined ? last.sticky : verify(run, snapshot);
}

/**
 * Switches the sticky sessions on again that this deployment had switched off when it took a side to 0 (ecs-alb-facts §3), each rule
 * with one write, and reads them back. Rules that are not as the deployment left them stay as they are, and the log says why.
 * @param pair undefined where the file names one group alone: no rule is written then.
 * @throws the first rule's error, after the others had their turn.
 */
export async function restoreStickiness(
  run: Run,
  { snapshot, wanted }: Pick<Traffic, 'snapshot' | 'wanted'>,
  pair: Pair | undefined,
): Promise<Progress> {
  const rules = pair ? stickyRules(snapshot.rules) : [];
  let on = 0;
  let failure: Error | undefined;
  for (const rule of rules) {
    try {
      if (pair && (await restore(run, rule, pair, wanted))) on += 1;
    } catch (error) {
      run.ctx.cancelled.throwIfAborted();
      failure ??= error instanceof Error ? error : new Error(wordsOf(error));
    }
  }
  if (failure) throw failure;
  run.report.detail(`Sticky sessions are on in ${on} of the ${rules.length} rule(s) that had them`);
  return run.report.progress();
}
