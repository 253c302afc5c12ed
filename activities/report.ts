import { z } from 'zod';
import type { ActivityHeartbeat, AskedTask, AwsChange, LogLine, Progress } from '../model/delivery.js';
import type { ActivityContext } from './context.js';

/** What an activity tells people while it runs and when it ends. Each word is heartbeated, so that the page moves. */
export interface Report {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** One sentence for the stage's row. */
  detail(text: string): void;
  traffic(traffic: NonNullable<Progress['traffic']>): void;
  changed(change: Omit<AwsChange, 'at'>): void;
  /** A task set that AWS said it made: kept in the heartbeat before anything else happens (ecs-alb-facts §25). */
  created(created: NonNullable<ActivityHeartbeat['created']>): void;
  /** A standalone task that is about to be asked for, or was; nothing once it is known that none came of it. */
  asked(asked: AskedTask | undefined): void;
  /** Sends the last words again: the heartbeat of a wait. */
  beat: () => void;
  /** What the attempt before this one had made and had verified. */
  before: Pick<ActivityHeartbeat, 'created' | 'traffic' | 'asked'>;
  progress(): Progress;
  /** What a failure takes along, so that the log outlives it: the last lines and the changes made. */
  record(): Pick<Progress, 'log' | 'changes'>;
}

/** In a heartbeat and in a failure, whose sizes the server limits. */
const MAX_LINES = 50;

const weights = z.object({ primary: z.number(), canary: z.number(), baseline: z.number().exactOptional() });
const heartbeatSchema = z.object({
  detail: z.string(),
  traffic: z
    .object({ wanted: weights, verified: weights.exactOptional(), verifiedAt: z.number().exactOptional() })
    .exactOptional(),
  log: z.array(z.object({ at: z.number(), level: z.enum(['info', 'warning', 'error']), text: z.string() })),
  changes: z
    .array(z.object({ at: z.number(), action: z.string(), resource: z.string(), summary: z.string() }))
    .exactOptional(),
  created: z.object({ taskSetArn: z.string(), attempt: z.number() }).exactOptional(),
  asked: z.object({ at: z.number(), attempt: z.number(), taskArn: z.string().exactOptional() }).exactOptional(),
});

/** Begins a report for one activity; a retry goes on with the lines of the attempt before it. */
export function createReport(ctx: ActivityContext, stage: string): Report {
  const parsed = heartbeatSchema.safeParse(ctx.lastHeartbeat);
  const last = parsed.success ? parsed.data : undefined;
  const log: LogLine[] = last ? [...last.log] : [];
  const changes: AwsChange[] = last?.changes ? [...last.changes] : [];
  const now: Pick<ActivityHeartbeat, 'detail' | 'traffic' | 'created' | 'asked'> = {
    detail: last?.detail ?? '',
    ...(last?.created && { created: last.created }),
    ...(last?.asked && { asked: last.asked }),
  };

  function record(): Pick<Progress, 'log' | 'changes'> {
    return { log: log.slice(-MAX_LINES), changes };
  }
  function beat(): void {
    ctx.heartbeat({
      stage,
      detail: now.detail,
      ...(now.traffic && { traffic: now.traffic }),
      ...record(),
      ...(now.created && { created: now.created }),
      ...(now.asked && { asked: now.asked }),
    });
  }
  function line(level: LogLine['level'], text: string): void {
    // A retry says again what it finds; the same words once are enough.
    if (log.at(-1)?.text === text) return;
    log.push({ at: ctx.clock.now(), level, text });
    beat();
  }

  return {
    info: (text) => line('info', text),
    warn: (text) => line('warning', text),
    error: (text) => line('error', text),
    detail(text) {
      if (text !== now.detail) now.detail = text;
      beat();
    },
    traffic(traffic) {
      now.traffic = traffic;
      beat();
    },
    changed(change) {
      changes.push({ at: ctx.clock.now(), ...change });
      line('info', change.summary);
    },
    created(created) {
      now.created = created;
      beat();
    },
    asked(asked) {
      if (asked) now.asked = asked;
      else delete now.asked;
      beat();
    },
    beat,
    before: {
      ...(last?.created && { created: last.created }),
      ...(last?.traffic && { traffic: last.traffic }),
      ...(last?.asked && { asked: last.asked }),
    },
    progress: () => ({ ...(now.traffic && { traffic: now.traffic }), detail: now.detail, log, changes }),
    record,
  };
}
