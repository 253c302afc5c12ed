import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../cli/package-root.js';
import { MINUTE } from '../../model/duration.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 3 * MINUTE;
const CI = join(packageRoot(), 'deploy', 'ci');
const stack = useStack({ world: worldOf(['web']) });
let folder: string;

/** Stands in for GitHub's command line: keeps what it was called with, and knows of one comment when it is told to. */
const GH = `#!/usr/bin/env bash
for argument in "$@"; do
  [[ $argument == body=@* ]] && cp "\${argument#body=@}" "$CALLS/body"
done
echo "$*" >>"$CALLS/calls"
[[ "$*" == *--paginate* && -e "$CALLS/commented" ]] && echo 4711
exit 0
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-ci-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'gh'), GH);
  await chmod(join(folder, 'bin', 'gh'), 0o755);
  await mkdir(join(folder, 'web'));
  for (const [name, text] of Object.entries(filesOf(shopOf('web')))) await writeFile(join(folder, 'web', name), text);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(script: string, env: Record<string, string>): Promise<{ code: number; output: string }> {
  const given = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    CALLS: folder,
    SLUICE: join(packageRoot(), 'cli', 'sluice.mjs'),
    SLUICE_URL: stack().apiUrl,
    COMMIT: 'a'.repeat(40),
    ...env,
  };
  return new Promise((resolve) => {
    execFile(join(CI, script), { env: given, cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test('the deploying action waits for the end, and begins none twice', { timeout: LIMIT }, async () => {
  const env = {
    SLUICE_API_KEY: KEYS.deployer,
    DIR: 'web',
    IMAGE: 'web:1',
    AUTHOR: 'ada',
    COMMIT_URL: 'https://example.com/c',
    RUN: '1-deploy',
  };
  const { code, output } = await run('deploy/deploy.sh', env);
  expect([code, output]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
  expect((await run('deploy/deploy.sh', env)).code).toBe(0);
  expect(await stack().document('web-1')).toMatchObject({ version: { image: 'web:1', commit: 'a'.repeat(40) } });
  expect((await stack().ask('GET', '/deployments/web-2')).status).toBe(404);
});

test('the planning action keeps one comment, and fails for what would be refused', { timeout: LIMIT }, async () => {
  const env = {
    SLUICE_API_KEY: KEYS.viewer,
    DIRS: 'web\n\n',
    IMAGE: 'web:2',
    REPOSITORY: 'team/shop',
    PULL_REQUEST: '7',
  };
  expect((await run('plan/plan.sh', env)).code).toBe(0);
  const calls = (): Promise<string> => readFile(join(folder, 'calls'), 'utf8');
  expect(await calls()).toContain('--method POST repos/team/shop/issues/7/comments');
  const body = await readFile(join(folder, 'body'), 'utf8');
  expect(body).toMatch(/^<!-- sluice plan -->\n/);
  expect(body).toContain('web: PIPELINE. The version changed.');
  expect(body).toContain('~ containerDefinitions[web].image: "web:1" → "web:2"');

  await writeFile(join(folder, 'commented'), '');
  const refused = await run('plan/plan.sh', { ...env, DIRS: 'web\nnowhere' });
  expect(refused.code).toBe(1);
  expect(await calls()).toContain('--method PATCH repos/team/shop/issues/comments/4711');
  expect(await readFile(join(folder, 'body'), 'utf8')).toMatch(/### nowhere\n\n~~~~~~text\nsluice: .*nowhere/);
});

test.each(['plan', 'deploy'])('the action %s gives its script what that reads', async (name) => {
  const action = parse(await readFile(join(CI, name, 'action.yml'), 'utf8')) as {
    inputs: Record<string, unknown>;
    runs: { steps: { env?: Record<string, string> }[] };
  };
  const given = action.runs.steps.flatMap(({ env }) => Object.entries(env ?? {}));
  const script = await readFile(join(CI, name, `${name}.sh`), 'utf8');
  const read = new Set([...script.matchAll(/\$\{?([A-Z_]{2,})/g)].map(([, variable]) => variable));
  expect(given.map(([variable]) => variable)).toEqual(expect.arrayContaining([...read]));
  for (const [, value] of given) {
    for (const [, input] of value.matchAll(/inputs\.([\w-]+)/g)) expect(action.inputs).toHaveProperty(input!);
  }
});
