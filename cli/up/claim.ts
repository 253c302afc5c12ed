import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SECOND } from '../../model/duration.js';
import { beginningOf } from './identity.js';

const FILE = 'up.json';
const ENDING = 15 * SECOND;

const processRecord = z.object({ name: z.string(), pid: z.int().positive(), beginning: z.string() });
export type ProcessRecord = z.infer<typeof processRecord>;

const record = z.object({
  supervisor: processRecord,
  children: z.array(processRecord),
  /** Ports that were used, by what for: kept from one start to the next where they are free. */
  ports: z.record(z.string(), z.int().positive()),
  /** Lines that tell where everything is. */
  addresses: z.array(z.string()),
});
type UpRecord = z.infer<typeof record>;

/** The right to run on a data folder, and the place where what runs there is written down. */
export interface Claim {
  /** Ports of the last time. */
  ports: Record<string, number>;
  /** Writes down what runs now, so that the next start can end it if this one is killed. */
  note: (what: Partial<Pick<UpRecord, 'children' | 'ports' | 'addresses'>>) => Promise<void>;
  /** Gives the folder back; the ports are remembered. */
  release: () => Promise<void>;
}

/** Somebody else runs on the folder. */
export interface Occupied {
  pid: number;
  addresses: string[];
}

/**
 * Claims a data folder for this process. What an earlier `up` left running after it was killed is ended first; only processes that
 * it wrote down are touched, and only when pid and beginning are both theirs.
 * @returns the claim, or who holds the folder.
 */
export async function claimFolder(
  dataDir: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<{ claim: Claim } | { occupied: Occupied }> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, FILE);
  const beginning = await beginningOf(process.pid, env);
  if (beginning === undefined) throw new Error('The time at which this process began cannot be read.');
  const supervisor: ProcessRecord = { name: 'up', pid: process.pid, beginning };

  for (;;) {
    const text = await readText(file);
    const before = text === undefined ? undefined : parseRecord(text);
    if (before && (await isAlive(before.supervisor, env))) {
      return { occupied: { pid: before.supervisor.pid, addresses: before.addresses } };
    }
    const mine: UpRecord = { supervisor, children: before?.children ?? [], ports: before?.ports ?? {}, addresses: [] };
    if (!(await put(file, mine, text))) continue;
    for (const left of mine.children) {
      if (!(await isAlive(left, env))) continue;
      say(`Ending ${left.name} (pid ${left.pid}), which an earlier start left running.`);
      await end(left, env);
    }
    return { claim: hold(file, { ...mine, children: [] }) };
  }
}

function hold(file: string, mine: UpRecord): Claim {
  let now = mine;
  let writing = Promise.resolve();
  const write = (next: UpRecord): Promise<void> => {
    now = next;
    // One after the other: two restarts at once must not leave the older list.
    writing = writing.then(() => replace(file, next));
    return writing;
  };
  return {
    ports: mine.ports,
    note: (what) => write({ ...now, ...what }),
    release: () =>
      write({ ...now, supervisor: { ...now.supervisor, beginning: 'ended' }, children: [], addresses: [] }),
  };
}

/** Puts a record where the text `before` was; false when another process was faster. */
async function put(file: string, mine: UpRecord, before: string | undefined): Promise<boolean> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}`;
  const old = `${fresh}.old`;
  await writeFile(fresh, JSON.stringify(mine), { mode: 0o600 });
  try {
    if (before !== undefined) {
      await rename(file, old);
      if ((await readText(old)) !== before) {
        // Somebody else's new record was caught: give it back.
        await rename(old, file);
        return false;
      }
    }
    await link(fresh, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
    await rm(old, { force: true });
  }
}

async function replace(file: string, next: UpRecord): Promise<void> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(fresh, JSON.stringify(next), { mode: 0o600 });
  await rename(fresh, file);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A record that cannot be read says nothing about processes. */
function parseRecord(text: string): UpRecord | undefined {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function isAlive({ pid, beginning }: ProcessRecord, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await beginningOf(pid, env)) === beginning;
}

async function end(left: ProcessRecord, env: NodeJS.ProcessEnv): Promise<void> {
  const until = Date.now() + ENDING;
  signal(left.pid, 'SIGTERM');
  // It may have been stopped; then it hears SIGTERM only when it goes on.
  signal(left.pid, 'SIGCONT');
  while (await isAlive(left, env)) {
    if (Date.now() > until) signal(left.pid, 'SIGKILL');
    await sleep(50);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error;
  }
}
