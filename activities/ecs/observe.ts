import type { Progress, Traffic } from '../../model/delivery.js';
import { changedByOthers } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { nameOfRule, readPair, refuseForeign } from '../traffic/set-traffic.js';
import { sameWeights, sharesOf, weightsText } from '../traffic/weights.js';
import { pairOf } from './preflight-traffic.js';

/**
 * Reads the pair rules as they are now.
 * @throws FAILURE.changedByOthers when, in two looks, one of them is not as this deployment wrote it.
 */
export async function observe(run: Run, { snapshot, targetGroups, wanted }: Traffic): Promise<Progress> {
  const pair = pairOf(targetGroups);
  const polls = poller(run);
  for (let look = 1; pair !== undefined; look += 1) {
    const rules = await readPair(run, snapshot.rules);
    const wrong = snapshot.rules.find((one) => {
      const rule = rules.get(one.ruleArn);
      return !rule || !sameWeights(sharesOf(rule.actions, pair), wanted);
    });
    if (!wrong) {
      for (const one of snapshot.rules) {
        const rule = rules.get(one.ruleArn);
        if (rule) refuseForeign(rule, one, pair, [wanted]);
      }
      break;
    }
    if (look === 2) {
      const rule = rules.get(wrong.ruleArn);
      throw changedByOthers(
        rule
          ? `Somebody else set the ${nameOfRule(rule)} to ${weightsText(sharesOf(rule.actions, pair))}; this deployment had written ${weightsText(wanted)}.`
          : `Somebody else removed the ${nameOfRule(wrong)} (${wrong.ruleArn}).`,
      );
    }
    await polls.soon();
  }
  run.report.traffic({ wanted, verified: wanted, verifiedAt: run.ctx.clock.now() });
  run.report.detail(`${weightsText(wanted)} as written`);
  return run.report.progress();
}
