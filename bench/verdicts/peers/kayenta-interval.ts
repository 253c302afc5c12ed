/** How far the experiment lies above the control, with its uncertainty. */
export interface Shift {
  low: number;
  high: number;
  estimate: number;
}

/** Kayenta's own: an ABSOLUTE tolerance, whatever the unit of the metric (anchors.md §3.2). */
const TOLERANCE = 1e-4;
const ITERATIONS = 1000;

/**
 * Kayenta's Mann-Whitney confidence interval (anchors.md §3.1, step 5): the shifts at which the test's z is ±`z`, and the one at which
 * it is 0, found with a root finder. None where the test has no spread (one point on each side), which Kayenta calls an error.
 */
export function shiftInterval(experiment: readonly number[], control: readonly number[], z: number): Shift | undefined {
  const x = [...experiment].sort((a, b) => a - b);
  const y = [...control].sort((a, b) => a - b);
  const lowest = edge(x, 'first') - edge(y, 'last');
  const highest = edge(x, 'last') - edge(y, 'first');
  // One point on each side ties with the other at the only possible shift.
  if (x.length === 1 && y.length === 1) return undefined;
  // Both sides constant: Kayenta adds noise of 1e-5 to get past its own division by zero. This is what it then finds, but for the noise.
  if (lowest === highest) return { low: lowest, high: lowest, estimate: lowest };
  const [atLowest, atHighest] = [statistic(x, y, lowest), statistic(x, y, highest)];
  if (atLowest === undefined || atHighest === undefined) return undefined;

  function root(target: number): number {
    const [above, below] = [(atLowest ?? 0) - target, (atHighest ?? 0) - target];
    if (above <= 0) return lowest;
    if (below >= 0) return highest;
    return brent((shift) => (statistic(x, y, shift) ?? 0) - target, [lowest, highest], [above, below]);
  }
  return { low: root(z), high: root(-z), estimate: root(0) };
}

/** The normal score of the Mann-Whitney test with ties and continuity, the experiment moved down by `shift`. Both sides ascending. */
export function statistic(x: readonly number[], y: readonly number[], shift: number): number | undefined {
  const [m, n] = [x.length, y.length];
  const all = m + n;
  let [i, j, rank, ranks, ties] = [0, 0, 0, 0, 0];
  while (i < m || j < n) {
    const value = Math.min(i < m ? edgeAt(x, i) - shift : Infinity, j < n ? edgeAt(y, j) : Infinity);
    const [fromX, fromY] = [i, j];
    while (i < m && edgeAt(x, i) - shift === value) i += 1;
    while (j < n && edgeAt(y, j) === value) j += 1;
    const size = i - fromX + (j - fromY);
    ranks += (i - fromX) * (rank + (size + 1) / 2);
    ties += size ** 3 - size;
    rank += size;
  }
  const w = ranks - (m * (m + 1)) / 2 - (m * n) / 2;
  const variance = ((m * n) / 12) * (all + 1 - ties / (all * (all - 1)));
  return variance > 0 ? (w - 0.5 * Math.sign(w)) / Math.sqrt(variance) : undefined;
}

/** Brent's root finder as R has it (`zeroin`), for a function that is above 0 at the first end and below at the second. */
function brent(
  f: (at: number) => number,
  [from, to]: readonly [number, number],
  values: readonly [number, number],
): number {
  let [a, b, c] = [from, to, from];
  let [fa, fb] = values;
  let fc = fa;
  for (let round = 0; round <= ITERATIONS; round += 1) {
    const before = b - a;
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(b) + TOLERANCE / 2;
    const half = (c - b) / 2;
    if (Math.abs(half) <= tolerance || fb === 0) return b;
    let step = half;
    if (Math.abs(before) >= tolerance && Math.abs(fa) > Math.abs(fb)) {
      step = interpolated([a, b, c], [fa, fb, fc], before, tolerance) ?? half;
    }
    if (Math.abs(step) < tolerance) step = step > 0 ? tolerance : -tolerance;
    [a, fa] = [b, fb];
    b += step;
    fb = f(b);
    if (fb > 0 === fc > 0 && fb !== 0) [c, fc] = [a, fa];
  }
  return b;
}

/** The step to where a line or an inverse parabola through the points is 0, unless it leads out of the bracket or hardly closes it. */
function interpolated(
  [a, b, c]: readonly [number, number, number],
  [fa, fb, fc]: readonly [number, number, number],
  before: number,
  tolerance: number,
): number | undefined {
  const width = c - b;
  const byA = fb / fa;
  let [p, q] = [width * byA, 1 - byA];
  if (a !== c) {
    const [ac, bc] = [fa / fc, fb / fc];
    p = byA * (width * ac * (ac - bc) - (b - a) * (bc - 1));
    q = (ac - 1) * (bc - 1) * (byA - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const within = p < 0.75 * width * q - Math.abs(tolerance * q) / 2 && p < Math.abs((before * q) / 2);
  return within ? p / q : undefined;
}

function edge(values: readonly number[], which: 'first' | 'last'): number {
  return edgeAt(values, which === 'first' ? 0 : values.length - 1);
}

function edgeAt(values: readonly number[], index: number): number {
  return values[index] ?? NaN;
}
