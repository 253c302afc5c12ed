import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { asRollbackError, asStageError, kindOf, stageFailed, withRecord } from '../../activities/aws/errors.js';
import { createLimiter } from '../../activities/aws/limiter.js';
import type { Clock } from '../../activities/context.js';
import { createReport } from '../../activities/report.js';
import type { ActivityHeartbeat } from '../../model/delivery.js';
import { FAILURE } from '../../model/failure.js';

function awsError(name: string, httpStatusCode?: number, message = 'said AWS'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
const never = new AbortController().signal;

describe('errors of AWS', () => {
  it.each([
    ['ThrottlingException', 400, 'throttled'],
    ['Throttling', 400, 'throttled'],
    ['ServerException', 500, 'unknown'],
    ['TimeoutError', undefined, 'unknown'],
    ['AbortError', undefined, 'unknown'],
    ['SyntaxError', 200, 'unknown'],
    ['ExpiredTokenException', 400, 'unknown'],
    ['AccessDeniedException', 400, 'credentials'],
    ['AccessDenied', 403, 'credentials'],
    ['InvalidParameterException', 400, 'refused'],
    ['ClusterNotFoundException', 400, 'refused'],
  ])('%s (%s) is %s', (name, status, kind) => {
    expect(kindOf(awsError(name, status))).toBe(kind);
  });

  it('tell the five task sets from every other InvalidParameterException', () => {
    const text =
      '5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.';
    expect(kindOf(awsError('InvalidParameterException', 400, text))).toBe('places');
  });

  it('end a stage when AWS refuses, and are tried again when they may pass', () => {
    expect(asStageError(awsError('InvalidParameterException', 400), never)).toMatchObject({
      type: FAILURE.stage,
      nonRetryable: true,
    });
    expect(asStageError(awsError('AccessDenied', 403), never)).toMatchObject({
      type: FAILURE.stage,
      nonRetryable: true,
    });
    const passing = awsError('ServerException', 500);
    expect(asStageError(passing, never)).toBe(passing);
  });

  it('never end a rollback, and name the commands', () => {
    for (const error of [
      awsError('InvalidParameterException', 400),
      awsError('AccessDenied', 403),
      new TypeError('bug'),
      ApplicationFailure.nonRetryable('x', FAILURE.stage),
    ]) {
      const thrown = asRollbackError(error, never, ['aws one', 'aws two']);
      expect(thrown).toMatchObject({ nonRetryable: false });
      expect(String(thrown)).toContain('aws one\naws two');
    }
  });

  it('leave a cancellation as it is', () => {
    const cancelled = new CancelledFailure('stop');
    expect(asStageError(cancelled, never)).toBe(cancelled);
    expect(asRollbackError(cancelled, never, [])).toBe(cancelled);
  });

  it('take along what was done, and stay as final as they were', () => {
    const record = { log: [{ at: 1, level: 'info' as const, text: 'made a task set' }], changes: [] };
    expect(withRecord(stageFailed('no'), record, never)).toMatchObject({
      message: 'no',
      type: FAILURE.stage,
      nonRetryable: true,
      details: [record],
    });
    expect(withRecord(awsError('ServerException', 500), record, never)).toMatchObject({
      message: 'said AWS',
      nonRetryable: false,
      details: [record],
    });
    const cancelled = withRecord(new CancelledFailure('stop'), record, never);
    expect(cancelled).toBeInstanceOf(CancelledFailure);
    expect(cancelled).toMatchObject({ message: 'stop', details: [record] });
  });

  function reportAfter(lastHeartbeat: unknown, heartbeat: (details: ActivityHeartbeat) => void = () => undefined) {
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const fence = () => Promise.resolve();
    return createReport(
      { clock, attempt: 1, scheduledAt: 0, lastHeartbeat, heartbeat, fence, cancelled: never },
      'stage-0',
    );
  }

  it('leave the next attempt the traffic of all sides', () => {
    const wanted = { primary: 60, canary: 20, baseline: 20 };
    const traffic = { wanted, verified: wanted, verifiedAt: 1 };
    const { before } = reportAfter({ stage: 'stage-0', detail: '', log: [], traffic });
    expect(before.traffic).toEqual(traffic);
  });

  it('take along the last fifty lines and no more', () => {
    const heartbeats: ActivityHeartbeat[] = [];
    const report = reportAfter(undefined, (details) => void heartbeats.push(details));
    for (let line = 1; line <= 60; line += 1) report.info(`line ${line}`);
    const { log } = report.record();
    expect(log.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, index) => `line ${index + 11}`));
    expect(heartbeats.at(-1)?.log).toEqual(log);
    expect(report.progress().log).toHaveLength(60);
  });
});

/** A clock that jumps to the end of each sleep. */
function jumpingClock(): Clock & { at: number } {
  const clock = {
    at: 0,
    now: () => clock.at,
    sleep: (ms: number) => {
      clock.at += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

describe('the rate limiter', () => {
  const place = { account: '1', region: 'r' };

  it('lets half of what AWS publishes through: a burst, then the refill', async () => {
    const clock = jumpingClock();
    const limiter = createLimiter(clock, 1);
    for (let calls = 0; calls < 20; calls += 1) await limiter.admit(place, 'elb', false);
    expect(clock.at).toBe(0);
    for (let calls = 0; calls < 50; calls += 1) await limiter.admit(place, 'elb', false);
    expect(clock.at).toBeGreaterThanOrEqual(9_900);
    expect(clock.at).toBeLessThanOrEqual(10_500);
  });

  it('charges a changing ELB call twice, and keeps accounts apart', async () => {
    const clock = jumpingClock();
    const limiter = createLimiter(clock, 1);
    for (let calls = 0; calls < 10; calls += 1) await limiter.admit(place, 'elb change', false);
    expect(clock.at).toBe(0);
    for (let calls = 0; calls < 10; calls += 1) await limiter.admit(place, 'elb', false);
    expect(clock.at).toBe(0);
    await limiter.admit({ account: '2', region: 'r' }, 'elb', false);
    expect(clock.at).toBe(0);
    await limiter.admit(place, 'elb', false);
    expect(clock.at).toBeGreaterThan(0);
  });

  it('lets rollbacks go first', async () => {
    const clock = jumpingClock();
    const limiter = createLimiter(clock, 1);
    for (let calls = 0; calls < 20; calls += 1) await limiter.admit(place, 'elb', false);
    const order: string[] = [];
    const asked = ['first', 'second', 'rollback'].map((who) =>
      limiter.admit(place, 'elb', who === 'rollback').then(() => order.push(who)),
    );
    await Promise.all(asked);
    expect(order).toEqual(['rollback', 'first', 'second']);
  });
});
