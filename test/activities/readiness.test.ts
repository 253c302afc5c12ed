import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeStops, kindOfStop, type StoppedTask } from '../../activities/ecs/crash-loop.js';
import { decideDesiredCount } from '../../activities/ecs/desired-count.js';
import { judgeSide, required, type SideSeen } from '../../activities/ecs/readiness.js';
import { differingFields } from '../../activities/ecs/same-fields.js';

const healthy = { state: 'healthy' };
const calm: SideSeen = {
  stabilityStatus: 'STEADY_STATE',
  computedDesiredCount: 2,
  runningCount: 2,
  desiredCount: 2,
  share: 20,
  targets: [healthy, healthy],
};

describe('how many healthy targets a side needs', () => {
  it('is never 0, covers its set and its share, and no more', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(50),
        fc.integer({ min: 0, max: 100 }),
        (computedDesiredCount, desiredCount, share) => {
          const needed = required({ computedDesiredCount, desiredCount, share });
          const least = [1, computedDesiredCount, (desiredCount * share) / 100];
          expect(least.every((one) => needed >= one)).toBe(true);
          expect(least.some((one) => needed < one + 1)).toBe(true);
        },
      ),
    );
  });

  it('is 1 for 30 % of two tasks at 20 % of the requests', () => {
    expect(required({ computedDesiredCount: 1, desiredCount: 2, share: 20 })).toBe(1);
  });
});

describe('a side', () => {
  it('is ready when steady and enough of its own targets are healthy', () => {
    expect(judgeSide(calm, 'green')).toMatchObject({ ready: true, detail: '2 of 2 targets healthy on green' });
  });

  it('is not ready when steady without targets, or with targets and not steady', () => {
    expect(judgeSide({ ...calm, targets: [] }, 'green').ready).toBe(false);
    expect(judgeSide({ ...calm, stabilityStatus: 'STABILIZING' }, 'green').ready).toBe(false);
  });

  it('says what the missing ones lack', () => {
    const targets = [healthy, { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' }];
    expect(judgeSide({ ...calm, targets }, 'green').detail).toBe(
      '1 of 2 targets healthy on green; 1 unhealthy (Request timed out)',
    );
  });

  it('is hopeless where waiting cannot help', () => {
    expect(judgeSide({ ...calm, desiredCount: 0, computedDesiredCount: 0, targets: [] }, 'green').hopeless).toMatch(
      /desiredCount 0/,
    );
    const unused = { state: 'unused', reason: 'Target.NotInUse', description: 'Target group is not configured' };
    expect(judgeSide({ ...calm, targets: [unused] }, 'green').hopeless).toMatch(/no listener rule names the group/);
    const small = { ...calm, computedDesiredCount: 1, share: 100, targets: [healthy] };
    expect(judgeSide(small, 'green').hopeless).toMatch(/100 % of the requests need 2 tasks/);
    expect(judgeSide(small, 'green', true)).toMatchObject({ ready: true, required: 1 });
    expect(judgeSide(small, 'green', true).hopeless).toBeUndefined();
  });
});

describe('stopped tasks', () => {
  const crash: StoppedTask = {
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'web', exitCode: 1 }],
  };
  const scaledIn: StoppedTask = {
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)',
    containers: [],
  };
  const sick: StoppedTask = {
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Task failed ELB health checks in (target-group x)',
    containers: [],
  };
  const noRoom: StoppedTask = {
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'Capacity is unavailable at this time',
    containers: [],
  };
  const noImage: StoppedTask = {
    stopCode: 'TaskFailedToStart',
    stoppedReason: 'CannotPullContainerError: not found',
    containers: [],
  };

  it('are sorted by their cause', () => {
    expect([crash, scaledIn, sick, noRoom, noImage].map(kindOfStop)).toEqual([
      'crash',
      'other',
      'crash',
      'capacity',
      'crash',
    ]);
  });

  it('end the wait after three crashes, or twice the wanted count, with none healthy', () => {
    expect(judgeStops([crash, crash], 1, 0)).toEqual({
      notice: expect.stringContaining('2 task(s) stopped') as string,
    });
    expect(judgeStops([crash, sick, noImage], 1, 0).fatal).toMatch(/again and again \(3 so far\).*exit code 1/);
    expect(judgeStops([crash, crash, crash], 2, 0).fatal).toBeUndefined();
    expect(judgeStops([crash, crash, crash, crash], 2, 0).fatal).toBeDefined();
    expect(judgeStops([crash, crash, crash, crash], 1, 1).fatal).toBeUndefined();
  });

  it('only tell of a want of room, however long it lasts', () => {
    expect(
      judgeStops(
        Array.from({ length: 20 }, () => noRoom),
        1,
        0,
      ),
    ).toEqual({ notice: expect.stringContaining('No room') as string });
    expect(judgeStops([scaledIn, scaledIn, scaledIn], 1, 0)).toEqual({});
  });
});

describe('the desired count', () => {
  it.each([
    [{ file: undefined, lastFile: 2, service: 5, scaling: 'none' as const }, undefined],
    [{ file: 5, lastFile: 2, service: 5, scaling: 'none' as const }, undefined],
    [{ file: 4, lastFile: 2, service: 2, scaling: 'none' as const }, 4],
    [{ file: 4, lastFile: 2, service: 2, scaling: 'autoscaling' as const }, undefined],
    [{ file: 4, lastFile: 2, service: 2, scaling: 'unknown' as const }, undefined],
    [{ file: 2, lastFile: 2, service: 7, scaling: 'none' as const }, undefined],
    [{ file: 2, lastFile: undefined, service: 7, scaling: 'none' as const }, undefined],
  ])('of %o is sent as %s', (question, sent) => {
    const { send, why } = decideDesiredCount(question);
    expect(send).toBe(sent);
    expect(why !== undefined).toBe(
      question.file !== undefined && question.file !== question.service && sent === undefined,
    );
  });
});

describe('fields of the file against what AWS has', () => {
  it('differ only where the file says something else', () => {
    const found = {
      enableECSManagedTags: true,
      placementStrategy: [],
      subnets: ['b', 'a'],
      extra: 1,
      nested: { a: 1, b: 2 },
    };
    expect(differingFields({ enableECSManagedTags: true, subnets: ['a', 'b'], nested: { a: 1 } }, found)).toEqual([]);
    expect(differingFields({ placementStrategy: [], enableExecuteCommand: false, gone: null }, found)).toEqual([]);
    expect(differingFields({ subnets: ['a', 'c'], nested: { a: 2 }, more: true }, found)).toEqual([
      'subnets',
      'nested',
      'more',
    ]);
  });
});
