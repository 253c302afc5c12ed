import type { Row } from './row.js';

const HEAD = [
  'policy',
  'good rolled back % (worst)',
  'bad promoted %',
  'promoted unmeasured %',
  'held good / bad %',
  'caught %',
  'median / p90 min',
  '× limit',
];

/** The rows as a table in Markdown. */
export function markdown(rows: readonly Row[]): string {
  return lines(
    HEAD,
    rows.map((row) => [
      row.policy,
      `${percent(row.goodRolledBack.mean, 2)} (${percent(row.goodRolledBack.worst)})`,
      percent(row.badPromoted),
      percent(row.unmeasured),
      `${percent(row.held.good)} / ${percent(row.held.bad)}`,
      percent(row.caught),
      row.minutes ? `${row.minutes.median.toFixed(0)} / ${row.minutes.p90.toFixed(0)}` : '- / -',
      row.timesLimit?.toFixed(2) ?? '-',
    ]),
  );
}

/** A head and its cells as a table in Markdown. */
export function lines(head: readonly string[], cells: readonly (readonly string[])[]): string {
  return [head, head.map(() => '-'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

export function percent(share: number, digits = 1): string {
  // A share that is zero but for rounding is not written as -0.0.
  return (Math.abs(share) < 1e-12 ? 0 : 100 * share).toFixed(digits);
}
