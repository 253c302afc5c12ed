// `npm run bench -- verdicts [--runs N] [--seed N] [--json]`: our judge and its peers on the same simulated rollouts.
import { parseArgs } from 'node:util';
import { type Cell, merged } from './cell.js';
import { POLICIES } from './policies.js';
import { simulateAll } from './pool.js';
import { SUITE } from './profile.js';
import { row, type Row } from './row.js';
import { lines, markdown, percent } from './table.js';
import type { Task } from './worker.js';

/** Minutes: at once, Prometheus or CloudWatch, a slow CloudWatch, Datadog's AWS polling. */
const LAGS = [0, 2, 5, 12];
/** Runs that a worker takes at a time. */
const CHUNK = 100;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const runs = whole('runs', options.runs);
const seed = whole('seed', options.seed);

const tasks: Task[] = SUITE.flatMap((profile) =>
  Array.from({ length: Math.ceil(runs / CHUNK) }, (_, chunk) => {
    const from = chunk * CHUNK;
    return { profile, lags: LAGS, runs: { from, count: Math.min(CHUNK, runs - from), seed } };
  }),
);
const cells = together(await simulateAll(tasks, (done) => process.stderr.write(`\r${done} of ${tasks.length} parts`)));
process.stderr.write('\n');

function rows(of: readonly Cell[]): Row[] {
  return POLICIES.map(({ name }) => row(name, of));
}
if (options.json) {
  const byLag = LAGS.map((lag) => ({ lag, rows: rows(cells.filter((cell) => cell.lag === lag)) }));
  console.log(JSON.stringify({ runs, seed, all: rows(cells), byLag, cells: cells.map(summary) }, undefined, 2));
} else {
  console.log(
    `${SUITE.length} profiles × lags of ${LAGS.join(', ')} minutes, ${runs} runs of each\n\n${markdown(rows(cells))}`,
  );
  for (const lag of LAGS) {
    const own = cells.filter((cell) => cell.lag === lag);
    console.log(`\nLag ${lag} minutes\n\n${markdown(rows(own))}`);
    console.log(`\nRolled back % (median minute), lag ${lag}\n\n${scenarios(own)}`);
  }
}

function together(answers: readonly Cell[][]): Cell[] {
  const byKey = new Map<string, Cell>();
  for (const cell of answers.flat()) {
    const key = `${cell.policy}|${cell.profile.name}|${cell.lag}`;
    const before = byKey.get(key);
    byKey.set(key, before ? merged(before, cell) : cell);
  }
  return [...byKey.values()];
}

function scenarios(own: readonly Cell[]): string {
  const head = ['scenario', ...POLICIES.map(({ name }) => name)];
  const body = SUITE.map(({ name }) => [
    name,
    ...own
      .filter((cell) => cell.profile.name === name)
      .map(({ rolledBack, runs: all, held, minutes }) => {
        const median = minutes[Math.floor(minutes.length / 2)]?.toFixed(0) ?? '-';
        return `${percent(rolledBack / all)} (${median})${held > 0 ? ` held ${percent(held / all, 0)}` : ''}`;
      }),
  ]);
  return lines(head, body);
}

function summary({ minutes: _, profile, ...cell }: Cell): object {
  return { ...cell, profile: profile.name };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} ${text}: write a whole number above 0.`);
  process.exit(2);
}
