import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND, type Millis } from '../../model/duration.js';
import { beginningOf } from './identity.js';
import type { ProcessRecord } from './claim.js';

/** A program to be kept running. */
export interface Program {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
}

export interface SupervisorOptions {
  /** Folder of one log file for each program. */
  logsDir: string;
  /** Told of deaths and restarts. */
  say: (text: string) => void;
  /** Told which processes live, whenever that changes. */
  changed: (children: ProcessRecord[]) => Promise<void>;
  /** Pauses before the first, second … restart in a row; the last one repeats. */
  backOff?: readonly Millis[];
  /** A program that lived this long is restarted without a pause again. */
  steadyAfter?: Millis;
}

export interface Supervisor {
  /** Starts a program and keeps it running until `stop`. */
  start: (program: Program) => Promise<void>;
  /** How often a program died since it was started, and the end of its log. */
  look: (name: string) => { deaths: number; log: string };
  /** Ends the programs, the last started first: SIGTERM, and SIGKILL for those that do not hear it or when `now` is aborted. */
  stop: (now?: AbortSignal) => Promise<void>;
}

const BACK_OFF = [500, 1 * SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND] as const;
const STEADY_AFTER = 30 * SECOND;
const GRACE = 20 * SECOND;
const LOG_LIMIT = 10 * 1024 * 1024;
const LOG_TAIL = 15;

interface Kept {
  program: Program;
  child: ChildProcess;
  beginning: string;
  deaths: number;
  /** Resolves when it has ended and will not be started again. */
  over: Promise<void>;
}

/** Keeps programs running, each in a process group of its own, so that Ctrl-C reaches only us and we end them in order. */
export function supervise(env: NodeJS.ProcessEnv, options: SupervisorOptions): Supervisor {
  const { logsDir, say, changed, backOff = BACK_OFF, steadyAfter = STEADY_AFTER } = options;
  const kept: Kept[] = [];
  const stopping = new AbortController();
  const isOver = (): boolean => stopping.signal.aborted;
  mkdirSync(logsDir, { recursive: true });
  const logFile = (name: string): string => join(logsDir, `${name}.log`);

  const launch = async (program: Program): Promise<{ child: ChildProcess; beginning: string }> => {
    const log = openSync(logFile(program.name), 'a');
    const child = spawn(program.command, program.args, {
      env: program.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.once('error', (error) => say(`${program.name} could not be started: ${error.message}`));
    return { child, beginning: (child.pid !== undefined && (await beginningOf(child.pid, env))) || 'ended' };
  };

  const tell = (): Promise<void> =>
    changed(
      kept.flatMap(({ program, child, beginning }) =>
        child.pid !== undefined && isRunning(child) ? [{ name: program.name, pid: child.pid, beginning }] : [],
      ),
    );

  const keep = async (one: Kept): Promise<void> => {
    for (let inRow = 0; ;) {
      const since = Date.now();
      await ended(one.child);
      if (isOver()) return;
      inRow = Date.now() - since > steadyAfter ? 0 : inRow + 1;
      one.deaths += 1;
      const pause = inRow === 0 ? 0 : (backOff[Math.min(inRow, backOff.length) - 1] ?? 0);
      say(`${one.program.name} ${howItEnded(one.child)}; starting it again${pause ? ` in ${pause / SECOND} s` : ''}.`);
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (isOver()) return;
      Object.assign(one, await launch(one.program));
      await tell();
    }
  };

  return {
    async start(program) {
      turnLog(logFile(program.name));
      const one: Kept = { program, ...(await launch(program)), deaths: 0, over: Promise.resolve() };
      kept.push(one);
      await tell();
      one.over = keep(one);
    },
    look: (name) => ({
      deaths: kept.find(({ program }) => program.name === name)?.deaths ?? 0,
      log: readFileSync(logFile(name), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL).join('\n'),
    }),
    async stop(now) {
      stopping.abort();
      for (const one of [...kept].reverse()) {
        one.child.kill('SIGTERM');
        const late = setTimeout(() => one.child.kill('SIGKILL'), GRACE);
        const kill = (): boolean => one.child.kill('SIGKILL');
        if (now?.aborted) kill();
        now?.addEventListener('abort', kill, { once: true });
        await ended(one.child);
        await one.over;
        now?.removeEventListener('abort', kill);
        clearTimeout(late);
      }
      await tell();
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function ended(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function howItEnded({ pid, exitCode, signalCode }: ChildProcess): string {
  if (pid === undefined) return 'could not be started';
  return signalCode ? `was killed (${signalCode})` : `ended with ${exitCode ?? 'no exit code'}`;
}

/** A log that has grown large becomes `<name>.log.1`, in place of the one before. */
function turnLog(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat && stat.size > LOG_LIMIT) renameSync(file, `${file}.1`);
}
