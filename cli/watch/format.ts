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

/** Characters that take two columns of a terminal (Unicode's East Asian wide ones and emoji), and those that take none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a text takes on a terminal. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) count += columnsOf(character);
  return count;
}

function columnsOf(character: string): number {
  if (character <= '\u02ff') return 1;
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cuts a line to a width in columns, marking the cut. */
export function fit(line: string, width: number): string {
  if (columns(line) <= width) return line;
  let kept = '';
  let count = 0;
  for (const character of line) {
    count += columnsOf(character);
    if (count > width - 1) break;
    kept += character;
  }
  return width > 0 ? `${kept}…` : '';
}

/** Breaks a text between words into lines of a width; what is more than `most` lines is left to be cut off the last one. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columns(longer) > width && lines.length < most - 1) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** A bar that is full to a share (0 to 1), `width` columns long. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
