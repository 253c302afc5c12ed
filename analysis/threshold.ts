import type { Point } from '../model/evidence.js';

/** Inclusive bounds; at least one is set. */
export interface Bounds {
  min?: number;
  max?: number;
}

export interface ThresholdJudgement {
  outcome: 'PASS' | 'FAIL' | 'NO_DATA';
  /** The worst point, when there is one. */
  worst?: Point;
  /** How many points are outside. */
  outside: number;
  /** In words, without a full stop. */
  reason: string;
}

/** How far outside a value is: above zero when it is outside, the larger the worse; the distance to the nearer bound below zero. */
function excess(value: number, bounds: Bounds): number {
  return Math.max(
    bounds.max === undefined ? -Infinity : value - bounds.max,
    bounds.min === undefined ? -Infinity : bounds.min - value,
  );
}

/** A number as people read it: six significant digits, more only where they are needed to tell it from `other`. */
export function formatValue(value: number, other?: number): string {
  const short = String(Number(value.toPrecision(6)));
  return other !== undefined && value !== other && short === String(other) ? String(value) : short;
}

/** The bounds in words: `at most 0.01`, `at least 5`, `from 1 to 2`. */
export function formatBounds(bounds: Bounds): string {
  if (bounds.min === undefined) return `at most ${String(bounds.max)}`;
  if (bounds.max === undefined) return `at least ${bounds.min}`;
  return `from ${bounds.min} to ${bounds.max}`;
}

/**
 * PipeCD's THRESHOLD rule (pipecd.md §2.4): every point must be inside the inclusive bounds, the first one outside fails the window.
 * Unlike PipeCD's, no point is no pass.
 */
export function judgeThreshold(points: readonly Point[], bounds: Bounds): ThresholdJudgement {
  let worst: Point | undefined;
  let outside = 0;
  for (const point of points) {
    const by = excess(point.value, bounds);
    // Written so that a value that is no number counts as outside.
    if (!(by <= 0)) outside += 1;
    if (worst === undefined || by > excess(worst.value, bounds)) worst = point;
  }
  if (worst === undefined) return { outcome: 'NO_DATA', outside: 0, reason: 'there is no point' };

  const all = points.length === 1 ? 'the one point' : `all ${points.length} points`;
  if (outside === 0) {
    const nearest = points.length === 1 ? formatValue(worst.value) : `the worst is ${formatValue(worst.value)}`;
    return { outcome: 'PASS', worst, outside, reason: `${all} ${formatBounds(bounds)}: ${nearest}` };
  }
  const at = new Date(worst.at).toISOString().slice(11, 19);
  const low = bounds.min !== undefined && worst.value < bounds.min;
  const bound = low ? bounds.min : bounds.max;
  return {
    outcome: 'FAIL',
    worst,
    outside,
    reason: `${formatValue(worst.value, bound)} at ${at} is ${low ? 'below' : 'above'} ${String(bound)}, ${outside} of ${points.length} points outside`,
  };
}
