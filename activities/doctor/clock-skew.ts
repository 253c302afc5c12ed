import { formatDuration, SECOND, type Millis } from '../../model/duration.js';
import type { Check } from '../people.js';

/** Windows are a minute long at the least: beyond this a clock moves points from one window to the next. */
const SKEW_LIMIT = 30 * SECOND;

/** When a question was sent and answered by this machine's clock (epoch ms), and the answer's Date header. */
export interface DatedAnswer {
  sent: number;
  received: number;
  date: string;
}

/**
 * How far this machine's clock is ahead of the other side's, in ms; negative when it is behind. Right to half a second and half the
 * time that the answer took, because Date has whole seconds. Undefined when the header is no date.
 */
export function skewOf({ sent, received, date }: DatedAnswer): Millis | undefined {
  const theirs = Date.parse(date);
  return Number.isNaN(theirs) ? undefined : (sent + received) / 2 - (theirs + SECOND / 2);
}

/** @param whose the other clock, in words. */
export function skewCheck(name: string, whose: string, skew: Millis | undefined): Check {
  if (skew === undefined) return { name, ok: null, detail: `${whose} did not tell its time.` };
  const size = Math.abs(skew);
  if (size < SECOND) return { name, ok: true, detail: `Within a second of ${whose}.` };
  const detail = `${formatDuration(size)} ${skew > 0 ? 'ahead of' : 'behind'} ${whose}.`;
  if (size <= SKEW_LIMIT) return { name, ok: true, detail };
  return {
    name,
    ok: false,
    detail,
    fix: "Set this machine's clock (NTP): AWS refuses signatures that are 5 minutes off, and windows are judged by it.",
  };
}
