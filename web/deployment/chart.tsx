import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { AnalysisDocument, MeasurementRecord } from '../../model/wire.js';
import { value } from '../format.js';
import { toneOf } from '../status.js';
import { colour, repaint } from '../theme.js';
import { chartData } from './chart-data.js';
import type { ChartData } from './chart-data.js';

const HEIGHT = 190;
/** Whole seconds between two marks of the time, up to a day. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];
/** Colours of the style sheet by a window's tone: light enough for lines to stand on. */
const WINDOW_COLOURS: Readonly<Record<string, string>> = {
  good: 'good-wash',
  bad: 'bad-wash',
  waiting: 'waiting-wash',
};

interface Shown {
  analysis: AnalysisDocument;
  windows: readonly MeasurementRecord[];
  data: ChartData;
  /** Epoch ms up to which the chart reaches: now while windows are still to come. */
  until: number | undefined;
}

/**
 * One metric over time: the points of each version, the bounds, each window coloured by its outcome, and the time of which the data is not
 * complete yet hatched at the right edge. Dragging zooms, a double click shows all again.
 */
export function MetricChart(asked: Omit<Shown, 'data'>): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const data = useMemo(() => chartData(asked.windows), [asked.windows]);
  const shown: Shown = { ...asked, data };
  const latest = useRef(shown);
  latest.current = shown;
  const chart = useRef<uPlot | undefined>(undefined);
  const { compared } = data;
  const painted = repaint.value;

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new uPlot(optionsFor(element, latest, compared), dataOf(latest.current), element);
    chart.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [compared, painted]);

  // Once for each new window, or as the edge moves on: not at each render.
  const edge = shown.until === undefined ? 0 : Math.floor(shown.until / 5_000);
  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    // Whoever has zoomed in stays there.
    const [first, last] = [made.data[0][0], made.data[0].at(-1)];
    const zoomed =
      first !== undefined && ((made.scales['x']?.min ?? first) > first || (made.scales['x']?.max ?? 0) < (last ?? 0));
    made.setData(dataOf(latest.current), !zoomed);
    if (zoomed) made.redraw();
  }, [shown.windows, edge]);

  return <div class="chart" ref={box} role="img" aria-label={spoken(shown)} />;
}

function clock(at: number): string {
  return new Date(at * 1000).toLocaleTimeString(undefined, { hour12: false });
}

function spoken({ analysis, windows }: Shown): string {
  const last = windows.at(-1);
  return `${analysis.metric}: ${windows.length} of ${analysis.windows} windows judged${last ? `, the last ${last.outcome}` : ''}. The table below holds the same.`;
}

function dataOf({ data: { times, canary, reference, compared } }: Shown): uPlot.AlignedData {
  return compared ? [times, canary, reference] : [times, canary];
}

type Latest = { readonly current: Shown };

function optionsFor(element: HTMLElement, latest: Latest, compared: boolean): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('text-quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '11px system-ui, sans-serif',
  };
  const line = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: colour(name),
    width: 1.5,
    spanGaps: false,
    points: { show: (plot) => plot.data[0].length < 200, size: 5, fill: colour(name) },
    value: (_plot, raw: number | null) => (raw === null ? '–' : value(raw)),
  });
  const reference = latest.current.analysis.strategy === 'CANARY_BASELINE' ? 'Baseline' : 'Reference';
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { live: true },
    cursor: { y: false },
    scales: {
      x: { range: (_plot, min, max) => xRange(latest, min, max) },
      y: { range: (_plot, min, max) => yRange(latest, min, max) },
    },
    axes: [
      { ...axis, space: 70, incrs: TICKS, values: (_plot, splits) => splits.map(clock) },
      { ...axis, size: 56, values: (_plot, splits) => splits.map((split) => value(split)) },
    ],
    series: [
      {
        value: (_plot, raw: number | null) => (raw === null ? '–' : clock(raw)),
      },
      line(compared ? 'Canary' : latest.current.analysis.metric, 'canary'),
      ...(compared ? [line(reference, 'primary')] : []),
    ],
    hooks: {
      drawClear: [(plot) => paintBehind(plot, latest.current)],
      draw: [(plot) => paintBounds(plot, latest.current)],
    },
  };
}

/** All windows and the edge that has no data yet are seen, unless the reader has zoomed in. */
function xRange(latest: Latest, min: number | null, max: number | null): [number, number] {
  const { windows, until, data } = latest.current;
  const [first, last] = [windows[0], windows.at(-1)];
  const { times } = data;
  const whole = min === (times[0] ?? null) && max === (times.at(-1) ?? null);
  if (!whole && min !== null && max !== null) return [min, max];
  const from = first ? Date.parse(first.from) / 1000 : (until ?? Date.now()) / 1000 - 60;
  const to = Math.max(last ? Date.parse(last.to) / 1000 : from, (until ?? 0) / 1000);
  return [from, Math.max(to, from + 1)];
}

function yRange(latest: Latest, min: number | null, max: number | null): [number, number] {
  const { expected } = latest.current.analysis;
  const values = [min, max, expected?.min, expected?.max].filter((one) => typeof one === 'number');
  const low = Math.min(...values, 0);
  const high = Math.max(...values, low + Number.EPSILON);
  return [low, high + (high - low) * 0.1];
}

/** The windows behind the lines, and the time whose data is not complete. */
function paintBehind(plot: uPlot, { windows, until, analysis }: Shown): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const x = (at: number): number => plot.valToPos(at / 1000, 'x', true);
  for (const window of windows) {
    const name = WINDOW_COLOURS[toneOf(window.outcome)];
    if (name === undefined) continue;
    const left = x(Date.parse(window.from));
    const width = x(Date.parse(window.to)) - left;
    ctx.fillStyle = colour(name);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = colour(toneOf(window.outcome));
    // The outcome is a strip at the foot too: the wash alone is faint.
    ctx.fillRect(left, bbox.top + bbox.height - 3 * devicePixelRatio, Math.max(width - 1, 1), 3 * devicePixelRatio);
  }
  const complete = windows.at(-1)?.to;
  if (until !== undefined) hatch(ctx, complete === undefined ? bbox.left : x(Date.parse(complete)), x(until), bbox);
  const next = analysis.nextVerdictAt;
  if (until !== undefined && next !== undefined && Date.parse(next) <= until) {
    ctx.fillStyle = colour('waiting');
    ctx.fillRect(x(Date.parse(next)), bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

function hatch(ctx: CanvasRenderingContext2D, from: number, to: number, { top, height }: uPlot.BBox): void {
  if (to <= from) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, height);
  ctx.clip();
  ctx.strokeStyle = colour('line-strong');
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = from - height; x < to; x += 9 * devicePixelRatio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** The bounds of the file; dashed, so that they are told from the lines without their colour. */
function paintBounds(plot: uPlot, { analysis }: Shown): void {
  const { ctx, bbox } = plot;
  for (const bound of [analysis.expected?.min, analysis.expected?.max]) {
    if (bound === undefined) continue;
    const y = plot.valToPos(bound, 'y', true);
    ctx.save();
    ctx.strokeStyle = colour('bad');
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
