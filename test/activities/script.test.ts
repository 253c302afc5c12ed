import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActivityContext } from '../../activities/context.js';
import type { ScriptInput } from '../../activities/script.js';
import { createOutput } from '../../activities/script/output.js';
import { createRunScript } from '../../activities/script/run-script.js';
import { scriptEnvironment } from '../../config/environment.js';
import { packageRoot } from '../../cli/package-root.js';
import type { ActivityHeartbeat, Progress } from '../../model/delivery.js';
import { wall } from './harness.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'script-test-'))));
afterAll(() => rm(folder, { recursive: true }));

interface Ran {
  beats: ActivityHeartbeat[];
  cancel: AbortController;
  done: Promise<Progress>;
}

/** Runs a command as an activity would. */
function start(run: string, over: Partial<ScriptInput> & { attempt?: number } = {}): Ran {
  const { attempt = 1, ...input } = over;
  const beats: ActivityHeartbeat[] = [];
  const cancel = new AbortController();
  const ctx: ActivityContext = {
    clock: wall,
    attempt,
    scheduledAt: 0,
    lastHeartbeat: undefined,
    heartbeat: (beat) => void beats.push(beat),
    fence: () => Promise.resolve(),
    cancelled: cancel.signal,
  };
  const runScript = createRunScript({
    allowed: true,
    unseal: (sealed) => sealed,
    environment: scriptEnvironment({ PATH: process.env.PATH, AWS_SECRET_ACCESS_KEY: 'ours', TEMPORAL_API_KEY: 'ours' }),
    context: () => ctx,
  });
  const done = runScript({ stage: 'smoke', run, about: {}, deadline: Date.now() + 60_000, ...input });
  done.catch(() => undefined);
  return { beats, cancel, done };
}

const texts = ({ log }: Pick<Progress, 'log'>): string[] => log.map(({ text }) => text);
/** A process that has ended and that nobody has fetched is a zombie: dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/^\d+ \(.*\) Z/.test(stat);
}

/** The process that a command wrote the number of. */
async function pidIn(file: string): Promise<number> {
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 20_000 });
  return vi.waitFor(async () => {
    const pid = Number(await readFile(file, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    return pid;
  });
}

describe('a command', () => {
  test('gives its output, line by line, each stream with its level', async () => {
    const { done } = start('echo one; echo two >&2; sleep 0.1; printf three');
    const { log, detail } = await done;
    expect(log.map(({ level, text }) => `${level} ${text}`).toSorted()).toEqual([
      'info one',
      'info three',
      'warning two',
    ]);
    expect(detail).toBe('three');
  });

  test('sees its own variables and what is told of the deployment, and no secret of ours', async () => {
    const { done } = start('env', { sealedEnv: '{"MINE":"yes"}', about: { DEPLOYMENT_ID: 'shop-7' }, attempt: 2 });
    const log = texts(await done);
    expect(log).toEqual(expect.arrayContaining(['MINE=yes', 'SR_DEPLOYMENT_ID=shop-7', 'SLUICE_ATTEMPT=2']));
    expect(log).toContain('SR_CONTEXT_RAW={"DEPLOYMENT_ID":"shop-7"}');
    expect(log.join()).not.toContain('ours');
    expect(log[0]).toContain('it begins anew');
  });

  test('does not show what its variables hold', async () => {
    const { done } = start('echo "token is $TOKEN"', { sealedEnv: '{"TOKEN":"s3cret-token"}' });
    expect(texts(await done)).toEqual(['token is ***']);
  });

  test('fails with its exit code and its last line, and the log outlives it', async () => {
    const { done } = start('echo health check; echo "no answer" >&2; exit 7');
    await expect(done).rejects.toMatchObject({
      nonRetryable: true,
      message: expect.stringMatching(/^The command ended with exit code 7: /) as string,
      details: [{ log: expect.arrayContaining([expect.objectContaining({ text: 'no answer' })]) as unknown }],
    });
  });

  test('is shown while it runs', async () => {
    const { beats, cancel, done } = start('echo begun; sleep 60');
    await vi.waitFor(() => expect(texts(beats.at(-1)!)).toEqual(['begun']), { timeout: 20_000 });
    cancel.abort(new CancelledFailure('enough'));
    await expect(done).rejects.toBeInstanceOf(CancelledFailure);
  });

  test('leaves nothing of itself running when it is over', async () => {
    const file = join(folder, 'behind');
    const { done } = start(`sleep 600 & echo $! > ${file}`);
    await done;
    const pid = await pidIn(file);
    await vi.waitFor(async () => expect(await isAlive(pid)).toBe(false));
  });
});

describe('a command that goes on', () => {
  test.each([
    ['that ends when asked', ''],
    ['that does not want to', 'trap "" TERM; '],
  ])('is ended when cancelled, one %s', async (_, prelude) => {
    const file = join(folder, `cancelled-${prelude.length}`);
    const { cancel, done } = start(`${prelude}echo $$ > ${file}; while true; do sleep 1; done`);
    const pid = await pidIn(file);
    cancel.abort(new CancelledFailure('enough'));
    await expect(done).rejects.toBeInstanceOf(CancelledFailure);
    expect(await isAlive(pid)).toBe(false);
  });

  test('is ended at its time limit', async () => {
    const { done } = start('sleep 600', { deadline: Date.now() + 300 });
    await expect(done).rejects.toMatchObject({ nonRetryable: true, message: /was not over within .* and was ended/ });
  });

  test('ends with the worker, however that ends', async () => {
    const file = join(folder, 'orphan');
    const shell = pathToFileURL(join(packageRoot(), 'dist/activities/script/shell.js')).href;
    const code = `import { runShell } from '${shell}';
      await runShell('echo $$ > ${file}; sleep 600', { env: process.env, cwd: '/', end: new AbortController().signal, take() {} });`;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
    const pid = await pidIn(file);
    worker.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isAlive(pid)).toBe(false), { timeout: 20_000 });
  });
});

describe('output', () => {
  test('keeps the beginning and the end of what is long, and says what it left out', () => {
    const output = createOutput(() => 0);
    for (let i = 1; i <= 100_000; i++) output.take('stdout', `line ${i}\n`);
    const lines = output.lines().map(({ text }) => text);
    expect(lines[0]).toBe('line 1');
    expect(lines.at(-1)).toBe('line 100000');
    expect(lines.join('').length).toBeLessThan(200_000);
    const gap = lines.find((text) => text.includes('left out'));
    expect(gap).toBe(`… ${100_000 - (lines.length - 1)} lines are left out here …`);
  });

  test('is the same however it is cut into pieces', () => {
    const cut = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 8 }));
    fc.assert(
      fc.property(cut, (pieces) => {
        const whole = createOutput(() => 0);
        whole.take('stdout', pieces.join(''));
        whole.end();
        const cutUp = createOutput(() => 0);
        for (const piece of pieces) cutUp.take('stdout', piece);
        cutUp.end();
        expect(cutUp.lines()).toEqual(whole.lines());
      }),
    );
  });
});
