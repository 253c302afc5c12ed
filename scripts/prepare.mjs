// What `npm start` and `npm test` need before they can begin, on a fresh clone and on every later one.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The last thing that a build writes. */
const BUILT = join(ROOT, 'dist', 'workflow-bundle.js');
/** What npm writes when it has installed everything. */
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');
/** The folders of the house that are compiled. */
const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8'));
const SOURCES = [...include, 'web', 'tsconfig.json', 'tsconfig.build.json'];

/** Ends this process with the reason, for people. */
export function fail(text) {
  console.error(text);
  process.exit(2);
}

/** Runs a program to its end with our own input and output. Answers its exit code. */
export function run(program, args, env = process.env) {
  const { status, signal, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env });
  if (error) fail(`${program} could not be started: ${error.message}`);
  return status ?? (signal ? 1 : 0);
}

/** Installs the dependencies unless they are there as the lock file wants them, and builds unless the build is newer than the sources. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 20)) {
    fail(`Sluice needs Node.js 20.20 or newer; this is ${process.versions.node}.`);
  }
  if (changed(INSTALLED) < changed(join(ROOT, 'package-lock.json'))) {
    console.error('Installing the dependencies (npm ci), which takes one to three minutes the first time …');
    // This also builds: npm runs our `prepare`.
    if (run('npm', ['ci', '--no-audit', '--no-fund']) !== 0)
      fail('The dependencies could not be installed: see above.');
  }
  if (changed(BUILT) < Math.max(...SOURCES.map((name) => newest(join(ROOT, name))))) {
    console.error('Building …');
    if (run('npm', ['run', '--silent', 'build']) !== 0) fail('The build failed: see above.');
  }
}

function changed(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}
