import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { AnalysisDocument, MeasurementRecord } from '../../model/wire.js';
import { value } from '../format.js';
import { colour, repaint } from '../theme.js';
import { timeAxis } from './chart-axis.js';
import type { Range, TimeAxis } from './chart-axis.js';
import { nameOf, ruleInWords, toleranceOf } from './chart-band.js';
import { chartData, indexAt } from './chart-data.js';
import type { ChartData } from './chart-data.js';
import { keyAct, listenToGestures } from './chart-gestures.js';
import { paintBehind, paintBounds } from './chart-paint.js';
import { TimeButtons } from './chart-time.js';

const HEIGHT = 180;
/** Whole seconds between two marks of the time, up to a day. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];
const LINE_WIDTH = 1.5;
/** So few points that each is told apart. */
const FEW = 200;
/** How often the edge of a running analysis is painted anew. */
const EDGE_MS = 5_000;

interface Asked {
  analysis: AnalysisDocument;
  /** In order. */
  windows: readonly MeasurementRecord[];
  /** Epoch ms up to which the chart reaches: now while windows are still to come. */
  until: number | undefined;
  /** The time that it has in common with other charts; its own unless it is given. */
  axis?: TimeAxis;
  /** Values that are to be in sight too: charts beside each other have one scale. */
  sight?: readonly number[];
}

interface Shown extends Asked {
  data: ChartData;
}

/**
 * One metric over time: the points of each version, the bounds, what is tolerated, each window coloured by its outcome, and the time of
 * which the data is not complete yet hatched at the right edge. It is zoomed and moved by pointer, fingers, keys and buttons.
 */
export function MetricChart(asked: Asked): JSX.Element {
  const { analysis, windows } = asked;
  const plotBox = useRef<HTMLDivElement>(null);
  const legendBox = useRef<HTMLDivElement>(null);
  const tolerance = toleranceOf(analysis);
  const { factor, deviation, test } = tolerance ?? {};
  const data = useMemo(() => chartData(windows, tolerance), [windows, factor, deviation, test]);
  const axis = useMemo(() => asked.axis ?? timeAxis(), [asked.axis]);
  const shown: Shown = { ...asked, data };
  const latest = useRef(shown);
  latest.current = shown;
  const drawing = useRef<(() => void) | undefined>(undefined);
  const { compared } = data;
  const painted = repaint.value;
  const hint = useId();

  useEffect(() => {
    const [box, legend] = [plotBox.current, legendBox.current];
    if (!box || !legend) return undefined;
    const made = drawn(box, legend, latest, axis);
    drawing.current = made.draw;
    return () => {
      drawing.current = undefined;
      made.end();
    };
  }, [axis, compared, painted]);

  // Once for each new window, or as the edge moves on: not at each render.
  const edge = asked.until === undefined ? 0 : Math.floor(asked.until / EDGE_MS);
  useEffect(() => {
    axis.tell(latest, reach(latest.current));
    drawing.current?.();
  }, [axis, data, edge, asked.sight?.join(' ')]);
  useEffect(() => () => axis.tell(latest, undefined), [axis]);

  const words = ruleInWords(analysis);
  return (
    <div class="chart">
      <div
        class="plot"
        ref={plotBox}
        role="img"
        tabIndex={0}
        aria-label={spoken(shown)}
        aria-describedby={hint}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const act = keyAct(axis, event.key);
          if (!act) return;
          event.preventDefault();
          act();
        }}
      />
      <span class="spoken" id={hint}>
        Plus and minus zoom, the arrows move, 0 shows all.
      </span>
      <div class="under">
        <div ref={legendBox} aria-hidden="true" />
        <TimeButtons axis={axis} name={analysis.metric} />
      </div>
      {words !== undefined && <p class="quiet rule">{words}</p>}
    </div>
  );
}

const SECONDS = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const MINUTES = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

function spoken({ analysis, windows }: Shown): string {
  const last = windows.at(-1);
  return `${analysis.metric}: ${windows.length} of ${analysis.windows} windows judged${last ? `, the last ${last.outcome}` : ''}. The table below holds the same.`;
}

/** From the first window to the last one's end, or to now while there are more to come. */
function reach({ data: { covered }, until }: Shown): Range {
  const edge = until === undefined ? undefined : until / 1000;
  const from = covered?.from ?? (edge ?? Date.now() / 1000) - 60;
  return { from, to: Math.max(covered?.to ?? from, edge ?? from, from + 1) };
}

function dataOf({ data: { times, canary, reference, compared } }: Shown): uPlot.AlignedData {
  // The canary last: what is painted last is not covered.
  return compared ? [times, reference, canary] : [times, canary];
}

type Latest = { readonly current: Shown };

/** A chart on the screen: painted at most once for each frame, and only while it is seen. */
function drawn(
  box: HTMLElement,
  legend: HTMLElement,
  latest: Latest,
  axis: TimeAxis,
): { draw: () => void; end: () => void } {
  const seen = (): Range => axis.chosen.peek() ?? axis.whole.peek();
  axis.tell(latest, reach(latest.current));
  let held = latest.current.data;
  const plot = new uPlot(optionsFor(box, legend, latest, axis, seen), dataOf(latest.current), box);
  const endGestures = listenToGestures(plot.over, axis, seen);
  let frame = 0;
  let visible = true;
  let stale = false;
  const paint = (): void => {
    frame = 0;
    stale = !visible;
    if (stale) return;
    const { data } = latest.current;
    if (data !== held) plot.setData(dataOf(latest.current), false);
    held = data;
    const { from, to } = seen();
    thin(plot, indexAt(data.times, to) - indexAt(data.times, from));
    plot.setScale('x', { min: from, max: to });
  };
  const draw = (): void => {
    if (frame === 0) frame = requestAnimationFrame(paint);
  };
  const watched = new IntersectionObserver(
    (entries) => {
      visible = entries.at(-1)?.isIntersecting ?? true;
      if (visible && stale) draw();
    },
    { rootMargin: '100px' },
  );
  watched.observe(box);
  const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(200, box.clientWidth), height: HEIGHT }));
  resized.observe(box);
  const follow = [axis.chosen.subscribe(draw), axis.whole.subscribe(draw)];
  return {
    draw,
    end: () => {
      for (const end of follow) end();
      cancelAnimationFrame(frame);
      watched.disconnect();
      resized.disconnect();
      endGestures();
      plot.destroy();
      legend.replaceChildren();
    },
  };
}

/** Where several points share a pixel a line is as thin as can be: a wide one is painted many times slower, and is no clearer. */
function thin({ series, over }: uPlot, points: number): void {
  const width = points > over.clientWidth ? 1 / devicePixelRatio : LINE_WIDTH;
  for (const one of series) one.width = width;
}

function optionsFor(
  box: HTMLElement,
  legend: HTMLElement,
  latest: Latest,
  axis: TimeAxis,
  seen: () => Range,
): uPlot.Options {
  const { analysis, data } = latest.current;
  const lines: uPlot.Axis = {
    stroke: colour('text-quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '11px system-ui, sans-serif',
  };
  const line = (label: string, name: string): uPlot.Series => ({
    label,
    stroke: colour(name),
    width: LINE_WIDTH,
    spanGaps: false,
    points: { show: (_plot, _series, first, last) => last - first < FEW, size: 5, fill: colour(name) },
    value: (_plot, raw: number | null) => (raw === null ? '–' : value(raw)),
  });
  const reference = analysis.strategy === 'CANARY_BASELINE' ? 'baseline' : 'primary';
  const referenceName = nameOf(toleranceOf(analysis)?.reference ?? 'reference');
  return {
    width: Math.max(200, box.clientWidth),
    height: HEIGHT,
    // The last time stands half beyond the edge.
    padding: [8, 26, 0, 0],
    legend: { live: true, mount: (_plot, table) => legend.append(table) },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 5 },
      // Only where the pointer is: what is zoomed goes by the axis.
      sync: { key: axis.key, filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
      bind: { dblclick: () => () => (axis.show(undefined), null) },
    },
    scales: {
      x: {
        range: () => {
          const { from, to } = seen();
          return [from, to];
        },
      },
      y: { range: (plot, min, max) => yRange(plot, latest.current, min, max) },
    },
    axes: [
      {
        ...lines,
        size: 30,
        space: 70,
        incrs: TICKS,
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((split) => (step < 60 ? SECONDS : MINUTES).format(split * 1000)),
      },
      { ...lines, size: 56, values: (_plot, splits) => splits.map((split) => value(split)) },
    ],
    series: [
      { label: 'Time', value: (_plot, raw: number | null) => (raw === null ? '–' : SECONDS.format(raw * 1000)) },
      ...(data.compared ? [line(referenceName.charAt(0).toUpperCase() + referenceName.slice(1), reference)] : []),
      line(data.compared ? 'Canary' : analysis.metric, 'canary'),
    ],
    hooks: {
      drawClear: [(plot) => paintBehind(plot, behind(latest.current))],
      draw: [
        (plot) => paintBounds(plot, [latest.current.analysis.expected?.min, latest.current.analysis.expected?.max]),
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (width > 0) axis.show({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') });
        },
      ],
    },
  };
}

function behind({ analysis: { nextVerdictAt }, data, until }: Shown): Parameters<typeof paintBehind>[1] {
  return {
    data,
    until: until === undefined ? undefined : until / 1000,
    nextVerdictAt: nextVerdictAt === undefined ? undefined : Date.parse(nextVerdictAt) / 1000,
  };
}

/** Zero, all points that are seen, the bounds and what is tolerated, with a tenth of room above. */
function yRange(plot: uPlot, shown: Shown, min: number | null, max: number | null): [number, number] {
  const { expected } = shown.analysis;
  const { times, high } = shown.data.band;
  const { min: from = 0, max: to = 0 } = plot.scales['x'] ?? {};
  let top = -Infinity;
  for (let i = indexAt(times, from); i < times.length && (times[i] ?? 0) <= to; i++)
    top = Math.max(top, high[i] || top);
  const values = [min, max, expected?.min, expected?.max, ...(shown.sight ?? [])].filter(
    (one) => typeof one === 'number',
  );
  const low = Math.min(...values, 0);
  const above = Math.max(...values, top, low + Number.EPSILON);
  return [low, above + (above - low) * 0.1];
}
