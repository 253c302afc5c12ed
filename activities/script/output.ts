import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '../../model/delivery.js';

/** A line of output may be this long … */
const LINE_LENGTH = 1_000;
/** … and of all lines so much is kept from the beginning and as much from the end: histories keep them. */
const KEPT_CHARACTERS = 64 * 1024;
/** Shorter values would be found in words that are no secret. */
const SHORTEST_SECRET = 6;

/** What a process wrote, as lines of a log that stays small. */
export interface Output {
  /** Takes what came from one of the two streams; a line is complete at its line break. */
  take(stream: 'stdout' | 'stderr', chunk: string): void;
  /** Takes what stands behind the last line break. */
  end(): void;
  lines(): LogLine[];
  /** The newest lines, for a heartbeat. */
  last(count: number): LogLine[];
}

/** @param secrets values that are not to be shown: stars stand in their place */
export function createOutput(now: () => number, secrets: readonly string[] = []): Output {
  const hidden = secrets.filter((value) => value.length >= SHORTEST_SECRET);
  const rest = { stdout: '', stderr: '' };
  const first: LogLine[] = [];
  const newest: LogLine[] = [];
  const size = { first: 0, newest: 0 };
  let leftOut = 0;

  function add(stream: 'stdout' | 'stderr', raw: string): void {
    let text = stripVTControlCharacters(raw).trimEnd();
    if (text === '') return;
    for (const value of hidden) text = text.replaceAll(value, '***');
    const line: LogLine = {
      at: now(),
      level: stream === 'stdout' ? 'info' : 'warning',
      text: text.slice(0, LINE_LENGTH),
    };
    if (newest.length === 0 && size.first + line.text.length <= KEPT_CHARACTERS) {
      size.first += line.text.length;
      first.push(line);
      return;
    }
    newest.push(line);
    size.newest += line.text.length;
    while (size.newest > KEPT_CHARACTERS) {
      size.newest -= newest.shift()?.text.length ?? 0;
      leftOut++;
    }
  }

  return {
    take(stream, chunk) {
      const [begun = '', ...others] = chunk.split('\n');
      let line = rest[stream] + begun;
      for (const next of others) {
        add(stream, line);
        line = next;
      }
      // Nobody's line: what has no end is cut where a line would be.
      rest[stream] = line.slice(0, 16 * LINE_LENGTH);
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        add(stream, rest[stream]);
        rest[stream] = '';
      }
    },
    lines() {
      const gap: LogLine[] =
        leftOut === 0
          ? []
          : [{ at: newest[0]?.at ?? now(), level: 'warning', text: `… ${leftOut} lines are left out here …` }];
      return [...first, ...gap, ...newest];
    },
    last: (count) => [...first, ...newest].slice(-count),
  };
}
