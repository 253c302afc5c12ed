import type { WriteStream } from 'node:tty';
import type { DeploymentDocument, LogPage } from '../../model/wire.js';
import { changes } from './changes.js';
import { colour } from './colour.js';
import type { Follower } from './follow.js';
import { plain } from './format.js';
import { logLine, renderTree } from './tree.js';

const UP_AND_CLEAR = (rows: number): string => (rows > 0 ? `\u001b[${rows}F\u001b[J` : '');

/** Redraws the tree in place on a terminal, and writes only when it looks different. */
export function terminalFollower(out: WriteStream, coloured: boolean): Follower {
  let drawn: string[] = [];
  const draw = (lines: string[]): void => {
    if (lines.join('\n') === drawn.join('\n')) return;
    out.write(UP_AND_CLEAR(drawn.length) + lines.map((line) => `${coloured ? colour(line) : line}\n`).join(''));
    drawn = lines;
  };
  return {
    tick: (document, log) =>
      draw(renderTree(document, { now: Date.now(), width: out.columns, height: Math.max(out.rows - 2, 8), log })),
    notice: (text) => {
      // Stands above the tree, which is drawn again below it.
      out.write(`${UP_AND_CLEAR(drawn.length)}${plain(text)}\n`);
      drawn = [];
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

/** A plain line of an ANALYSIS is about a window, which is told from the document, with or without a live stream. */
function isWindow({ level, stage }: LogPage['lines'][number], { analysis }: DeploymentDocument): boolean {
  return level === 'info' && analysis.some((metric) => metric.stage === stage);
}
