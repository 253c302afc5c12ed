import type { WriteStream } from 'node:tty';
import type { DeploymentDocument } from '../../model/wire.js';
import { changes } from './changes.js';
import type { Follower } from './follow.js';
import { columns, plain } from './format.js';
import { isWindow, logLine, renderTree } from './tree.js';

const UP = (rows: number): string => (rows > 0 ? `\u001b[${rows}F` : '');
const CLEAR_BELOW = '\u001b[J';
const CLEAR_REST_OF_LINE = '\u001b[K';
/** Of a terminal that does not tell its size. */
const USUAL = { columns: 80, rows: 24 };

/** What stands on the screen: the lines, and the terminal's size when they were written. */
export interface Drawn {
  lines: readonly string[];
  columns: number;
  rows: number;
}

/**
 * What to write so that `next` stands where `before` stood: nothing when they are alike, the lines alone that differ, or all of them after
 * the terminal's size has changed. Nothing is blank in between, so nothing flickers.
 * @param paint adds what has no width, such as colour.
 */
export function frame(before: Drawn, next: Drawn, paint: (line: string) => string = (line) => line): string {
  // Behind the last column the cursor stands on it still: clearing would take its character.
  const write = (line: string): string => `${paint(line)}${columns(line) < next.columns ? CLEAR_REST_OF_LINE : ''}\n`;
  if (before.columns !== next.columns || before.rows !== next.rows) {
    // A terminal that became narrower has broken the lines.
    const rows = before.lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columns(line) / next.columns)), 0);
    return `${UP(rows)}${CLEAR_BELOW}${next.lines.map(write).join('')}`;
  }
  const first = next.lines.findIndex((line, i) => line !== before.lines[i]);
  if (first < 0 && next.lines.length === before.lines.length) return '';
  const from = first < 0 ? next.lines.length : first;
  const changed = next.lines.slice(from).map((line, i) => (line === before.lines[from + i] ? '\n' : write(line)));
  return [
    UP(before.lines.length - from),
    ...changed,
    ...(before.lines.length > next.lines.length ? [CLEAR_BELOW] : []),
  ].join('');
}

/** Redraws the tree in place on a terminal, one write for each change of what is seen. */
export function terminalFollower(out: WriteStream, paint: (line: string) => string): Follower {
  const size = (): Omit<Drawn, 'lines'> => ({
    columns: out.columns || USUAL.columns,
    rows: out.rows || USUAL.rows,
  });
  let drawn: Drawn = { lines: [], ...size() };
  const draw = (lines: string[]): void => {
    const next = { lines, ...size() };
    const bytes = frame(drawn, next, paint);
    if (bytes !== '') out.write(bytes);
    drawn = next;
  };
  return {
    tick: (document, log) => {
      const { columns: width, rows } = size();
      // The cursor stands below the last line.
      draw(renderTree(document, { now: Date.now(), width, height: Math.max(rows - 1, 1), log }));
    },
    notice: (text) => {
      // Stands above the tree, which is drawn again below it.
      draw([]);
      out.write(`${paint(plain(text))}\n`);
    },
  };
}

/** Writes a line for each change, where nothing can be redrawn. */
export function lineFollower(write: (line: string) => void): Follower {
  let before: DeploymentDocument | undefined;
  let told = 0;
  return {
    tick: (document, log) => {
      for (const line of log.slice(told)) {
        if (!isWindow(line, document)) write(plain(logLine(line, document)));
      }
      told = log.length;
      if (document === before) return;
      for (const line of changes(before, document)) write(line);
      before = document;
    },
    notice: write,
  };
}
