import type { Metric } from '../../../model/metric.js';
import { matcherTest, selectorsOf, type TasksExpression, type TasksSelector } from '../../../model/tasks-query.js';
import { SourceError } from '../source.js';
import { behaviourOf } from './exposition.js';
import type { Scraper } from './scraper.js';

const MOST_NAMED = 5;

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swapped));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The names that are most like a mistyped one. */
function nearNames(name: string, known: Iterable<string>): string {
  const near = [...known]
    .map((each) => ({ each, far: distance(name, each) }))
    .filter(({ each, far }) => far <= Math.max(3, name.length / 3) || each.includes(name) || name.includes(each))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST_NAMED);
  return near.length === 0 ? '' : ` (near: ${near.map(({ each }) => each).join(', ')})`;
}

/** Whether a selector asks for a label that a series must have. */
function labelsNeeded({ matchers }: TasksSelector): string[] {
  return matchers.filter((matcher) => !matcherTest(matcher)('')).map(({ label }) => label);
}

/**
 * Makes sure that what an expression names is there, so that nothing of it can be taken as nothing: its metrics, and the labels that it
 * asks for, since a mistyped label matches no series for ever.
 * @throws SourceError `refused`, with the names that are near
 */
export function checkKnown(
  metric: Pick<Metric, 'name'>,
  expression: TasksExpression,
  scrapers: readonly Scraper[],
): void {
  const names = new Set(scrapers.flatMap(({ history }) => [...history.firstSeen.keys()]));
  for (const selector of selectorsOf(expression)) {
    if (!names.has(selector.metric)) {
      throw new SourceError(
        'refused',
        `The tasks show no metric ${selector.metric}${nearNames(selector.metric, names)}: no point of it is not the same as none. ` +
          `Check its name in the query of ${metric.name}.`,
      );
    }
    const labels = new Set(scrapers.flatMap((scraper) => [...(scraper.labelsOf(selector.metric) ?? [])]));
    const unknown = labelsNeeded(selector).find((label) => !labels.has(label));
    // Without any series there are no labels to compare: the metric is declared, and nothing was counted yet.
    if (unknown === undefined || labels.size === 0) continue;
    throw new SourceError(
      'refused',
      `No series of ${selector.metric} has a label ${unknown} (it has ${[...labels].sort().join(', ')}), so nothing can match. ` +
        `Check the label in the query of ${metric.name}.`,
    );
  }
}

/**
 * Makes sure that counters are asked how much they grew, and gauges what they are.
 * @throws SourceError `refused` with what to write
 */
export function checkBehaviour(expression: TasksExpression, families: ReadonlyMap<string, string>): void {
  if (expression.kind === 'number') return;
  if (expression.kind === 'operation') {
    checkBehaviour(expression.left, families);
    checkBehaviour(expression.right, families);
    return;
  }
  const { metric } = expression.selector;
  const behaviour = behaviourOf(metric, families);
  if (behaviour === 'GAUGE' && expression.kind !== 'gauge') {
    const fix = `Write avg(${metric}), sum(${metric}), max(${metric}) or min(${metric}).`;
    throw new SourceError('refused', `${metric} is a gauge: how much it grew says nothing. ${fix}`);
  }
  if (behaviour === 'COUNTER' && expression.kind === 'gauge') {
    const fix = `Write ${metric} for how much it grew in a bucket, or rate(${metric}).`;
    throw new SourceError('refused', `${metric} is a counter: its value depends on when its task began. ${fix}`);
  }
}
