import { DAY, HOUR, MINUTE, SECOND, type Millis } from './duration.js';

/** One condition on a label: `code=~"5.."`. */
export interface Matcher {
  label: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** A piece of a query in PromQL, with its place in the text. */
export type Token = { from: number; to: number } & (
  | { kind: 'word' | 'number' | 'string' | 'sign'; text: string }
  /** What stands between `[` and `]`. */
  | { kind: 'range'; text: string }
  /** What stands between `{` and `}`; `name` when it names the metric. */
  | { kind: 'matchers'; matchers: Matcher[]; name?: string }
);

const SPACE = /(?:\s+|#[^\n]*)+/y;
const STRING = /"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|`([^`]*)`/y;
const WORD = /[a-z_:][\w:]*/iy;
const NUMBER = /\d[\w.]*(?<=e)[+-]\d+|\d[\w.]*|\.\d+/iy;
const RANGE = /\[([^\]]*)\]/y;
const OPERATOR = /=~|!~|!=|=/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unescape(text: string): string {
  return text.replace(/\\([^])/g, (_, character: string) => ESCAPES[character] ?? character);
}

/** Reads from one place of a text to the next. */
function scannerOf(text: string) {
  let at = 0;
  return {
    at: () => at,
    take(pattern: RegExp): RegExpExecArray | null {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found) at = pattern.lastIndex;
      return found;
    },
    sign(): string {
      const character = text.charAt(at);
      at += 1;
      return character;
    },
    isEnd: () => at >= text.length,
  };
}

type Scanner = ReturnType<typeof scannerOf>;

function takeString(scanner: Scanner): string | undefined {
  const found = scanner.take(STRING);
  if (!found) return undefined;
  return found[3] ?? unescape(found[1] ?? found[2] ?? '');
}

/** The rest of `{…}`. A string alone is the metric's name, as newer servers write it. */
function takeMatchers(scanner: Scanner): { matchers: Matcher[]; name?: string } {
  const matchers: Matcher[] = [];
  let name: string | undefined;
  while (!scanner.isEnd()) {
    scanner.take(SPACE);
    const label = takeString(scanner) ?? scanner.take(WORD)?.[0];
    scanner.take(SPACE);
    const operator = label === undefined ? undefined : scanner.take(OPERATOR)?.[0];
    scanner.take(SPACE);
    if (label !== undefined && operator !== undefined) {
      const value = takeString(scanner) ?? '';
      if (label === '__name__' && operator === '=') name = value;
      else matchers.push({ label, operator: operator as Matcher['operator'], value });
    } else if (label !== undefined) {
      name = label;
    } else if (scanner.sign() === '}') {
      break;
    }
  }
  return { matchers, ...(name !== undefined && { name }) };
}

/** The pieces of a query. A broken one gives what can be read of it: its server says what is wrong. */
export function tokensOf(query: string): Token[] {
  const scanner = scannerOf(query);
  const tokens: Token[] = [];
  for (;;) {
    scanner.take(SPACE);
    if (scanner.isEnd()) return tokens;
    const from = scanner.at();
    const string = takeString(scanner);
    const range = string === undefined ? scanner.take(RANGE) : null;
    const word = string === undefined && !range ? scanner.take(WORD) : null;
    const number = string === undefined && !range && !word ? scanner.take(NUMBER) : null;
    if (string !== undefined) tokens.push({ kind: 'string', text: string, from, to: scanner.at() });
    else if (range) tokens.push({ kind: 'range', text: range[1] ?? '', from, to: scanner.at() });
    else if (word) tokens.push({ kind: 'word', text: word[0], from, to: scanner.at() });
    else if (number) tokens.push({ kind: 'number', text: number[0], from, to: scanner.at() });
    else {
      const sign = scanner.sign();
      if (sign === '{') tokens.push({ kind: 'matchers', ...takeMatchers(scanner), from, to: scanner.at() });
      else tokens.push({ kind: 'sign', text: sign, from, to: scanner.at() });
    }
  }
}

const UNITS: Readonly<Record<string, Millis>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
};

/** A duration as PromQL writes it: `1h30m`, or a bare number of seconds. Zero for what is none. */
export function promDuration(text: string): Millis {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * SECOND;
  let total = 0;
  for (const [, count = '', unit = ''] of trimmed.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    total += Number(count) * (UNITS[unit] ?? 0);
  }
  return total;
}
