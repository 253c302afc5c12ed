import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { formatDuration, SECOND } from '../../model/duration.js';
import { badInput, stageFailed, withRecord } from '../aws/errors.js';
import type { ActivityContext } from '../context.js';
import type { ScriptActivities, ScriptInput } from '../script.js';
import { createOutput } from './output.js';
import type { Output } from './output.js';
import { runShell } from './shell.js';

/** Longer than this a timer of Node's cannot be: it would end at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** A third of the heartbeat time-out or less. */
const BEAT = 2 * SECOND;
const LINES_IN_HEARTBEAT = 50;

const variables = z.record(z.string(), z.string());

export interface ScriptDependencies {
  allowed: boolean;
  unseal: (sealed: string) => string;
  /** What of the worker's own environment a command sees: nothing secret. */
  environment: NodeJS.ProcessEnv;
  context: () => ActivityContext;
}

/** Runs the commands of SCRIPT_RUN stages, each in an empty folder that goes with it. */
export function createRunScript({
  allowed,
  unseal,
  environment,
  context,
}: ScriptDependencies): ScriptActivities['runScript'] {
  return async (input) => {
    if (!allowed) throw badInput('This worker runs no scripts: give worker and api the same configuration.');
    const ctx = context();
    const env = input.sealedEnv === undefined ? {} : variables.parse(JSON.parse(unseal(input.sealedEnv)));
    const output = createOutput(() => ctx.clock.now(), Object.values(env));
    const record = () => ({ log: output.lines(), changes: [] });
    const beat = (): void =>
      ctx.heartbeat({
        stage: input.stage,
        detail: output.last(1)[0]?.text ?? '',
        log: output.last(LINES_IN_HEARTBEAT),
      });
    if (ctx.attempt > 1) {
      output.take('stderr', 'The worker that ran this command was lost, and the command with it: it begins anew.\n');
    }
    beat();
    const beats = setInterval(beat, BEAT);
    const folder = await mkdtemp(join(tmpdir(), 'sluice-script-'));
    try {
      await untilEnd(
        input,
        ctx,
        output,
        {
          ...environment,
          ...aboutVariables(input.about, ctx.attempt),
          ...env,
        },
        folder,
      );
      return { detail: output.last(1)[0]?.text ?? 'It wrote nothing.', ...record() };
    } catch (error) {
      throw withRecord(error, record(), ctx.cancelled);
    } finally {
      clearInterval(beats);
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function untilEnd(
  { run, deadline }: ScriptInput,
  { clock, cancelled }: ActivityContext,
  output: Output,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<void> {
  cancelled.throwIfAborted();
  const late = new AbortController();
  const allowed = Math.max(deadline - clock.now(), 0);
  const timer = setTimeout(() => late.abort(), Math.min(allowed, LONGEST_TIMER));
  const take = output.take.bind(output);
  try {
    const { code, signal } = await runShell(run, { env, cwd, end: AbortSignal.any([cancelled, late.signal]), take });
    output.end();
    cancelled.throwIfAborted();
    if (late.signal.aborted)
      throw stageFailed(`The command was not over within ${formatDuration(allowed)} and was ended.`);
    if (code === 0) return;
    const how = code === undefined ? `was ended by ${signal ?? 'a signal'}` : `ended with exit code ${code}`;
    const last = output.last(1)[0]?.text;
    throw stageFailed(`The command ${how}${last === undefined ? '.' : `: ${last}`}`);
  } finally {
    clearTimeout(timer);
  }
}

/** PipeCD's `SR_…`, all of them once more as JSON, and which attempt it is. */
function aboutVariables(about: Readonly<Record<string, string>>, attempt: number): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { SR_CONTEXT_RAW: JSON.stringify(about), SLUICE_ATTEMPT: String(attempt) };
  for (const [name, value] of Object.entries(about)) env[`SR_${name}`] = value;
  return env;
}
