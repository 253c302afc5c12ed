import { catching } from './catching.js';
import type { Cell } from './cell.js';
import { ALL, OURS } from './policies.js';
import { SUITE } from './profile.js';
import { row, type Row } from './row.js';
import { lines, markdown, percent } from './table.js';

/** Minutes: at once, Prometheus or CloudWatch, a slow CloudWatch, Datadog's AWS polling. */
export const LAGS = [0, 2, 5, 12];

/** The standard suite over all delays and behind each of them, and what each policy did with each profile. */
export function suiteText(cells: readonly Cell[]): string {
  const parts = LAGS.map((lag) => {
    const own = cells.filter((cell) => cell.lag === lag);
    return `Lag ${lag} minutes\n\n${markdown(rows(own))}\n\nRolled back % (median minute), lag ${lag}\n\n${scenarios(own)}`;
  });
  const all = `All lags (${LAGS.join(', ')} minutes)\n\n${markdown(rows(cells))}`;
  return [all, `Minutes to catch (Wald’s bound and the lag, ×)\n\n${catches(cells)}`, ...parts].join('\n\n');
}

/** The same for programs. */
export function suiteJson(cells: readonly Cell[]): object {
  const byLag = LAGS.map((lag) => ({ lag, rows: rows(cells.filter((cell) => cell.lag === lag)) }));
  return {
    all: rows(cells),
    byLag,
    cells: cells.map((cell) => ({ ...counts(cell), ...(cell.profile.effect !== 1 && { catching: catching(cell) }) })),
  };
}

function counts({ minutes: _, profile, ...rest }: Cell): object {
  return { ...rest, profile: profile.name };
}

function rows(cells: readonly Cell[]): Row[] {
  return ALL.map(({ name }) => row(name, cells));
}

function scenarios(own: readonly Cell[]): string {
  const head = ['policy', ...SUITE.map(({ name }) => name)];
  const body = ALL.map(({ name }) => [name, ...own.filter((cell) => cell.policy === name).map(scenario)]);
  return lines(head, body);
}

function scenario({ rolledBack, runs, held, minutes }: Cell): string {
  const median = minutes[Math.floor(minutes.length / 2)]?.toFixed(0) ?? '-';
  return `${percent(rolledBack / runs)} (${median})${held > 0 ? `, held ${percent(held / runs, 0)}` : ''}`;
}

/** Our own median minutes for each bad version behind each delay, beside the bound. */
function catches(cells: readonly Cell[]): string {
  const bad = SUITE.filter(({ effect }) => effect !== 1);
  const head = ['policy', 'lag', ...bad.map(({ name }) => name)];
  const body = OURS.flatMap(({ name: policy }) =>
    LAGS.map((lag) => {
      const own = cells.filter((cell) => cell.policy === policy && cell.lag === lag);
      return [policy, `${lag}`, ...bad.map(({ name }) => caught(own.find(({ profile }) => profile.name === name)))];
    }),
  );
  return lines(head, body);
}

function caught(cell: Cell | undefined): string {
  const found = cell && catching(cell);
  return found ? `${found.median.toFixed(0)} (${found.limit.toFixed(1)}, × ${found.times.toFixed(2)})` : '-';
}
