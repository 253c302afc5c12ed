import type { AnalysisDocument, BucketDocument } from '../../model/wire.js';
import { clock, left, value } from './format.js';

type Windows = AnalysisDocument['measurements'];

export interface ChartOptions {
  /** Epoch ms: up to here the chart reaches while windows are still to come, which `running` tells. */
  now: number;
  running: boolean;
  /** Columns that it may take. */
  width: number;
  /** Rows for the values, at least 2; windows, times and legend take three more. */
  rows: number;
}

/** Epoch ms and a value; null where nothing was asked of the version. */
type Point = readonly [at: number, value: number | null];

/** What the characters stand for; told apart by their shape, so that colour is never needed. */
export const CANARY = '⠒';
export const REFERENCE = '◦';
export const BOUND = '╌';
const JUDGED = '━';
const AWAITED = '░';

/** Below this nothing could be seen. */
const LEAST_COLUMNS = 16;
/** Above this nothing more would be seen. */
const MOST_COLUMNS = 120;

/** Worst first: what a column shows that more than one window falls into. */
const OUTCOMES: readonly [outcome: string, mark: string][] = [
  ['FAIL', '✖'],
  ['ERROR', '⚠'],
  ['NO_DATA', '?'],
  ['NOT_ENOUGH_DATA', '?'],
  ['PASS', '✔'],
];

/** The mark of a window's outcome. */
export function outcomeMark(outcome: string): string {
  return OUTCOMES.find(([name]) => name === outcome)?.[1] ?? '·';
}

/**
 * A metric over time in characters: the canary's points as a line of Braille dots, what it is compared with as rings, the bounds dashed;
 * below them each window with its outcome, and the time that is not judged yet. Pure. The top row stands for the highest value or bound, the
 * lowest for the lowest or 0.
 * @returns no line before anything was measured, or where it would be too narrow to be read.
 */
export function renderChart(metric: AnalysisDocument, { now, running, width, rows }: ChartOptions): string[] {
  const windows = metric.measurements;
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last) return [];
  const { canary, reference } = seriesOf(windows);
  const bounds = [metric.expected?.min, metric.expected?.max].filter((bound) => bound !== undefined);
  const values = [...canary, ...reference].flatMap(([, one]) => (one === null ? [] : [one]));
  if (values.length === 0) return [];
  const low = Math.min(0, ...values, ...bounds);
  const high = Math.max(low, ...values, ...bounds);
  const [top, bottom] = [value(high > low ? high : low + 1), value(low)];
  const gutter = Math.max(top.length, bottom.length);
  const across = Math.min(width, MOST_COLUMNS) - gutter - 2;
  if (across < LEAST_COLUMNS) return [];

  const from = Date.parse(first.from);
  const judged = Date.parse(last.to);
  const until = Math.max(running ? Math.max(judged, now) : judged, from + 1);
  const place = (at: number): number => ((at - from) / (until - from)) * across;
  const height = (one: number): number => (high > low ? (one - low) / (high - low) : 0);

  const grid = Array.from({ length: rows }, () => new Array<string>(across).fill(' '));
  const rowOf = (one: number): number => dotRow(height(one), rows) >> 2;
  for (const bound of bounds) grid[rowOf(bound)]?.fill(BOUND);
  for (const [at, one] of reference) {
    const row = one === null ? undefined : grid[rowOf(one)];
    if (row) row[Math.min(Math.floor(place(at)), across - 1)] = REFERENCE;
  }
  for (const [row, column, character] of braille(canary, { across, rows, place, height })) {
    const line = grid[row];
    if (line) line[column] = character;
  }
  return [
    ...grid.map((row, i) => {
      const label = i === 0 ? top : i === rows - 1 ? bottom : '';
      return `${label.padStart(gutter)} ┤${row.join('')}`;
    }),
    `${' '.repeat(gutter)} ╰${strip(windows, across, place)}`,
    `${' '.repeat(gutter + 2)}${ends(clock(from), clock(until), across)}`,
    [...legend(metric, canary, reference), ...(running ? (nextVerdict(metric, now) ?? []) : [])].join(' · '),
  ].map((line) => line.trimEnd());
}

/** The points of all windows in the order of time. A point that two windows name is one. */
function seriesOf(windows: Windows): { canary: Point[]; reference: Point[] } {
  const compared = windows.some((window) => window.canary !== undefined || window.reference !== undefined);
  const canary = new Map<number, number | null>();
  const reference = new Map<number, number | null>();
  for (const window of windows) {
    if (!compared) for (const [at, one] of window.points) canary.set(at, one);
    // No line across a window that has nothing.
    if ((compared ? (window.canary ?? []) : window.points).length === 0)
      canary.set(Date.parse(window.from) / 1000, null);
    for (const bucket of window.canary ?? []) canary.set(bucket[0], valueOf(bucket));
    for (const bucket of window.reference ?? []) reference.set(bucket[0], valueOf(bucket));
  }
  const inTime = (series: Map<number, number | null>): Point[] =>
    [...series].map(([at, one]): Point => [at * 1000, one]).sort(([a], [b]) => a - b);
  return { canary: inTime(canary), reference: inTime(reference) };
}

/** A bucket's value; of counts, the share. Nothing was asked of a bucket without requests. */
function valueOf([, first, requests]: BucketDocument): number | null {
  if (requests === undefined) return first;
  return requests === 0 ? null : first / requests;
}

interface Field {
  across: number;
  rows: number;
  place: (at: number) => number;
  height: (value: number) => number;
}

/** The row of dots, from the top, of a height between 0 and 1: four in each row of characters. */
function dotRow(height: number, rows: number): number {
  return Math.round((1 - height) * (rows * 4 - 1));
}

/** Bits of Unicode's Braille patterns from U+2800 by row and column of the dot. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A gap longer than this many times the usual step between two points is no line: nothing was measured there. */
const GAP = 2.5;

/** Joins the points by lines of dots, two columns and four rows in each character. */
function braille(points: readonly Point[], field: Field): [row: number, column: number, character: string][] {
  const wide = field.across * 2;
  const cells = new Map<number, number>();
  const dot = (x: number, y: number): void => {
    const [column, row] = [x >> 1, y >> 2];
    const bit = DOTS[y & 3]?.[x & 1] ?? 0;
    const cell = row * field.across + column;
    cells.set(cell, (cells.get(cell) ?? 0) | bit);
  };
  const xOf = (at: number): number => Math.min(Math.max(Math.floor(field.place(at) * 2), 0), wide - 1);
  const yOf = (one: number): number => dotRow(field.height(one), field.rows);
  const steps = points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? at));
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  let before: { at: number; x: number; y: number } | undefined;
  for (const [at, one] of points) {
    if (one === null) {
      before = undefined;
      continue;
    }
    const here = { at, x: xOf(at), y: yOf(one) };
    const start = before && at - before.at <= usual * GAP ? before : here;
    const long = Math.max(here.x - start.x, Math.abs(here.y - start.y), 1);
    for (let i = 0; i <= long; i += 1) {
      dot(start.x + Math.round(((here.x - start.x) * i) / long), start.y + Math.round(((here.y - start.y) * i) / long));
    }
    before = here;
  }
  return [...cells].map(([cell, bits]) => [
    Math.floor(cell / field.across),
    cell % field.across,
    String.fromCharCode(0x2800 + bits),
  ]);
}

/** Each window as its mark and a line, the time after the last one as awaited. */
function strip(windows: Windows, across: number, place: (at: number) => number): string {
  const cells = new Array<string>(across).fill(' ');
  const ranks = new Array<number>(across).fill(OUTCOMES.length);
  let end = 0;
  for (const { from, to, outcome } of windows) {
    const start = Math.min(Math.floor(place(Date.parse(from))), across - 1);
    end = Math.max(start + 1, Math.min(Math.floor(place(Date.parse(to))), across));
    const rank = OUTCOMES.findIndex(([name]) => name === outcome);
    for (let column = start; column < end; column += 1) {
      if (rank > (ranks[column] ?? 0)) continue;
      ranks[column] = rank;
      cells[column] = column === start ? outcomeMark(outcome) : JUDGED;
    }
  }
  return cells.fill(AWAITED, end).join('');
}

function ends(from: string, until: string, across: number): string {
  const gap = across - from.length - until.length;
  return gap > 0 ? `${from}${' '.repeat(gap)}${until}` : from;
}

/** What the lines are, with their last values. */
function legend(metric: AnalysisDocument, canary: readonly Point[], reference: readonly Point[]): string[] {
  const lastOf = (points: readonly Point[]): string => {
    const last = points.findLast(([, one]) => one !== null)?.[1];
    return last === undefined || last === null ? 'no point' : value(last);
  };
  const compared = reference.length > 0;
  const { min, max } = metric.expected ?? {};
  return [
    `${CANARY} ${compared ? 'canary' : 'measured'} ${lastOf(canary)}`,
    ...(compared ? [`${REFERENCE} ${referenceOf(metric.strategy)} ${lastOf(reference)}`] : []),
    ...(min === undefined ? [] : [`${BOUND} min ${value(min)}`]),
    ...(max === undefined ? [] : [`${BOUND} max ${value(max)}`]),
  ];
}

function referenceOf(strategy: string): string {
  if (strategy === 'CANARY_BASELINE') return 'baseline';
  return strategy === 'PREVIOUS' ? 'previous' : 'primary';
}

/** `next verdict at about 08:12:01 (in 9s)`; nothing once the metric is decided. */
export function nextVerdict({ verdict, nextVerdictAt }: AnalysisDocument, now: number): [string] | undefined {
  if (verdict !== 'RUNNING' || nextVerdictAt === undefined) return undefined;
  const rest = left(nextVerdictAt, now);
  return [rest ? `next verdict at about ${clock(nextVerdictAt)} (in ${rest})` : 'next verdict is due'];
}
