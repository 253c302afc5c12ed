import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { below, idleProgram, pathOf } from './commands-tree.js';

const runs = promisify(execFile);

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-examples-'));
  await writeFile(join(dir, 'data.json'), '{}');
});
afterAll(() => rm(dir, { recursive: true }));

/** The arguments with which a shell would call `sluice` for a line. */
async function argumentsOf(line: string): Promise<string[][]> {
  const script = `sluice() { printf '%s\\0' "$@" "" >&3; }\nnpx() { "$@"; }\n${line}`;
  const { stdout } = await runs('bash', ['-c', `{ ${script}\n} 3>&1 >/dev/null 2>/dev/null </dev/null || true`], {
    cwd: dir,
    env: { PATH: process.env['PATH'], PASSWORD: 'p4ss', COMMIT: 'abc', BLUE_ARN: 'arn', GREEN_ARN: 'arn' },
  });
  return stdout
    .split('\0\0')
    .filter((call) => call !== '')
    .map((call) => call.split('\0'));
}

/** Reads a line with the commands themselves. Answers what they object to. */
async function objectionTo(line: string): Promise<string | undefined> {
  const calls = await argumentsOf(line);
  if (calls.length === 0) return 'it does not call sluice';
  for (const args of calls) {
    try {
      await idleProgram().parseAsync(args, { from: 'user' });
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

/** The examples below the help of a command. */
function examplesOf(path: string): string[] {
  let text = '';
  const program = idleProgram((written) => (text += `${written}\n`));
  below(program)
    .find((each) => pathOf(each) === path)
    ?.outputHelp();
  const [, examples = ''] = text.split('\nExamples:\n');
  return examples
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the examples in help', () => {
  it.each([
    'deploy',
    'plan',
    'rollback',
    'cancel',
    'event register',
    'judge',
    'lint',
    'encrypt',
    'watch',
    'init',
    'completion',
  ])('of %s are there', (name) => {
    const examples = examplesOf(`sluice ${name}`);
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) expect(example).toContain(`sluice ${name}`);
  });

  const all = below(idleProgram()).flatMap((command) => examplesOf(pathOf(command)));

  it.each(all)('can be run: %s', async (line) => {
    expect(await objectionTo(line)).toBeUndefined();
  });

  it.each([
    'sluice deploy web --nonsense',
    'sluice cancel web-12',
    'sluice deploy --strategy SLOW',
    'sluice event register --name web-image',
    'true sluice',
  ])('would be found out: %s', async (line) => {
    expect(await objectionTo(line)).toBeDefined();
  });
});

describe('the command lines of the documentation', () => {
  it.each(['README.md', 'docs/terminal.md'])('of %s can be run', async (file) => {
    const text = await readFile(join(packageRoot(), file), 'utf8');
    const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
    const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
    const called = lines.filter((line) => /^(npx |source <\()?sluice /.test(line));
    expect(called.length).toBeGreaterThan(5);
    for (const line of called) expect([line, await objectionTo(line)]).toEqual([line, undefined]);
  });
});
