import { statOf, STATS } from './cloudwatch-stat.js';

/**
 * One metric of a CloudWatch query, as people write it: `Sum:AWS/ApplicationELB.RequestCount{LoadBalancer=app/web/123}`. A metric of
 * CloudWatch is one exact set of dimensions; a part of the set names another metric, which mostly does not exist.
 */
export interface Term {
  /** As CloudWatch spells it: `Sum`, `p99.9`, `TM(10%:90%)`. */
  stat: string;
  namespace: string;
  metric: string;
  /** In the order in which they were written. */
  dimensions: readonly Dimension[];
}

export interface Dimension {
  name: string;
  value: string;
}

/** Why a query cannot be read. */
export interface QueryProblem {
  kind: 'problem';
  /** Offset into the text, from 0. */
  at: number;
  message: string;
  /** What to write. */
  fix: string;
}

/** A mistake on its way out of the reading functions, which catch it themselves. */
export class Unreadable extends Error {
  constructor(readonly problem: QueryProblem) {
    super(problem.message);
    this.name = 'Unreadable';
  }
}

export function unreadable(at: number, message: string, fix: string): Unreadable {
  return new Unreadable({ kind: 'problem', at, message, fix });
}

/** Where a reading function stands in the text; it moves `at` on. */
export interface Cursor {
  text: string;
  at: number;
}

/** An example of the form, for messages. */
export const EXAMPLE =
  'Sum:AWS/ApplicationELB.RequestCount{LoadBalancer=app/web/50dc6c495c0c9188,TargetGroup=targetgroup/green/73e2d6bc24d8a067}';

/** A statistic and the colon behind it: a word, or one with bounds in parentheses. Nothing else in metric math has a colon. */
const STAT = /((?:TM|WM|PR|TC|TS)\s*\([^()]*\)|[a-z][\w.]*)\s*:/iy;
const NAMESPACE = /[\w/#:-]+/y;
const METRIC = /[\w.#@%-]+/y;
/** Up to a comma or the closing brace. A template's variable may stand for a value that is known only later. */
const VALUE = /(?:\{\{[^{}]*\}\}|[^,{}"'])+/y;
const NAME = /[^=,{}"']+/y;
const SPACE = /\s*/y;

/** What the pattern (sticky) finds at the cursor, which moves behind it. */
export function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (!found) return undefined;
  cursor.at = pattern.lastIndex;
  return found;
}

export function skipSpace(cursor: Cursor): void {
  take(cursor, SPACE);
}

/** A text in quotes with `\"`, `\'` and `\\` inside. Undefined when none begins here. */
function takeQuoted(cursor: Cursor, what: string): string | undefined {
  const { text, at } = cursor;
  const quote = text.charAt(at);
  if (quote !== '"' && quote !== "'") return undefined;
  let value = '';
  for (let index = at + 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === quote) {
      cursor.at = index + 1;
      return value;
    }
    if (character === '\\') index += 1;
    value += text.charAt(index);
  }
  throw unreadable(
    at,
    `the quotes of ${what} are not closed`,
    `Write ${quote} behind it; inside it a quote is \\${quote}.`,
  );
}

function takeDimension(cursor: Cursor, known: readonly Dimension[]): Dimension {
  skipSpace(cursor);
  const from = cursor.at;
  const name = takeQuoted(cursor, 'a dimension’s name') ?? take(cursor, NAME)?.[0].trim() ?? '';
  if (name === '') throw unreadable(from, 'a dimension is missing', 'Write {Name=Value,Name=Value}, or {} for none.');
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) !== '=') {
    throw unreadable(cursor.at, `the dimension ${name} has no value`, `Write ${name}=Value.`);
  }
  cursor.at += 1;
  skipSpace(cursor);
  const at = cursor.at;
  const quoted = takeQuoted(cursor, `the dimension ${name}`);
  const value = quoted ?? take(cursor, VALUE)?.[0].trim() ?? '';
  if (value === '') {
    throw unreadable(
      at,
      `the dimension ${name} has no value`,
      `Write ${name}=Value, in quotes if it has a comma or a brace.`,
    );
  }
  if (quoted === undefined && value.includes('*')) {
    throw unreadable(
      at,
      `${value} is a pattern, which CloudWatch does not match`,
      'Write one value, or a query that begins with SELECT.',
    );
  }
  if (known.some((each) => each.name === name)) {
    throw unreadable(from, `the dimension ${name} is written twice`, 'Keep one of them.');
  }
  return { name, value };
}

function takeDimensions(cursor: Cursor): Dimension[] {
  const open = cursor.at;
  cursor.at += 1;
  const dimensions: Dimension[] = [];
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) === '}') {
    cursor.at += 1;
    return dimensions;
  }
  for (;;) {
    dimensions.push(takeDimension(cursor, dimensions));
    skipSpace(cursor);
    const next = cursor.text.charAt(cursor.at);
    if (next === '') throw unreadable(open, 'this { is not closed', 'Write } behind the last dimension.');
    if (next !== ',' && next !== '}') {
      throw unreadable(
        cursor.at,
        `${next} cannot stand here`,
        'Write a comma before the next dimension, and quotes around a value that has one.',
      );
    }
    cursor.at += 1;
    if (next === '}') return dimensions;
  }
}

/**
 * Reads one term at the cursor. Undefined, with the cursor where it was, when what stands there has no statistic before a colon.
 * @throws Unreadable when it begins as a term and cannot be read as one.
 */
export function takeTerm(cursor: Cursor): Term | undefined {
  const from = cursor.at;
  const head = take(cursor, STAT);
  if (!head) return undefined;
  const written = head[1] ?? '';
  const stat = statOf(written);
  if (stat === undefined) {
    throw unreadable(from, `${written} is no statistic of CloudWatch`, `Write ${STATS} before the colon.`);
  }
  skipSpace(cursor);
  const named = cursor.at;
  const namespace = takeQuoted(cursor, 'the namespace') ?? take(cursor, NAMESPACE)?.[0] ?? '';
  skipSpace(cursor);
  if (namespace === '' || cursor.text.charAt(cursor.at) !== '.') {
    throw unreadable(
      named,
      `behind ${stat}: there is no namespace with a dot and a metric behind it`,
      `Write it as ${EXAMPLE}; names with other characters than letters, digits, _, - and / in quotes.`,
    );
  }
  cursor.at += 1;
  skipSpace(cursor);
  const metric = takeQuoted(cursor, 'the metric') ?? take(cursor, METRIC)?.[0] ?? '';
  if (metric === '') throw unreadable(cursor.at, `no metric follows ${namespace}.`, `Write it as ${EXAMPLE}.`);
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.at) !== '{') {
    throw unreadable(
      cursor.at,
      `${metric} has no dimensions`,
      'Write them behind it in braces, or {} for a metric without any; a metric’s name with other characters in quotes.',
    );
  }
  return { stat, namespace, metric, dimensions: takeDimensions(cursor) };
}

function quotedUnless(plain: RegExp, text: string): string {
  return plain.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The dimensions as they are written, in their order. */
export function dimensionsText(dimensions: readonly Dimension[]): string {
  const each = dimensions.map(
    ({ name, value }) =>
      `${quotedUnless(/^[\w.-]+$/, name)}=${quotedUnless(/^(\{\{[^{}]*\}\}|[\w./:@#%+-])+$/, value)}`,
  );
  return `{${each.join(',')}}`;
}

/** A term in the form in which it is read. */
export function termText({ stat, namespace, metric, dimensions }: Term): string {
  return `${stat}:${quotedUnless(/^[\w/#:-]+$/, namespace)}.${quotedUnless(/^[\w.#@%-]+$/, metric)}${dimensionsText(dimensions)}`;
}

/** What a term selects, whatever the order of its dimensions: equal for metrics of the same thing. */
export function scopeOf({ namespace, dimensions }: Pick<Term, 'namespace' | 'dimensions'>): string {
  const sorted = [...dimensions].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${namespace} ${dimensionsText(sorted)}`;
}

/** One metric's identity, whatever the statistic. */
export function metricKey(term: Pick<Term, 'namespace' | 'metric' | 'dimensions'>): string {
  return `${term.metric} of ${scopeOf(term)}`;
}
