import { SECOND } from '../../model/duration.js';
import type { Run } from '../run.js';
import { COMMANDS, type CommandName } from './commands.js';
import { wordsOf } from './errors.js';

/** One call may take this long … */
const CALL_LIMIT = 3 * SECOND;
/** … and is not begun later than this after the server answered our heartbeat: nobody else runs this activity by then. */
const FENCE_HOLDS = 5 * SECOND;
const TRIES = 5;

/** A change to AWS: what to look at first, and what to send if it is still to be done. */
export interface Change<Seen, Answer> {
  command: CommandName;
  /** ARN or name of what changes, for the list of calls. */
  resource: string;
  /** Looks at AWS as it is now; undefined when there is nothing left to change. */
  look(): Promise<Seen | undefined>;
  send(seen: Seen, options: { abortSignal: AbortSignal }): Promise<Answer>;
  /** The change in words, once it is made. */
  say(seen: Seen): string;
}

/**
 * Makes one change to AWS, the only way there is: wait for the rate limit, make sure that this attempt is the current one, look, call
 * once. An answer that was not heard is thrown as it came: the next attempt looks and finds what happened.
 * @returns the answer, or undefined when the look showed nothing to do.
 */
export async function change<Seen, Answer>(run: Run, wish: Change<Seen, Answer>): Promise<Answer | undefined> {
  const { ctx, aws, report } = run;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    ctx.cancelled.throwIfAborted();
    await aws.admit(wish.command);
    await ctx.fence();
    const answeredAt = ctx.clock.now();
    const seen = await wish.look();
    if (seen === undefined) return undefined;
    ctx.cancelled.throwIfAborted();
    if (ctx.clock.now() - answeredAt > FENCE_HOLDS) continue;
    const action = COMMANDS[wish.command].action;
    try {
      const answer = await wish.send(seen, { abortSignal: AbortSignal.timeout(CALL_LIMIT) });
      report.changed({ action, resource: wish.resource, summary: wish.say(seen) });
      return answer;
    } catch (error) {
      report.warn(`${action} on ${wish.resource} was not confirmed: ${wordsOf(error)}`);
      throw error;
    }
  }
  throw new Error(`${wish.command} was not sent: AWS took too long to answer the look before it. It is tried again.`);
}
