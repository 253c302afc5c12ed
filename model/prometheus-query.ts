import type { Millis } from './duration.js';
import { factors, isNumber } from './expression.js';
import { promDuration, tokensOf, type Matcher, type Token } from './promql.js';

/** What a query selects: `http_requests_total{code=~"5.."}`. Without a name where the query tells none. */
export interface Selector {
  name?: string;
  matchers: readonly Matcher[];
}

/** Words that stand before a list of labels in parentheses. */
const BEFORE_LABELS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
/** Words between two operands, and numbers that are written as words. */
const KEYWORDS = new Set([...BEFORE_LABELS, 'and', 'or', 'unless', 'atan2', 'bool', 'offset', 'inf', 'nan']);
/** They make points where nothing was measured. */
const MAKES_POINTS = new Set(['or', 'unless', 'absent', 'absent_over_time', 'vector', 'scalar']);

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}

function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.text.toLowerCase() : undefined;
}

/** The place after the parenthesis that closes the one at `index`. */
function afterParentheses(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index; at < tokens.length; at += 1) {
    if (isSign(tokens[at], '(')) depth += 1;
    if (isSign(tokens[at], ')')) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return tokens.length;
}

/** Whether a word is the name of a metric: neither a function or an aggregation nor a keyword. */
function isMetricName(tokens: readonly Token[], index: number): boolean {
  const word = wordOf(tokens[index]);
  if (word === undefined || KEYWORDS.has(word)) return false;
  const next = tokens[index + 1];
  return !isSign(next, '(') && !['by', 'without'].includes(wordOf(next) ?? '');
}

/** All that a query selects, in order; the same selection once. */
export function selectorsOf(query: string): Selector[] {
  const tokens = tokensOf(query);
  const found = new Map<string, Selector>();
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (BEFORE_LABELS.has(wordOf(token) ?? '') && isSign(tokens[index + 1], '(')) {
      index = afterParentheses(tokens, index + 1) - 1;
    } else if (token?.kind === 'matchers') {
      const { matchers, name } = token;
      const selector = { matchers, ...(name !== undefined && { name }) };
      found.set(writeSelector(selector), selector);
    } else if (token?.kind === 'word' && isMetricName(tokens, index)) {
      const next = tokens[index + 1];
      const matchers = next?.kind === 'matchers' ? next.matchers : [];
      if (next?.kind === 'matchers') index += 1;
      const selector = { name: token.text, matchers };
      found.set(writeSelector(selector), selector);
    }
  }
  return [...found.values()];
}

/** A selector as PromQL writes it. */
export function writeSelector({ name, matchers }: Selector): string {
  const list = matchers.map(({ label, operator, value }) => {
    const written = /^[a-z_]\w*$/i.test(label) ? label : JSON.stringify(label);
    return `${written}${operator}${JSON.stringify(value)}`;
  });
  if (name === undefined || !/^[a-z_:][\w:]*$/i.test(name)) {
    if (name !== undefined) list.unshift(`__name__=${JSON.stringify(name)}`);
    return `{${list.join(',')}}`;
  }
  return list.length === 0 ? name : `${name}{${list.join(',')}}`;
}

/**
 * How far back from the moment it is evaluated at a query looks: its longest range, ranges of subqueries added. What `offset` moves is
 * looked at on purpose and does not count.
 * @returns undefined where `@` or a negative offset takes its values out of that time
 */
export function lookbackOf(query: string): Millis | undefined {
  const tokens = tokensOf(query);
  if (tokens.some((token) => isSign(token, '@'))) return undefined;
  // For each open parenthesis: the longest look back in it so far, and that of the operand just read.
  const groups = [{ longest: 0, operand: 0 }];
  for (const [index, token] of tokens.entries()) {
    const group = groups.at(-1) ?? { longest: 0, operand: 0 };
    if (isSign(token, '(')) groups.push({ longest: 0, operand: 0 });
    else if (isSign(token, ')')) {
      if (groups.length > 1) groups.pop();
      const outer = groups.at(-1) ?? group;
      outer.operand = group.longest;
      outer.longest = Math.max(outer.longest, outer.operand);
    } else if (token.kind === 'range') {
      group.operand += promDuration(token.text.split(':')[0] ?? '');
      group.longest = Math.max(group.longest, group.operand);
    } else if (wordOf(token) === 'offset' && isSign(tokens[index + 1], '-')) return undefined;
    else if (token.kind === 'word' && !KEYWORDS.has(token.text.toLowerCase())) group.operand = 0;
    else if (token.kind === 'matchers' && tokens[index - 1]?.kind !== 'word') group.operand = 0;
  }
  return Math.max(...groups.map(({ longest }) => longest));
}

/** Whether the points of a query prove that all that it selects exists: it makes none up where there is nothing. */
export function provesItself(query: string): boolean {
  return tokensOf(query).every((token) => !MAKES_POINTS.has(wordOf(token) ?? ''));
}

/**
 * A query that makes points up where there is no data (`… or vector(0)`) shows nothing about whether data flows.
 * @returns the query without that; undefined when there is nothing to take away.
 */
export function withoutDefaults(query: string): string | undefined {
  const tokens = tokensOf(query);
  let bare = '';
  let kept = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const first = tokens[index];
    if (first === undefined || wordOf(first) !== 'or') continue;
    let vector = index + 1;
    if (['on', 'ignoring'].includes(wordOf(tokens[vector]) ?? '')) vector = afterParentheses(tokens, vector + 1);
    if (wordOf(tokens[vector]) !== 'vector' || tokens[vector + 2]?.kind !== 'number') continue;
    const last = tokens[vector + 3];
    if (!last || !isSign(last, ')')) continue;
    bare += query.slice(kept, first.from);
    kept = last.to;
    index = vector + 3;
  }
  return kept === 0 ? undefined : (bare + query.slice(kept)).trim();
}

/** The selector of `sum(rate(selector[range]))`, or with `increase` or `irate`; undefined for everything else. */
function countedIn(text: string): Selector | undefined {
  const tokens = tokensOf(text);
  const [sum, open, rate, inner] = tokens;
  if (wordOf(sum) !== 'sum' || !isSign(open, '(') || !isSign(inner, '(')) return undefined;
  if (!['rate', 'increase', 'irate'].includes(wordOf(rate) ?? '')) return undefined;
  const rest = tokens.slice(4).filter(({ kind }) => kind !== 'matchers' && kind !== 'word');
  const [range, ...closing] = rest;
  if (range?.kind !== 'range' || closing.length !== 2 || !closing.every((token) => isSign(token, ')')))
    return undefined;
  const selectors = selectorsOf(text);
  return selectors.length === 1 ? selectors[0] : undefined;
}

function has(selector: Selector, { label, operator, value }: Matcher): boolean {
  return selector.matchers.some((each) => each.label === label && each.operator === operator && each.value === value);
}

/** Whether what `part` selects is among what `whole` selects, or is counted beside it under the same labels. */
function isAmong(part: Selector, whole: Selector): boolean {
  const narrower = whole.matchers.every((matcher) => has(part, matcher));
  return part.name === whole.name ? narrower : narrower && part.matchers.length === whole.matchers.length;
}

/**
 * The denominator of a query that is one count over another of which it is a part (`sum(rate(a{code=~"5.."}[1m])) / sum(rate(a[1m]))`,
 * also with numbers as factors): where such a quotient has no value and its denominator has one, nothing was counted above. A client
 * library tells of a counter's labels when it counts them first, so that a service without errors has no series of errors. Undefined
 * for everything else.
 */
export function denominatorOf(query: string): string | undefined {
  const all = factors(withoutComments(query))?.filter((factor) => !isNumber(factor.text)) ?? [];
  const [above, below] = [all.filter(({ inverse }) => !inverse), all.filter(({ inverse }) => inverse)];
  const [part, whole] = [above[0], below[0]];
  if (!part || !whole || all.length !== 2) return undefined;
  const [counted, among] = [countedIn(part.text), countedIn(whole.text)];
  return counted && among && isAmong(counted, among) ? whole.text : undefined;
}

function withoutComments(query: string): string {
  const tokens = tokensOf(query);
  return tokens
    .map(({ from, to }, index) => (index > 0 && tokens[index - 1]?.to !== from ? ' ' : '') + query.slice(from, to))
    .join('');
}

const AGGREGATIONS = new Set(['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar', 'quantile']);
/** Functions that make one series of several. */
const ONE_OF_SEVERAL = /^(histogram_|scalar$|absent)/;
/** They give as many series as one asks for, and `topk(1, …)` another one at each moment. */
const PICKS = new Set(['topk', 'bottomk', 'count_values', 'limitk', 'limit_ratio']);

function isGrouping(token: Token | undefined): boolean {
  return ['by', 'without'].includes(wordOf(token) ?? '');
}

/**
 * What a query gives several series for, whatever the data, as it is written: `by (code)`. So does an aggregation that stands alone or as an
 * operand with `by` some label or `without`, and one that picks series. What stands within another aggregation does not
 * count, nor what `histogram_quantile(0.9, sum by (le) (…))` makes one of.
 */
export function severalBy(query: string): string | undefined {
  const tokens = tokensOf(query);
  for (let index = 0; index < tokens.length; index += 1) {
    const word = wordOf(tokens[index]);
    const isCall = isSign(tokens[index + 1], '(') || isGrouping(tokens[index + 1]);
    if (word === undefined || !isCall || KEYWORDS.has(word)) continue;
    if (PICKS.has(word)) return word;
    const before = isGrouping(tokens[index + 1]) ? index + 1 : undefined;
    const open = before === undefined ? index + 1 : afterParentheses(tokens, before + 1);
    const end = afterParentheses(tokens, open);
    const grouping = before ?? (isGrouping(tokens[end]) ? end : undefined);
    if (AGGREGATIONS.has(word) && grouping !== undefined) {
      const close = afterParentheses(tokens, grouping + 1);
      const first = tokens[grouping];
      const last = tokens[close - 1];
      const isEmpty = close - grouping === 3;
      if (first && last && (!isEmpty || wordOf(first) === 'without')) return query.slice(first.from, last.to);
    }
    // Of each series such a function makes one: what stands in it counts.
    if (AGGREGATIONS.has(word) || ONE_OF_SEVERAL.test(word)) index = end - 1;
  }
  return undefined;
}

/** Whether a query asks how fast each of its series grows and makes no one of them. */
export function ratesEachSeries(query: string): boolean {
  const words = tokensOf(query).map((token) => wordOf(token) ?? '');
  const isRated = words.some((word) => ['rate', 'irate', 'increase'].includes(word));
  return isRated && !words.some((word) => AGGREGATIONS.has(word) || word === 'scalar');
}

/** What is plainly wrong with a query's brackets and quotes; the rest its server says. */
export function brokenPart(query: string): string | undefined {
  const open: string[] = [];
  let quote = '';
  const bare = query.replace(/#[^\n]*/g, '');
  for (let index = 0; index < bare.length; index += 1) {
    const character = bare.charAt(index);
    if (quote) {
      if (character === '\\' && quote !== '`') index += 1;
      else if (character === quote) quote = '';
    } else if ('"\'`'.includes(character)) quote = character;
    else if ('([{'.includes(character)) open.push(character);
    else if (')]}'.includes(character)) {
      const expected = open.pop();
      if (expected === undefined) return `a ${character} closes nothing`;
      if ('([{'.indexOf(expected) !== ')]}'.indexOf(character)) return `a ${expected} is closed by ${character}`;
    }
  }
  if (quote) return `a text in ${quote} does not end`;
  const left = open.pop();
  return left === undefined ? undefined : `a ${left} is not closed`;
}

/**
 * The two counts of a quotient of which the numerator is a part of the denominator (`denominatorOf`), as how much each grew; a factor beside
 * them would change the rate.
 * @returns undefined for every other query
 */
export function countsOfQuotient(query: string): { errors: string; requests: string } | undefined {
  const bare = withoutComments(query);
  if (denominatorOf(bare) === undefined) return undefined;
  const [above, below, more] = factors(bare) ?? [];
  if (!above || !below?.inverse || more) return undefined;
  return { errors: asGrowth(above.text), requests: asGrowth(below.text) };
}

/** `sum(rate(x[5m]))` as `sum(increase(x[5m]))`: a count and no speed. */
function asGrowth(text: string): string {
  const rate = tokensOf(text).find((token) => ['rate', 'irate'].includes(wordOf(token) ?? ''));
  return rate ? `${text.slice(0, rate.from)}increase${text.slice(rate.to)}` : text;
}
