import { pathPattern } from '../model/path-pattern.js';

/** So many repeats that may try each other's places take seconds on a message of 2,000 characters; one more, hours. */
const MOST_REPEATS = 3;

/**
 * Whether a regular expression may try for so long that whoever tries it, a workflow or a worker, stands still: a repeat, or a choice, inside
 * of a group that is repeated, or more repeats than `most`. An expression that is not at fault may be called so; none that is, is not.
 */
export function runsAway(expression: string, most = MOST_REPEATS): boolean {
  /** For each open group, the outermost first, whether it holds a repeat or a choice. */
  const holds = [false];
  let repeats = 0;
  const note = (): void => void (holds[holds.length - 1] = true);
  for (let i = 0; i < expression.length; i += 1) {
    const character = expression.charAt(i);
    if (character === '\\') i += 1;
    else if (character === '[') i = endOfClass(expression, i);
    else if (character === '(') holds.push(false);
    else if (character === '|') note();
    else if (character === ')') {
      const held = holds.pop() ?? false;
      if (held && REPEAT.test(expression.slice(i + 1, i + 20))) return true;
      if (held) note();
    } else if (OPEN_REPEAT.test(expression.slice(i, i + 20))) {
      repeats += 1;
      note();
    }
  }
  return repeats > most;
}

/** Whether a text can be used as a pattern over paths: what else stands in one than globs goes into a regular expression as it is. */
export function isPathPattern(text: string): boolean {
  const pattern = pathPattern(text);
  return pattern !== undefined && !runsAway(pattern.expression.source, Infinity);
}

const REPEAT = /^(?:[*+]|\{\d)/;
const OPEN_REPEAT = /^(?:[*+]|\{\d+,)/;

function endOfClass(expression: string, open: number): number {
  let i = open + 1;
  while (i < expression.length && expression.charAt(i) !== ']') i += expression.charAt(i) === '\\' ? 2 : 1;
  return i;
}
