import { thinEvidence } from '../../analysis/judge.js';
import type { Measurement } from '../../model/evidence.js';

/** A result of an activity stays below this: the evidence is read back page by page from the histories. */
const MOST_BYTES = 256 * 1024;
/** Kept of one window at most; a window of 8 hours has 480 one-minute buckets. */
const MOST_POINTS = 500;
const FEWEST_POINTS = 10;
const POINT_BYTES = 40;
const TEXT_KEPT = 1_000;

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * One measurement small enough that `windows` of them fit into one result. Points are thinned (the worst one stays, the reason says
 * how many there were); a query that alone would be too long for that is cut.
 */
export function boundEvidence(measurement: Measurement, windows: number): Measurement {
  const share = Math.floor(MOST_BYTES / (windows + 1));
  const texts = bytes({ ...measurement, points: [] });
  const room = Math.floor((share - texts) / POINT_BYTES);
  const thinned = thinEvidence(measurement, Math.max(FEWEST_POINTS, Math.min(MOST_POINTS, room)));
  if (bytes(thinned) <= share) return thinned;
  const cut = (text: string): string => (text.length <= TEXT_KEPT ? text : `${text.slice(0, TEXT_KEPT)}… (cut)`);
  return { ...thinned, query: cut(thinned.query), reason: cut(thinned.reason) };
}
