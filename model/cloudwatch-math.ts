import { EXAMPLE, skipSpace, take, takeTerm, termText, unreadable, type Cursor, type Term } from './cloudwatch-term.js';

/** Metric math with its metrics in it (the page *Using metric math*). Parentheses are kept, so that it is sent as it was written. */
export type Expression =
  | { kind: 'number'; text: string }
  | { kind: 'term'; term: Term }
  | { kind: 'operation'; operator: string; left: Expression; right: Expression }
  | { kind: 'minus'; of: Expression }
  | { kind: 'group'; of: Expression }
  | { kind: 'call'; name: string; given: readonly Expression[] }
  | { kind: 'list'; items: readonly Expression[] }
  /** A text in quotes, as SEARCH takes it. */
  | { kind: 'text'; text: string }
  /** REPEAT, LINEAR, ASC and the like. */
  | { kind: 'word'; text: string };

/** From the loosest to the tightest. */
const LEVELS: readonly RegExp[] = [/\|\||OR\b/iy, /&&|AND\b/iy, /==|!=|<=|>=|<|>/y, /[+-]/y, /[*/]/y, /\^/y];
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
const TEXT = /"[^"]*"|'[^']*'/y;
const WORD = /[a-z_]\w*/iy;
const SIGN = /[+-]/y;
const NO_STATISTIC = /[a-z][\w/#:.-]*\s*\{/iy;
/** Deeper nesting is no query of a person's, and would overflow the reader's stack. */
const DEEPEST = 60;

/**
 * Reads metric math up to the end of the text.
 * @throws Unreadable
 */
export function readMath(text: string): Expression {
  const cursor = { text, at: 0 };
  const expression = binary(cursor, 0, 0);
  if (cursor.at < text.length) throw unexpected(cursor);
  return expression;
}

function unexpected({ text, at }: Cursor): Error {
  const found = at < text.length ? `${text.charAt(at)} cannot stand here` : 'the query ends too early';
  return unreadable(at, found, `Write metrics as ${EXAMPLE}, numbers, + - * / and metric math’s functions.`);
}

function binary(cursor: Cursor, level: number, depth: number): Expression {
  const operators = LEVELS[level];
  if (!operators) return operand(cursor, depth);
  let left = binary(cursor, level + 1, depth);
  skipSpace(cursor);
  for (let found = take(cursor, operators); found; found = take(cursor, operators)) {
    left = { kind: 'operation', operator: found[0].toUpperCase(), left, right: binary(cursor, level + 1, depth) };
    skipSpace(cursor);
  }
  return left;
}

function operand(cursor: Cursor, depth: number): Expression {
  if (depth > DEEPEST) throw unreadable(cursor.at, 'this is nested too deeply', 'Write it with fewer parentheses.');
  skipSpace(cursor);
  const sign = take(cursor, SIGN);
  if (sign) {
    const of = operand(cursor, depth + 1);
    return sign[0] === '-' ? { kind: 'minus', of } : of;
  }
  const from = cursor.at;
  const first = cursor.text.charAt(from);
  if (first === '(') {
    cursor.at += 1;
    const [of, ...others] = items(cursor, ')', from, depth);
    if (of === undefined || others.length > 0)
      throw unreadable(from, 'these parentheses hold no single value', 'Write one expression in them.');
    return { kind: 'group', of };
  }
  if (first === '[') {
    cursor.at += 1;
    return { kind: 'list', items: items(cursor, ']', from, depth) };
  }
  const number = take(cursor, NUMBER);
  if (number) return { kind: 'number', text: number[0] };
  const quoted = take(cursor, TEXT);
  if (quoted) return { kind: 'text', text: quoted[0] };
  const term = takeTerm(cursor);
  if (term) return { kind: 'term', term };
  return named(cursor, depth);
}

function named(cursor: Cursor, depth: number): Expression {
  const from = cursor.at;
  const lacking = take(cursor, NO_STATISTIC);
  if (lacking)
    throw unreadable(
      from,
      'this metric has no statistic',
      `Write Sum:${lacking[0].slice(0, -1).trim()}{…}, or Average:, p95: and so on.`,
    );
  const word = take(cursor, WORD)?.[0];
  if (word === undefined) throw unexpected(cursor);
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === '(') {
    if (/^metrics$/i.test(word)) {
      throw unreadable(
        from,
        'METRICS() would take the metrics of other queries too',
        'Write the metrics themselves: SUM([Sum:…{…}, Sum:…{…}]).',
      );
    }
    const open = cursor.at;
    cursor.at += 1;
    return { kind: 'call', name: word, given: items(cursor, ')', open, depth) };
  }
  if (/^[a-z]/.test(word)) {
    throw unreadable(from, `${word} names no metric here`, `Write the metric itself, as ${EXAMPLE}.`);
  }
  return { kind: 'word', text: word };
}

/** What stands between commas up to the closing bracket, whose opening one has been read. */
function items(cursor: Cursor, close: string, open: number, depth: number): Expression[] {
  const found: Expression[] = [];
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === close) {
    cursor.at += 1;
    return found;
  }
  for (;;) {
    found.push(binary(cursor, 0, depth + 1));
    const next = cursor.text.charAt(cursor.at);
    if (next === '')
      throw unreadable(open, `this ${cursor.text.charAt(open)} is not closed`, `Write ${close} where it ends.`);
    if (next !== ',' && next !== close) throw unexpected(cursor);
    cursor.at += 1;
    if (next === close) return found;
  }
}

/** The expression as text; `write` says how a metric is written: itself, or as the name under which it is asked for. */
export function mathText(expression: Expression, write: (term: Term) => string = termText): string {
  const text = (part: Expression): string => mathText(part, write);
  switch (expression.kind) {
    case 'number':
    case 'text':
    case 'word':
      return expression.text;
    case 'term':
      return write(expression.term);
    case 'operation':
      return `${text(expression.left)} ${expression.operator} ${text(expression.right)}`;
    case 'minus':
      return `-${text(expression.of)}`;
    case 'group':
      return `(${text(expression.of)})`;
    case 'call':
      return `${expression.name}(${expression.given.map(text).join(', ')})`;
    case 'list':
      return `[${expression.items.map(text).join(', ')}]`;
    default:
      return expression satisfies never;
  }
}

/** Whether two expressions, or parts of them, hold something: the first answer that is true. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'operation':
      return [expression.left, expression.right];
    case 'minus':
    case 'group':
      return [expression.of];
    case 'call':
      return expression.given;
    case 'list':
      return expression.items;
    case 'number':
    case 'text':
    case 'word':
    case 'term':
      return [];
    default:
      return expression satisfies never;
  }
}

/** The metrics of an expression, in the order in which they are written. */
export function termsOf(expression: Expression): Term[] {
  return expression.kind === 'term' ? [expression.term] : partsOf(expression).flatMap(termsOf);
}
