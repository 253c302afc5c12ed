import type { Client } from '@temporalio/client';
import type { Payload, ProtoFailure } from '@temporalio/common';
import {
  ApplicationFailure,
  CancelledFailure,
  DefaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import { expect, it } from 'vitest';
import { readRecords } from '../../records/history.js';

const said = (text: string): object => ({ log: [{ at: 1, level: 'warning', text }], changes: [] });
const payloads = (value: unknown): { payloads: Payload[] } => ({
  payloads: [defaultPayloadConverter.toPayload(value)],
});
const failureOf = (error: Error): ProtoFailure =>
  new DefaultFailureConverter().errorToFailure(error, defaultPayloadConverter);

/** A client whose only workflow ran one `advance` of stage-0, which ended so. */
function clientOf(end: object): Client {
  const events = [
    {
      eventId: 5,
      activityTaskScheduledEventAttributes: {
        activityType: { name: 'advance' },
        input: payloads({ stage: 'stage-0' }),
      },
    },
    end,
  ];
  return {
    workflow: {
      getHandle: () => ({
        describe: () => Promise.resolve({ runId: 'run' }),
        fetchHistory: () => Promise.resolve({ events }),
      }),
    },
    options: { loadedDataConverter: { payloadCodecs: [], payloadConverter: defaultPayloadConverter } },
  } as unknown as Client;
}

async function logAfter(end: object): Promise<string[]> {
  const page = await readRecords(clientOf(end), new Map(), 'shop-1', {}, Infinity, () => true);
  return (page?.records ?? []).map((record) => {
    expect(record).toMatchObject({ kind: 'log', value: { stage: 'stage-0' } });
    return record.kind === 'log' ? record.value.text : '';
  });
}

const before = ApplicationFailure.retryable('throttled', 'Throttling', said('the attempt before'));
const timeout = (heartbeat?: object): ProtoFailure => ({
  timeoutFailureInfo: { ...(heartbeat && { lastHeartbeatDetails: heartbeat }) },
  cause: failureOf(before),
});

it.each([
  [
    'a failure',
    {
      activityTaskFailedEventAttributes: {
        scheduledEventId: 5,
        failure: failureOf(ApplicationFailure.nonRetryable('no', 'StageFailed', said('it crashed'))),
      },
    },
    'it crashed',
  ],
  [
    'a failure that has none itself, from its cause',
    {
      activityTaskFailedEventAttributes: {
        scheduledEventId: 5,
        failure: failureOf(ApplicationFailure.create({ message: 'outer', cause: before })),
      },
    },
    'the attempt before',
  ],
  [
    'a time-out, from its last heartbeat',
    { activityTaskTimedOutEventAttributes: { scheduledEventId: 5, failure: timeout(payloads(said('still waiting'))) } },
    'still waiting',
  ],
  [
    'a time-out whose attempt had not said a word, from the attempt before',
    { activityTaskTimedOutEventAttributes: { scheduledEventId: 5, failure: timeout({ payloads: [] }) } },
    'the attempt before',
  ],
  [
    'a time-out between two attempts',
    { activityTaskTimedOutEventAttributes: { scheduledEventId: 5, failure: timeout() } },
    'the attempt before',
  ],
  [
    'a cancellation',
    {
      activityTaskCanceledEventAttributes: {
        scheduledEventId: 5,
        details: failureOf(new CancelledFailure('stop', [said('it was stopped')])).canceledFailureInfo?.details,
      },
    },
    'it was stopped',
  ],
])('the log is read of %s', async (_what, end, words) => {
  expect(await logAfter(end)).toEqual([words]);
});
