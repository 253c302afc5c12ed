import type { Cell } from './cell.js';
import { OURS } from './policies.js';
import { NULLS } from './profile.js';
import { lines, percent } from './table.js';

/** How often our judge rolled back a version that nothing is wrong with, beside its budget. */
export function nullsText(cells: readonly Cell[]): string {
  const head = ['good version', ...OURS.flatMap(({ name }) => [`${name}: rolled back % (±2σ)`, 'held %'])];
  const body = NULLS.map(({ name }) => [
    name,
    ...of(cells, name).flatMap(({ rolledBack, held, runs }) => {
      const share = rolledBack / runs;
      return [`${percent(share, 2)} (±${percent(twoErrors(share, runs), 2)})`, percent(held / runs)];
    }),
  ]);
  return lines(head, body);
}

/** The same for programs. */
export function nullsJson(cells: readonly Cell[]): object {
  return NULLS.map(({ name }) => ({
    version: name,
    judges: of(cells, name).map(({ policy, budget, runs, rolledBack, held }) => ({
      policy,
      budget,
      runs,
      rolledBack,
      held,
    })),
  }));
}

function of(cells: readonly Cell[], name: string): Cell[] {
  return cells.filter(({ profile }) => profile.name === name);
}

function twoErrors(share: number, runs: number): number {
  return 2 * Math.sqrt((share * (1 - share)) / runs);
}
