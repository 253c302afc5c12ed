import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRollbackStep, type RollbackSeen, type RollbackStep } from '../../activities/ecs/rollback-case.js';

const whole = { scale: 100, wholeScale: 100, primary: true, healthy: 2, required: 2 };
const calm: RollbackSeen = {
  firstDeployment: false,
  old: whole,
  fresh: false,
  freshServing: 0,
  canaryHealthy: 0,
  weightsRestored: true,
  oldShare: 100,
  overdue: false,
  oldWasRetired: false,
};

const withoutOld: RollbackSeen = {
  ...Object.fromEntries(Object.entries(calm).filter(([field]) => field !== 'old')),
} as RollbackSeen;

/** What a step does to the next look, when AWS does as it is told. */
function after(seen: RollbackSeen, step: RollbackStep): RollbackSeen {
  const { old, ...rest } = seen;
  switch (step.do) {
    case 'WEIGHTS':
      return { ...seen, weightsRestored: true, oldShare: 100 };
    case 'SHARE':
      return { ...seen, oldShare: step.old };
    case 'SCALE_OLD':
      return old ? { ...seen, old: { ...old, scale: old.wholeScale, required: 2 } } : seen;
    case 'REBUILD_OLD':
      return { ...seen, old: { scale: 100, wholeScale: 100, primary: false, healthy: 0, required: 2 } };
    case 'OLD_PRIMARY':
      return old ? { ...seen, old: { ...old, primary: true } } : seen;
    case 'DELETE_FRESH':
      return { ...seen, fresh: false };
    case 'WAIT':
      // Time passes: the old version's tasks become healthy, the new one's leave.
      return old
        ? {
            ...seen,
            old: { ...old, healthy: Math.min(old.required, old.healthy + 1) },
            freshServing: seen.fresh ? seen.freshServing : 0,
          }
        : { ...rest, freshServing: 0 };
    case 'DONE':
      return seen;
  }
}

function walk(start: RollbackSeen): RollbackStep['do'][] {
  const steps: RollbackStep['do'][] = [];
  let seen = start;
  for (let count = 0; count < 40; count += 1) {
    const step = nextRollbackStep(seen);
    if (step.do === 'DONE') return [...steps, 'DONE'];
    steps.push(step.do);
    seen = after(seen, step);
  }
  return steps;
}

const changing = (steps: string[]): string[] => steps.filter((step) => step !== 'WAIT');

describe('a rollback by the observed state', () => {
  it('has nothing to do where nothing was changed', () => {
    expect(walk(calm)).toEqual(['DONE']);
  });

  it('(a) moves the weights at once while the primary group holds only the old version', () => {
    expect(walk({ ...calm, weightsRestored: false, oldShare: 80, canaryHealthy: 1 })).toEqual(['WEIGHTS', 'DONE']);
  });

  it('(b) takes the new version out of the primary group without waiting', () => {
    const both = { ...calm, fresh: true, freshServing: 2, weightsRestored: false, oldShare: 80 };
    expect(walk(both)).toEqual(['WEIGHTS', 'DELETE_FRESH', 'WAIT', 'DONE']);
    const promoted = { ...both, old: { ...whole, primary: false } };
    expect(walk(promoted)).toEqual(['WEIGHTS', 'OLD_PRIMARY', 'DELETE_FRESH', 'WAIT', 'DONE']);
  });

  it('(c) brings the retired old version back before it touches the new one', () => {
    const retired = {
      ...calm,
      old: { ...whole, scale: 0, primary: false, healthy: 0, required: 1 },
      fresh: true,
      freshServing: 2,
      weightsRestored: false,
      oldShare: 80,
      canaryHealthy: 1,
      oldWasRetired: true,
    };
    expect(changing(walk(retired))).toEqual(['SCALE_OLD', 'OLD_PRIMARY', 'DELETE_FRESH', 'WEIGHTS', 'DONE']);
    expect(walk(retired).slice(0, 2)).toEqual(['SCALE_OLD', 'WAIT']);
  });

  it('(d) builds the old version again when it is gone, then goes on as (c)', () => {
    const gone = {
      ...withoutOld,
      fresh: true,
      freshServing: 2,
      weightsRestored: false,
      oldShare: 80,
      oldWasRetired: true,
    };
    expect(changing(walk(gone))).toEqual(['REBUILD_OLD', 'OLD_PRIMARY', 'DELETE_FRESH', 'WEIGHTS', 'DONE']);
  });

  it('does not delete the new version while the old one, scaled up again, is not healthy', () => {
    const starting = {
      ...calm,
      old: { ...whole, primary: false, healthy: 0 },
      fresh: true,
      freshServing: 2,
      canaryHealthy: 1,
    };
    expect(nextRollbackStep(starting)).toMatchObject({ do: 'WAIT' });
  });

  it('moves what a weak old version can carry when the canary is worse, the rest when it has recovered', () => {
    const weak = { ...calm, old: { ...whole, healthy: 1, required: 4 }, weightsRestored: false, oldShare: 0 };
    expect(nextRollbackStep(weak)).toEqual({ do: 'SHARE', old: 25 });
    expect(nextRollbackStep({ ...weak, canaryHealthy: 2 })).toMatchObject({ do: 'WAIT' });
    expect(changing(walk(weak)).at(-2)).toBe('WEIGHTS');
  });

  it('moves anyway when it has waited long enough', () => {
    const dead = { ...calm, old: { ...whole, healthy: 0 }, weightsRestored: false, oldShare: 0, canaryHealthy: 3 };
    expect(nextRollbackStep({ ...dead, overdue: true })).toEqual({ do: 'WEIGHTS' });
  });

  it('does not wait for a weak old version that has all requests already', () => {
    expect(nextRollbackStep({ ...calm, old: { ...whole, healthy: 0 } })).toEqual({ do: 'DONE' });
  });

  it('takes off a first deployment, and waits for nothing but its targets', () => {
    const first = { ...withoutOld, firstDeployment: true, fresh: true, freshServing: 1 };
    expect(walk(first)).toEqual(['DELETE_FRESH', 'WAIT', 'DONE']);
  });

  const count = fc.integer({ min: 0, max: 4 });
  const anySeen: fc.Arbitrary<RollbackSeen> = fc
    .record({
      firstDeployment: fc.boolean(),
      old: fc.option(
        fc.record({
          scale: fc.constantFrom(0, 50, 100),
          wholeScale: fc.constant(100),
          primary: fc.boolean(),
          healthy: count,
          required: fc.integer({ min: 1, max: 4 }),
        }),
        { nil: undefined },
      ),
      fresh: fc.boolean(),
      freshServing: count,
      canaryHealthy: count,
      weightsRestored: fc.boolean(),
      oldShare: fc.integer({ min: 0, max: 99 }),
      overdue: fc.boolean(),
    })
    .map(({ old, ...rest }) => ({
      ...rest,
      ...(old && { old }),
      oldShare: rest.weightsRestored ? 100 : rest.oldShare,
      oldWasRetired: rest.fresh && (!old || old.scale < old.wholeScale),
    }));

  it('ends from any state, with the weights restored and the new version out', () => {
    fc.assert(
      fc.property(anySeen, (start) => {
        const steps = walk(start);
        expect(steps.at(-1)).toBe('DONE');
        if (!start.weightsRestored) expect(steps).toContain('WEIGHTS');
        if (start.fresh) expect(steps).toContain('DELETE_FRESH');
      }),
      { numRuns: 2000 },
    );
  });

  it('never takes the new version out, or moves requests whole, before the old one can carry them', () => {
    fc.assert(
      fc.property(anySeen, (start) => {
        let seen = start;
        for (let count = 0; count < 40; count += 1) {
          const step = nextRollbackStep(seen);
          if (step.do === 'DONE') return;
          if (!seen.firstDeployment && !seen.overdue && (step.do === 'DELETE_FRESH' || step.do === 'WEIGHTS')) {
            expect(seen.old?.healthy).toBeGreaterThanOrEqual(1);
            expect(2 * (seen.old?.healthy ?? 0)).toBeGreaterThanOrEqual(seen.old?.required ?? 1);
          }
          if (step.do === 'DELETE_FRESH' && !seen.firstDeployment) expect(seen.old?.primary).toBe(true);
          seen = after(seen, step);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('begins with a change that takes requests off the new version whenever the old one stands and can carry them', () => {
    fc.assert(
      fc.property(anySeen, (start) => {
        const { old } = start;
        if (
          start.firstDeployment ||
          !old ||
          old.scale < old.wholeScale ||
          2 * old.healthy < old.required ||
          old.healthy < 1
        )
          return;
        const [first] = changing(walk(start));
        if (!start.weightsRestored) expect(first).toBe('WEIGHTS');
        else if (start.fresh) expect(['OLD_PRIMARY', 'DELETE_FRESH']).toContain(first);
      }),
      { numRuns: 2000 },
    );
  });
});
