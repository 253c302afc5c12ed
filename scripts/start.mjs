// `npm start`: everything on this machine on the sandbox, the example canary with live progress, and then it stays up.
// `npm start -- --once` ends with the deployment's exit code.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fail, prepare, ROOT } from './prepare.mjs';

const given = process.argv.slice(2);
const unknown = given.filter((argument) => argument !== '--once');
if (unknown.length > 0)
  fail(`npm start takes --once and nothing else, not ${unknown.join(' ')}. For more, see: npx sluice up --help`);

prepare();
const child = spawn(
  process.execPath,
  [join(ROOT, 'cli', 'sluice.mjs'), 'up', '--example', join(ROOT, 'examples', 'canary'), ...given],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
);
// Ctrl-C reaches both of us; `up` ends everything in order, and we end with it.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
