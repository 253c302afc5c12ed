// `npm run bench [-- --json]`: measures what the product promises in seconds, events and bytes, and prints it with a baseline of the
// same run. Nothing is asserted: it fails only where something could not be measured.
// `npm run bench -- verdicts [--runs N] …` is another program: the judges on simulated rollouts, see `verdicts/main.ts`.
// `npm run bench -- charts` looks at frames: see `charts/main.mjs`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { prepare, run } from '../scripts/prepare.mjs';

if (process.argv[2] === 'verdicts') process.exit(verdicts(process.argv.slice(3)));
if (process.argv[2] === 'charts') {
  prepare();
  process.exit(run('node', ['bench/charts/main.mjs', ...process.argv.slice(3)]));
}

const STDERR = 2;
let measured = { figures: [], failures: [] };
const child = fork(fileURLToPath(new URL('./measure.mjs', import.meta.url)), {
  stdio: ['ignore', STDERR, STDERR, 'ipc'],
});
child.on('message', (message) => (measured = message));
const [code] = await once(child, 'exit');

const { figures, failures } = measured;
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, figures }, undefined, 2));
} else {
  console.log(table(figures));
}
for (const failure of failures) console.error(failure);
process.exit(code !== 0 || failures.length > 0 || figures.length === 0 ? 1 : 0);

function table(rows) {
  const head = ['what', 'median', 'spread', 'aim', 'baseline of this run', 'ratio'];
  const cells = rows.map(({ name, unit, value, runs, aim, baseline }) => [
    name,
    amount(value, unit),
    runs.length > 1
      ? `${amount(Math.min(...runs), unit)} to ${amount(Math.max(...runs), unit)} (${runs.length} runs)`
      : '1 run',
    aim === undefined ? '-' : `${value <= aim ? 'met' : 'MISSED'}: at most ${amount(aim, unit)}`,
    `${amount(baseline.value, unit)}: ${baseline.name}`,
    (value / baseline.value).toFixed(2),
  ]);
  return [head, head.map(() => '-'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function amount(value, unit) {
  if (unit === 's') return `${value.toFixed(2)} s`;
  if (unit === 'shift') return value.toFixed(4);
  return unit === 'bytes' ? `${Math.round(value / 1024)} KiB` : `${Math.round(value)} ${unit}`;
}

/** Compiled, since it computes for minutes on all cores: workers cannot load TypeScript. */
function verdicts(args) {
  prepare();
  const failed = run('npx', ['--no-install', 'tsc', '-p', 'bench/verdicts']);
  return failed || run('node', ['.tools/bench/bench/verdicts/main.js', ...args]);
}
