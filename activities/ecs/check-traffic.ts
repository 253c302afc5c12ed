import type { Weights } from '../../model/delivery.js';
import { readPair, refuseForeign } from '../traffic/set-traffic.js';
import { pairOfStep, type Step } from './step.js';

/** What the sides beside the primary get at most, percent. */
type Shares = Record<'canary' | 'baseline', number>;

/**
 * Refuses to go on when a pair rule is not as this deployment left it.
 * @param wanted weights that an earlier attempt of this step may have written already.
 * @returns what the canary and the baseline get now.
 */
export async function checkTraffic(step: Step, wanted?: Weights): Promise<Shares> {
  const { run, handle, traffic } = step;
  // By service discovery there are no weights: whoever asks gets the addresses of all tasks.
  if (!handle.release.targetGroups.primary) return { canary: 0, baseline: 0 };
  const pair = pairOfStep(step);
  const rules = await readPair(run, handle.snapshot.rules);
  for (const snapshot of handle.snapshot.rules) {
    const rule = rules.get(snapshot.ruleArn);
    const left = traffic?.wanted ?? snapshot.weights;
    if (rule) refuseForeign(rule, snapshot, pair, wanted ? [left, wanted] : [left]);
  }
  const now = traffic ? [traffic.wanted] : handle.snapshot.rules.map(({ weights }) => weights);
  const most = (side: 'canary' | 'baseline'): number => Math.max(0, ...now.map((weights) => weights[side] ?? 0));
  return { canary: most('canary'), baseline: most('baseline') };
}
