import { formatDuration } from '../../model/duration.js';
import type { Insight, InsightsDocument, Spread } from '../../model/insights.js';
import { insightsAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

interface InsightsOptions {
  days: string;
  label?: string;
  json?: true;
}

/** `sluice insights`: the four measures of delivery. */
export function addInsights({ program, context }: CommandHost): void {
  program
    .command('insights')
    .description('Show how often is deployed, how long it takes, how much of it fails, and how fast that is mended.')
    .option('--days <n>', 'how many days back', '30')
    .option('--label <name>', 'by the values of this label; by application when left out')
    .option('--json', 'answer as JSON')
    .action(async ({ days, label, json }: InsightsOptions) => {
      const query = new URLSearchParams({ days, ...(label !== undefined && { label }) });
      const found = await call(findServer(context), { path: `/insights?${query.toString()}` }, insightsAnswer);
      if (json) context.out(JSON.stringify(found));
      else for (const line of insightLines(found)) context.out(line);
    });
}

/** A table, the whole first. */
export function insightLines({ from, to, groups, truncated }: InsightsDocument): string[] {
  const period = `${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  if (groups.length === 0) return [`${period}: no deployment came to its end.`];
  const width = Math.max(...groups.map(({ group }) => group.length), 5);
  const first = [...groups].sort((a, b) => Number(b.group === 'all') - Number(a.group === 'all'));
  return [
    period,
    `  ${''.padEnd(width)}  changes  per day  bad       lead time (90 %)      restored (90 %)`,
    ...first.map((one) => `  ${plain(one.group).padEnd(width)}  ${lineOf(one)}`),
    ...(truncated ? ['There were more deployments than are counted; these are the newest.'] : []),
  ];
}

function lineOf({ changes, perDay, failureRate, bad, lead, restore }: Insight): string {
  const rate = failureRate === undefined ? '–' : `${bad} (${Math.round(failureRate * 100)} %)`;
  return [
    String(changes).padStart(7),
    perDay.toFixed(1).padStart(7),
    rate.padEnd(8),
    spread(lead).padEnd(20),
    spread(restore),
  ].join('  ');
}

function spread(found: Spread | undefined): string {
  if (!found) return '–';
  const words = (seconds: number): string => formatDuration(Math.round(seconds) * 1_000);
  return `${words(found.median)} (${words(found.p90)})`;
}
