import type { ActivityHeartbeat } from '../model/delivery.js';
import type { Millis } from '../model/duration.js';

/** The only source of time in activities, so that tests own it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
}

/** What an activity that changes AWS needs from the machinery that runs it. The worker wires it to Temporal, tests to themselves. */
export interface ActivityContext {
  clock: Clock;
  /** Counts from 1. */
  attempt: number;
  /** Epoch ms: when the activity was first scheduled, the same for each attempt. */
  scheduledAt: number;
  /** What the attempt before this one heartbeated last, if anything. Parsed before use. */
  lastHeartbeat: unknown;
  heartbeat(details: ActivityHeartbeat): void;
  /**
   * Resolves when the server has answered a heartbeat of this very attempt, sent after this call. Throws when the attempt is not
   * the current one any more: a worker that was cut off must not undo what came after it.
   */
  fence(): Promise<void>;
  /** Aborted, with the failure to throw as its reason, when the activity should stop at the next safe point. */
  cancelled: AbortSignal;
}
