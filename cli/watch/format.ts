import { formatDuration, SECOND, type Millis } from '../../model/duration.js';

/** Text of a server or a cloud without the control characters that a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** The time between two instants as people say it; whole seconds from one second on. */
export function elapsed(from: Millis, to: Millis): string {
  return formatDuration(Math.max(0, to - from));
}

/** Time left until an instant, rounded up to whole seconds; undefined when it has passed. */
export function left(until: string | undefined, now: Millis): string | undefined {
  if (until === undefined) return undefined;
  const ms = Date.parse(until) - now;
  return ms > 0 ? formatDuration(Math.ceil(ms / SECOND) * SECOND) : undefined;
}

/** `08:12:01` in the local time of the one who watches. */
export function clock(at: Millis | string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}

/** A measured value with at most four significant digits, as short as it can be. */
export function value(number: number): string {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(4)));
}

/** Cuts a line to a width, marking the cut. */
export function fit(line: string, width: number): string {
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join('')}…`;
}
