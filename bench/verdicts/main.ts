// `npm run bench -- verdicts [--null] [--runs N] [--seed N] [--json]`: our judge and its peers on the same simulated rollouts, or our
// judge alone on versions with nothing wrong.
import { parseArgs } from 'node:util';
import { type Cell, merged } from './cell.js';
import { nullsJson, nullsText } from './nulls.js';
import { simulateAll } from './pool.js';
import { NULLS, type Profile, SUITE } from './profile.js';
import { LAGS, suiteJson, suiteText } from './suite.js';
import type { Task } from './worker.js';

const { values: options } = parseArgs({
  options: {
    null: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const runs = whole('runs', options.runs ?? (options.null ? '20000' : '1000'));
const seed = whole('seed', options.seed);
/** Runs that a worker takes at a time. */
const CHUNK = 50;

const started = performance.now();
const tasks = options.null ? tasksOf(NULLS, [0], 'ours') : tasksOf(SUITE, LAGS, 'all');
const cells = together(await simulateAll(tasks, progress));
const seconds = Math.round((performance.now() - started) / 1000);
process.stderr.write('\n');

if (options.json) {
  const figures = options.null ? { nulls: nullsJson(cells) } : suiteJson(cells);
  console.log(JSON.stringify({ at: new Date().toISOString(), runs, seed, seconds, ...figures }, undefined, 2));
} else {
  console.log(`${runs} runs of each profile, seed ${seed}, ${seconds} s\n`);
  console.log(options.null ? nullsText(cells) : suiteText(cells));
}

function tasksOf(profiles: readonly Profile[], lags: readonly number[], policies: Task['policies']): Task[] {
  return profiles.flatMap((profile) =>
    Array.from({ length: Math.ceil(runs / CHUNK) }, (_, chunk) => {
      const from = chunk * CHUNK;
      return { profile, lags, policies, runs: { from, count: Math.min(CHUNK, runs - from), seed } };
    }),
  );
}

/** The cells of the same policy, profile and delay, which several workers had a part of, as one. */
function together(answers: readonly Cell[][]): Cell[] {
  const byKey = new Map<string, Cell>();
  for (const cell of answers.flat()) {
    const key = `${cell.policy}|${cell.profile.name}|${cell.lag}`;
    const before = byKey.get(key);
    byKey.set(key, before ? merged(before, cell) : cell);
  }
  return [...byKey.values()];
}

function progress(done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${tasks.length} parts`);
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} ${text}: write a whole number above 0.`);
  process.exit(2);
}
