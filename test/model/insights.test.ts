import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../model/duration.js';
import { insightsOf } from '../../model/insights.js';
import type { Ended, Insight } from '../../model/insights.js';
import { DEPLOYMENT_STATUSES } from '../../model/wire.js';

const TO = Date.UTC(2026, 10, 28);
const instant = (ms: number): string => new Date(ms).toISOString();

/** One that began ten minutes and was asked for eleven before it ended, so long before the period's end. */
function ended(n: number, before: number, over: Partial<Ended> = {}): Ended {
  const at = TO - before;
  return {
    id: `web-${n}`,
    app: 'web',
    status: 'SUCCEEDED',
    trigger: { by: 'ci', at: instant(at - 11 * MINUTE) },
    startedAt: instant(at - 10 * MINUTE),
    completedAt: instant(at),
    ...over,
  };
}
const all = (deployments: Ended[], days = 7): Insight | undefined =>
  insightsOf(deployments, { days, to: TO }, () => ['all'])[0];

describe('insights', () => {
  it('count changes that stayed, and how long they took from the request', () => {
    expect(all([ended(1, HOUR), ended(2, 2 * DAY)])).toMatchObject({
      changes: 2,
      bad: 0,
      perDay: 2 / 7,
      failureRate: 0,
      lead: { median: 660, p90: 660, count: 2 },
    });
    expect(all([ended(1, HOUR)])).not.toHaveProperty('restore');
  });

  it('count what was rolled back or failed as bad', () => {
    expect(
      all([ended(1, HOUR), ended(2, HOUR, { status: 'ROLLED_BACK' }), ended(3, HOUR, { status: 'FAILED' })]),
    ).toMatchObject({ changes: 3, bad: 2, failureRate: 2 / 3, restore: { median: 600, count: 1 } });
  });

  it('count a change that was taken back afterwards as bad, and the rollback as no change', () => {
    expect(all([ended(1, 3 * HOUR), ended(2, 2 * HOUR), ended(3, HOUR, { rollbackTo: 'web-1' })])).toMatchObject({
      changes: 2,
      bad: 1,
      restore: { median: 3_600, count: 1 },
    });
  });

  it('leave out what was the version already, brought out once more', () => {
    expect(all([ended(1, 2 * HOUR), ended(2, HOUR, { rollbackTo: 'web-1' })])).toMatchObject({ changes: 1, bad: 0 });
  });

  it('count a change as bad that was brought out once more before it was taken back', () => {
    const again = ended(3, 2 * HOUR, { rollbackTo: 'web-2' });
    const list = [ended(1, 4 * HOUR), ended(2, 3 * HOUR), again, ended(4, HOUR, { rollbackTo: 'web-1' })];
    expect(all(list)).toMatchObject({ changes: 2, bad: 1, restore: { median: 7_200, count: 1 } });
  });

  it('leave out who never came to an end of their own, and what ended before the period', () => {
    const others = [
      ended(1, HOUR, { status: 'CANCELLED' }),
      ended(2, HOUR, { status: 'SUPERSEDED' }),
      ended(3, 8 * DAY),
      { ...ended(4, HOUR), completedAt: undefined, status: 'RUNNING' } as unknown as Ended,
    ];
    expect(all(others)).toBeUndefined();
  });

  it('know each day, with nothing too', () => {
    expect(all([ended(1, HOUR), ended(2, 2 * DAY + HOUR, { status: 'FAILED' })], 3)?.days).toEqual([
      { day: '2026-11-25', good: 0, bad: 1 },
      { day: '2026-11-26', good: 0, bad: 0 },
      { day: '2026-11-27', good: 1, bad: 0 },
    ]);
  });

  it('put a change on the day on which it ended, at whatever hour they are asked for', () => {
    const to = TO - 5 * HOUR;
    expect(insightsOf([ended(1, 6 * HOUR), ended(2, 30 * HOUR)], { days: 2, to }, () => ['all'])[0]?.days).toEqual([
      { day: '2026-11-25', good: 0, bad: 0 },
      { day: '2026-11-26', good: 1, bad: 0 },
      { day: '2026-11-27', good: 1, bad: 0 },
    ]);
  });

  it('add up, whatever happened', () => {
    const deployment = fc.record({
      n: fc.integer({ min: 1, max: 50 }),
      before: fc.integer({ min: 1, max: 10 * DAY }),
      status: fc.constantFrom(...DEPLOYMENT_STATUSES),
      app: fc.constantFrom('web', 'api'),
      back: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(deployment, { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (list, days) => {
        const deployments = list.map(({ n, before, status, app, back }) =>
          ended(n, before, {
            id: `${app}-${n}`,
            app,
            status,
            ...(back !== undefined && { rollbackTo: `${app}-${back}` }),
          }),
        );
        const groups = insightsOf(deployments, { days, to: TO }, ({ app }) => ['all', app]);
        const whole = groups.find(({ group }) => group === 'all');
        const parts = groups.filter(({ group }) => group !== 'all');
        expect(parts.reduce((sum, { changes }) => sum + changes, 0)).toBe(whole?.changes ?? 0);
        expect(parts.reduce((sum, { bad }) => sum + bad, 0)).toBe(whole?.bad ?? 0);
        for (const { changes, bad, failureRate = 0, days: each, restore } of groups) {
          expect(bad).toBeLessThanOrEqual(changes);
          expect(failureRate).toBeGreaterThanOrEqual(0);
          expect(failureRate).toBeLessThanOrEqual(1);
          expect(each).toHaveLength(days);
          expect(each.reduce((sum, day) => sum + day.good + day.bad, 0)).toBe(changes);
          expect(restore?.count ?? 0).toBeLessThanOrEqual(bad);
        }
      }),
    );
  });
});
