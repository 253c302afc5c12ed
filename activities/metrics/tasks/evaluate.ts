import { alignDown } from '../../../analysis/windows.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import type { GaugeFunction, TasksExpression, TasksSelector } from '../../../model/tasks-query.js';
import { selectorKey, type Reading } from './meter.js';

/** All tasks of a version scraped at one moment. */
export interface Round {
  /** The moment for which it was made: a multiple of the scrape interval, epoch ms. */
  tick: number;
  /** The tasks that ran then; undefined when ECS did not tell. */
  running?: ReadonlySet<string>;
  /** Task → selector → what it showed. Tasks that could not be scraped are left out. */
  readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>;
}

/** What is known of a version's tasks. */
export interface History {
  /** Finished ones, by their ticks. */
  rounds: readonly Round[];
  /** Name of samples → tick of the round that first showed it. */
  firstSeen: ReadonlyMap<string, number>;
}

/** How a question looks at a history. */
export interface Grid {
  resolution: Millis;
  /** Between two rounds, at most. */
  interval: Millis;
}

/** How soon ECS knows of a task that died: one that is gone from its list by then was dead at its first lost scrape. */
const GONE_WITHIN: Millis = 15 * SECOND;

/** A bucket with what each task that counts showed at its beginning and end. */
interface Span {
  from: number;
  to: number;
  rounds: readonly Round[];
  /** Of the tasks that count, from where to where. */
  tasks: readonly { task: string; first: number; last: number }[];
}

function lastIndexAt(rounds: readonly Round[], at: number): number {
  return rounds.findLastIndex(({ tick }) => tick <= at);
}

/** The round in which a task was scraped at an edge: the newest one within one interval before it. */
function scrapedAt(rounds: readonly Round[], task: string, selector: string, edge: number, interval: Millis): number {
  for (let index = lastIndexAt(rounds, edge); index >= 0; index -= 1) {
    const round = rounds[index];
    if (!round || round.tick < edge - interval) return -1;
    if (round.readings.get(task)?.has(selector)) return index;
  }
  return -1;
}

/** Whether a task that was not scraped at an edge had died: soon afterwards ECS lists it no more, and it never answered again. */
function wasDead(rounds: readonly Round[], task: string, edge: number): boolean {
  const after = rounds.slice(lastIndexAt(rounds, edge) + 1);
  if (after.some(({ readings }) => readings.has(task))) return false;
  return after.some(({ tick, running }) => tick <= edge + GONE_WITHIN && running?.has(task) === false);
}

/**
 * One bucket, if it can be told: every task that ran at one of its edges was scraped there, but for those that had died. A task that
 * came within it counts from its first scrape, one that went until its last.
 */
function spanOf({ rounds }: History, selector: string, from: number, grid: Grid): Span | undefined {
  const to = from + grid.resolution;
  const { interval } = grid;
  // A round of before the edge may still be going on.
  if ((rounds.at(-1)?.tick ?? -Infinity) < alignDown(to, interval)) return undefined;
  const edges = [from, to].map((edge) => {
    const round = rounds[lastIndexAt(rounds, edge)];
    return round && round.tick >= edge - interval ? round.running : undefined;
  });
  const [before, after] = edges;
  if (!before || !after) return undefined;

  const inside = rounds.flatMap((round, index) => (round.tick > from && round.tick <= to ? [index] : []));
  const has = (index: number, task: string): boolean => rounds[index]?.readings.get(task)?.has(selector) ?? false;
  const seen = inside.flatMap((index) => [...(rounds[index]?.readings.keys() ?? [])]);
  const tasks: { task: string; first: number; last: number }[] = [];
  for (const task of new Set([...before, ...after, ...seen])) {
    const atBegin = scrapedAt(rounds, task, selector, from, interval);
    if (before.has(task) && atBegin < 0 && !wasDead(rounds, task, from)) return undefined;
    const atEnd = scrapedAt(rounds, task, selector, to, interval);
    if (after.has(task) && atEnd < 0 && !wasDead(rounds, task, to)) return undefined;
    const first = before.has(task) ? atBegin : (inside.find((index) => has(index, task)) ?? -1);
    const last = Math.max(atEnd, inside.findLast((index) => has(index, task)) ?? -1, first);
    if (first >= 0) tasks.push({ task, first, last });
  }
  return tasks.length > 0 ? { from, to, rounds, tasks } : undefined;
}

function growthIn(span: Span, selector: string): number {
  const grown = (task: string, index: number): number =>
    span.rounds[index]?.readings.get(task)?.get(selector)?.grown ?? 0;
  return span.tasks.reduce((sum, { task, first, last }) => sum + grown(task, last) - grown(task, first), 0);
}

function gaugeIn(span: Span, selector: string, by: GaugeFunction): number | undefined {
  let [sumOfMeans, sum, count, max, min] = [0, 0, 0, -Infinity, Infinity];
  for (const { task } of span.tasks) {
    const readings = span.rounds
      .filter(({ tick }) => tick >= span.from && tick < span.to)
      .flatMap((round) => round.readings.get(task)?.get(selector) ?? [])
      .filter((reading) => reading.count > 0);
    for (const reading of readings) {
      sum += reading.sum;
      count += reading.count;
      max = Math.max(max, reading.max);
      min = Math.min(min, reading.min);
      sumOfMeans += reading.sum / readings.length;
    }
  }
  if (count === 0) return undefined;
  return { sum: sumOfMeans, avg: sum / count, max, min }[by];
}

/** The quantile of a histogram as `histogram_quantile` of Prometheus estimates it: linear within a bucket, from 0 in the first one. */
export function quantileOf(quantile: number, byBound: ReadonlyMap<number, number>): number | undefined {
  const bounds = [...byBound.keys()].sort((a, b) => a - b);
  const total = byBound.get(Infinity);
  if (bounds.length < 2 || total === undefined || !(total > 0)) return undefined;
  const rank = quantile * total;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const upTo = Math.max(below, byBound.get(bound) ?? 0);
    const lower = bounds[index - 1] ?? 0;
    if (upTo >= rank && (upTo > below || rank === 0)) {
      // Nobody knows how far above the last bound they were.
      if (bound === Infinity) return lower;
      if (index === 0 && bound <= 0) return bound;
      return upTo === below ? lower : lower + ((bound - lower) * (rank - below)) / (upTo - below);
    }
    below = upTo;
  }
  return bounds.at(-2);
}

function histogramIn(span: Span, selector: string): Map<number, number> {
  const sums = new Map<number, number>();
  const add = (task: string, index: number, sign: 1 | -1): void => {
    for (const [bound, grown] of span.rounds[index]?.readings.get(task)?.get(selector)?.grownByBound ?? []) {
      sums.set(bound, (sums.get(bound) ?? 0) + sign * grown);
    }
  };
  for (const { task, first, last } of span.tasks) {
    add(task, last, 1);
    add(task, first, -1);
  }
  return sums;
}

function calculated(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    default:
      return operator satisfies never;
  }
}

/** The value of one bucket; undefined where there is none. A metric that was never shown until then has none, not even zero. */
function valueIn(history: History, expression: TasksExpression, from: number, grid: Grid): number | undefined {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'operation') {
    const left = valueIn(history, expression.left, from, grid);
    const right = valueIn(history, expression.right, from, grid);
    return left === undefined || right === undefined ? undefined : calculated(expression.operator, left, right);
  }
  const selector = selectorKey(expression.selector);
  const span = spanOf(history, selector, from, grid);
  if (!span || !isKnown(history, expression.selector, span.to)) return undefined;
  switch (expression.kind) {
    case 'increase':
      return growthIn(span, selector);
    case 'rate':
      return growthIn(span, selector) / (grid.resolution / SECOND);
    case 'gauge':
      return gaugeIn(span, selector, expression.by);
    case 'quantile':
      return quantileOf(expression.quantile, histogramIn(span, selector));
    default:
      return expression satisfies never;
  }
}

function isKnown({ firstSeen }: History, { metric }: TasksSelector, at: number): boolean {
  return (firstSeen.get(metric) ?? Infinity) <= at;
}

/**
 * The points of an expression: one for each bucket that can be told, from the one that begins at `from` or before, up to now.
 * What is no finite number (nothing divided by nothing) is no point.
 */
export function evaluate(
  history: History,
  expression: TasksExpression,
  { from, now, ...grid }: Grid & { from: number; now: number },
): Point[] {
  const points: Point[] = [];
  const oldest = (history.rounds[0]?.tick ?? now) - grid.resolution;
  for (
    let at = alignDown(Math.max(from, oldest), grid.resolution);
    at + grid.resolution <= now;
    at += grid.resolution
  ) {
    const value = valueIn(history, expression, at, grid);
    if (value !== undefined && Number.isFinite(value)) points.push({ at, value });
  }
  return points;
}
