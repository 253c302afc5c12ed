import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Announce } from '../activities/notify/announce.js';
import { createDeliver, routingOf } from '../activities/notify/people.js';
import { openSecret } from '../config/secret.js';
import type { ServerConfig } from '../config/server.js';
import { receiversOf } from '../model/notification.js';
import type { PipedNotice } from '../model/notification.js';
import { wallClock } from './activity-context.js';

type Config = Pick<ServerConfig, 'notifications' | 'webhook' | 'publicUrl'>;

/** This process, as people know it. */
const WORKER = `${process.pid}@${hostname()}`;

function noticeOf(event: PipedNotice['event'], reason: string): PipedNotice {
  return { id: randomUUID(), event, at: Date.now(), reason, link: '/healthz', page: '/', worker: WORKER };
}

/** Has whoever wants to know told that this worker has started. */
export async function tellStarted(config: Config, announce: Announce): Promise<void> {
  const notice = noticeOf('PIPED_STARTED', 'The worker takes up work.');
  if (receiversOf(routingOf(config), notice).length > 0) await announce(notice);
}

/**
 * Tells that this worker has stopped, by itself: it does no workflow's work any more. Whom it does not reach at once is told by another
 * worker, or by the next one.
 */
export async function tellStopped(config: Config, announce: Announce): Promise<void> {
  const notice = noticeOf('PIPED_STOPPED', 'The worker was told to stop, and has finished or handed over its work.');
  const deliver = createDeliver({ config, openSecret, clock: wallClock });
  const receivers = receiversOf(routingOf(config), notice);
  const answers = await Promise.allSettled(receivers.map((receiver) => deliver({ receiver, notice })));
  const missed = receivers.filter((_receiver, i) => answers[i]?.status === 'rejected');
  if (missed.length > 0) await announce(notice, missed);
}
