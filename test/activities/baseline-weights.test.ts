import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListenerRule } from '../../activities/traffic/listener-rule.js';
import { pairRules, rulesReaching } from '../../activities/traffic/reachability.js';
import { oldShareOf, restoredWeights } from '../../activities/ecs/restored-weights.js';
import {
  isPair,
  sameWeights,
  shapeOf,
  sharesOf,
  stickinessOf,
  weightsText,
  withWeights,
  type Action,
} from '../../activities/traffic/weights.js';
import { weightsFor, type DeliveryHandle } from '../../model/delivery.js';
import { forwardAll, releaseWithBaseline } from './baseline-world.js';
import { BLUE, forward, GREEN, NEW, WHITE } from './harness.js';

const groups = { primary: BLUE, canary: GREEN, baseline: WHITE };
const actionOf = (primary: number, canary: number, baseline: number, sticky?: number): Action =>
  forwardAll(primary, canary, baseline, sticky) as Action;
const ruleOf = (...actions: Action[]): ListenerRule => ({
  ruleArn: 'rule',
  listenerArn: 'listener',
  isDefault: false,
  actions,
});

describe('weights of three groups', () => {
  it('belong to rules that forward to the pair or to all three, and to nothing else', () => {
    expect(isPair([forward(100, 0) as Action], groups)).toBe(true);
    expect(isPair([actionOf(100, 0, 0)], groups)).toBe(true);
    expect(isPair([actionOf(100, 0, 0)], { primary: BLUE, canary: GREEN })).toBe(false);
    const four = actionOf(100, 0, 0);
    four.ForwardConfig?.TargetGroups.push({ TargetGroupArn: 'other', Weight: 1 });
    expect(isPair([four], groups)).toBe(false);
    expect(pairRules([ruleOf({ Type: 'forward', TargetGroupArn: WHITE })], groups)).toEqual([]);
  });

  it('are the same with no baseline and with one that gets nothing', () => {
    expect(sharesOf([actionOf(80, 20, 0)], groups)).toEqual({ primary: 80, canary: 20 });
    expect(sharesOf([actionOf(3, 1, 1)], groups)).toEqual({ primary: 60, canary: 20, baseline: 20 });
    expect(sameWeights({ primary: 80, canary: 20, baseline: 0 }, { primary: 80, canary: 20 })).toBe(true);
    expect(sameWeights({ primary: 60, canary: 20, baseline: 20 }, { primary: 60, canary: 20 })).toBe(false);
    expect([weightsFor(20), weightsFor(20, 15)].map(weightsText)).toEqual(['80/20', '65/20/15']);
  });

  const part = fc.integer({ min: 0, max: 50 });
  const sticky = fc.option(fc.integer({ min: 1, max: 604_800 }), { nil: undefined });
  it('change nothing but weights and stickiness; that goes off when a side is emptied, and only then', () => {
    fc.assert(
      fc.property(part, part, part, part, sticky, (canary, baseline, toCanary, toBaseline, seconds) => {
        const read = [actionOf(100 - canary - baseline, canary, baseline, seconds)];
        const wanted = weightsFor(toCanary, toBaseline);
        const written = withWeights(read, groups, wanted);
        expect(sameWeights(sharesOf(written, groups), wanted)).toBe(true);
        expect(shapeOf(written)).toBe(shapeOf(read));
        expect(rulesReaching([ruleOf(...written)], WHITE)).toHaveLength(toBaseline > 0 ? 1 : 0);
        const emptied = wanted.primary === 0 || toCanary === 0 || (toBaseline === 0 && baseline > 0);
        expect(stickinessOf(written)?.enabled ?? false).toBe(seconds !== undefined && !emptied);
      }),
    );
  });
});

describe('weights of a rollback', () => {
  const handle = (group: string): DeliveryHandle =>
    ({
      release: releaseWithBaseline(NEW),
      snapshot: {
        rules: [],
        primary: { createTaskSet: { loadBalancers: [{ targetGroupArn: group }] } },
      },
    }) as unknown as DeliveryHandle;

  it('are all on the side where the old version stands', () => {
    expect([BLUE, GREEN, WHITE].map((group) => restoredWeights(handle(group), 'rule'))).toEqual([
      { primary: 100, canary: 0 },
      { primary: 0, canary: 100 },
      { primary: 0, canary: 0, baseline: 100 },
    ]);
  });

  it('that give the old version a share take it from the new one, and leave the baseline what it has', () => {
    const now = ruleOf(actionOf(10, 60, 30));
    expect(oldShareOf(handle(BLUE), now, groups, 40)).toEqual({ primary: 40, canary: 30, baseline: 30 });
    expect(oldShareOf(handle(BLUE), now, groups, 90)).toEqual({ primary: 90, canary: 0, baseline: 10 });
    expect(oldShareOf(handle(BLUE), ruleOf(forward(10, 90) as Action), groups, 40)).toEqual({
      primary: 40,
      canary: 60,
    });
  });
});
