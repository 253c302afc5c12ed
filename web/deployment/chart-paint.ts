import type uPlot from 'uplot';
import { colour } from '../theme.js';
import type { Band } from './chart-band.js';
import { indexAt } from './chart-data.js';
import type { ChartData, Span } from './chart-data.js';

/** Colours of the style sheet by how windows ended: light enough for lines to stand on. The worst is painted last, so that it is seen. */
const WASHES: readonly [Span['tone'], string][] = [
  ['good', 'good-wash'],
  ['waiting', 'waiting-wash'],
  ['bad', 'bad-wash'],
];
/** Of CSS pixels, the strip of outcomes at the foot: the wash alone is faint. */
const STRIP = 3;
/** A single bad window of a day is less than a pixel wide: it is shown so wide all the same. */
const BAD_WIDTH = 3;
/** Points nearer than this have no edge of the band drawn: it would be all edge. */
const DENSE = 3;
/** Windows narrower than this are not told apart in the strip. */
const NARROW = 4;

/** What is painted behind the lines. Times are epoch seconds. */
export interface Behind {
  data: ChartData;
  /** Now, while windows are still to come. */
  until: number | undefined;
  nextVerdictAt: number | undefined;
}

type XOf = (at: number) => number;

/** The windows by outcome, what is tolerated, and the time whose data is not complete. Only what is seen is painted, each pixel once. */
export function paintBehind(plot: uPlot, { data, until, nextVerdictAt }: Behind): void {
  const { ctx, bbox } = plot;
  const { min = 0, max = 1 } = plot.scales['x'] ?? {};
  const scale = bbox.width / (max - min);
  const x: XOf = (at) => bbox.left + (at - min) * scale;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paintWindows(ctx, bbox, data, x, { min, max });
  paintBand(plot, data.band, x, { min, max });
  if (until !== undefined) {
    hatch(ctx, data.covered ? x(data.covered.to) : bbox.left, Math.min(x(until), bbox.left + bbox.width), bbox);
    // When it was due, as long as it has not come.
    if (nextVerdictAt !== undefined && nextVerdictAt <= until && nextVerdictAt > (data.covered?.to ?? 0)) {
      ctx.fillStyle = colour('waiting');
      ctx.fillRect(x(nextVerdictAt), bbox.top, devicePixelRatio, bbox.height);
    }
  }
  ctx.restore();
}

interface Seen {
  min: number;
  max: number;
}

function paintWindows(
  ctx: CanvasRenderingContext2D,
  { left, top, width, height }: uPlot.BBox,
  { spans, edges }: ChartData,
  x: XOf,
  { min, max }: Seen,
): void {
  const foot = top + height - STRIP * devicePixelRatio;
  for (const [tone, wash] of WASHES) {
    let painted = -Infinity;
    const least = tone === 'bad' ? BAD_WIDTH * devicePixelRatio : 1;
    for (const span of spans) {
      if (span.tone !== tone || span.to <= min || span.from >= max) continue;
      const from = Math.max(Math.floor(x(span.from)), left, painted);
      const to = Math.min(Math.max(Math.floor(x(span.to)), Math.floor(x(span.from)) + least), left + width);
      if (to <= from) continue;
      painted = to;
      ctx.fillStyle = colour(wash);
      ctx.fillRect(from, top, to - from, height);
      ctx.fillStyle = colour(tone);
      ctx.fillRect(from, foot, to - from, STRIP * devicePixelRatio);
    }
  }
  const first = indexAt(edges, min);
  const last = indexAt(edges, max);
  if (last - first > width / (NARROW * devicePixelRatio)) return;
  ctx.fillStyle = colour('panel');
  for (let i = first; i < last; i++) {
    ctx.fillRect(Math.round(x(edges[i] ?? 0)) - devicePixelRatio, foot, devicePixelRatio, STRIP * devicePixelRatio);
  }
}

/** The band as the lines go: straight from point to point; where many points share a pixel, from the lowest to the highest of them. */
function paintBand(plot: uPlot, { times, low, high }: Band, x: XOf, { min, max }: Seen): void {
  if (times.length === 0) return;
  const { ctx } = plot;
  const y = (value: number): number => plot.valToPos(value, 'y', true);
  // Left open: a fill closes each part by itself, and to close thousands takes a path longer each time.
  const fill = new Path2D();
  let columns: { at: number; low: number; high: number }[] = [];
  const close = (): void => {
    for (const [i, { at, high: value }] of columns.entries()) {
      if (i === 0) fill.moveTo(at, y(value));
      else fill.lineTo(at, y(value));
    }
    for (const { at, low: value } of columns.toReversed()) fill.lineTo(at, y(value));
    columns = [];
  };
  // One more on each side: the lines go on beyond what is seen.
  const begin = Math.max(0, indexAt(times, min) - 1);
  const end = Math.min(times.length, indexAt(times, max) + 1);
  for (let i = begin; i < end; i++) {
    const [at = 0, bottom = NaN, top = NaN] = [times[i], low[i], high[i]];
    if (Number.isNaN(top)) {
      close();
      continue;
    }
    const column = Math.round(x(at));
    const last = columns.at(-1);
    if (last?.at === column) {
      last.low = Math.min(last.low, bottom);
      last.high = Math.max(last.high, top);
    } else columns.push({ at: column, low: bottom, high: top });
  }
  close();
  ctx.fillStyle = colour('band');
  ctx.fill(fill);
  if (end - begin > plot.bbox.width / (DENSE * devicePixelRatio)) return;
  ctx.strokeStyle = colour('band-edge');
  ctx.lineWidth = devicePixelRatio;
  ctx.stroke(fill);
}

function hatch(ctx: CanvasRenderingContext2D, from: number, to: number, { left, top, height }: uPlot.BBox): void {
  if (to <= from || to <= left) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, height);
  ctx.clip();
  ctx.strokeStyle = colour('line-strong');
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = Math.max(from, left) - height; x < to; x += 9 * devicePixelRatio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** The bounds of the file; dashed, so that they are told from the lines without their colour. */
export function paintBounds(plot: uPlot, bounds: readonly (number | undefined)[]): void {
  const { ctx, bbox } = plot;
  for (const bound of bounds) {
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
