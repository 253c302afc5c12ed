import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { MINUTE } from '../../model/duration.js';
import { until } from '../support/processes.js';
import { KEYS } from './configuration.js';
import { useStack } from './stack.js';

const LIMIT = 3 * MINUTE;
const stack = useStack({ world: {} });
afterEach(() => stack().sandbox.clearFaults());

/** The example's files, as an application of another name. */
function files(app: string): Record<string, string> {
  const read = (name: string): string =>
    readFileSync(join(import.meta.dirname, 'pipecd-examples', 'standalone-task', name), 'utf8');
  return Object.fromEntries(
    ['app.pipecd.yaml', 'taskdef.yaml'].map((name) => [name, read(name).replaceAll('standalone-task', app)]),
  );
}

async function tasksOf(app: string) {
  const { tasks } = await stack().sandbox.state();
  return tasks.filter(({ images }) => images.some((image) => image.startsWith(`${app}:`)));
}

test('a worker that is killed between the call and its answer makes no second run', { timeout: LIMIT }, async () => {
  const { sandbox, deploy, ends, kill, restart } = stack();
  await sandbox.fault({ kind: 'version', image: 'killed:1', runSeconds: 3 });
  await sandbox.fault({ kind: 'api', operation: 'RunTask', mode: 'hang' });
  const id = await deploy('killed', files('killed'), { image: 'killed:1' });
  await until('the task to be asked for', async () => (await tasksOf('killed')).length === 1, { every: 50 });
  await kill('worker');
  await restart('worker');
  expect(await ends(id)).toMatchObject({ status: 'SUCCEEDED', reason: 'killed:1 ran to its end.' });
  expect(await tasksOf('killed')).toMatchObject([{ exitCode: 0 }]);
});

test('a worker that is killed while it waits is followed by the next', { timeout: LIMIT }, async () => {
  const { sandbox, deploy, ends, reaches, kill, restart } = stack();
  await sandbox.fault({ kind: 'version', image: 'waiting:1', runSeconds: 12, exitCode: 4 });
  const id = await deploy('waiting', files('waiting'), { image: 'waiting:1' });
  // A long wait shows how far it is.
  await reaches(id, 'show its task', ({ stages }) => /is RUNNING, \d+s after/.test(stages[0]?.detail ?? ''));
  await kill('worker');
  await restart('worker');
  const document = await ends(id);
  expect(document).toMatchObject({
    status: 'FAILED',
    reason: expect.stringMatching(/web ended with exit code 4\. The task had ended; what it did stays\.$/) as string,
    stages: [{ status: 'FAILED' }, { name: 'ROLLBACK', status: 'SUCCEEDED' }],
  });
  expect(await tasksOf('waiting')).toHaveLength(1);
  const lines = (await stack().log(id)).map(({ text }) => text);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Asked ECS to run waiting once on .*sluice-example$/) as string,
      expect.stringContaining('web ended with exit code 4.') as string,
    ]),
  );
});

test('a cancel stops it, also when the worker is dead', { timeout: LIMIT }, async () => {
  const { sandbox, deploy, ends, reaches, stop } = stack();
  await sandbox.fault({ kind: 'version', image: 'stopped:1', runSeconds: 600 });
  const id = await deploy('stopped', files('stopped'), { image: 'stopped:1' });
  await reaches(id, 'run its task', ({ stages }) => stages[0]?.detail?.includes('RUNNING') ?? false);
  await stack().kill('worker');
  const asked = stop(id, 'cancel');
  await stack().restart('worker');
  expect(await asked).toBe(true);
  expect(await ends(id)).toMatchObject({ status: 'CANCELLED' });
  expect(await tasksOf('stopped')).toMatchObject([{ lastStatus: 'STOPPED', stopCode: 'UserInitiated' }]);
  const answer = await stack().ask('POST', '/applications/stopped/rollback', { reason: 'back' });
  expect([answer.status, answer.body]).toMatchObject([409, {}]);
});

test('lint, plan, deploy and status of the command line say what it is', { timeout: LIMIT }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-task-'));
  for (const [name, text] of Object.entries(files('shown'))) await writeFile(join(folder, name), text);
  const sluice = async (...words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(packageRoot(), 'cli', 'sluice.mjs'), ...words],
      { env: { ...process.env, SLUICE_URL: stack().apiUrl, SLUICE_API_KEY: KEYS.deployer } },
    );
    return stdout;
  };
  await sluice('lint', folder);
  const since = await stack().sandbox.nextChange();
  const plan = await sluice('plan', folder, '--image', 'shown:1');
  expect(plan).toMatch(/^shown: QUICK_SYNC\. The task is run once, to its end\.\n/);
  expect(plan).toMatch(/the task runs once, to its end: exit code 0/);
  expect(plan).toMatch(
    /RegisterTaskDefinition\n\s+RunTask on .*:cluster\/sluice-example \(FARGATE\), once; waits for its end/,
  );
  expect(await stack().sandbox.changes(since)).toEqual([]);
  expect(await sluice('deploy', folder, '--image', 'shown:1', '--wait')).toMatch(
    /standalone task: it takes no requests[^]*shown:1 ran to its end/,
  );
  expect(await sluice('status', 'shown')).toMatch(/standalone task shown in .*sluice-example/);
  await rm(folder, { recursive: true });
});
