/** One metric asked for: `sum:aws.applicationelb.request_count{env:prd} by {targetgroup}.as_count()`. */
export interface MetricTerm {
  kind: 'metric';
  text: string;
  aggregator: 'sum' | 'avg' | 'max' | 'min';
  metric: string;
  scope: { tag: string; not: boolean }[];
  by: string[];
  asRate: boolean;
}

export type Expression =
  | MetricTerm
  | { kind: 'number'; value: number }
  | { kind: 'operation'; operator: '+' | '-' | '*' | '/'; left: Expression; right: Expression }
  | { kind: 'defaultZero'; of: Expression };

/** One of a request's comma-separated queries. */
export interface Query {
  text: string;
  expression: Expression;
}

/** A query that cannot be read; the message is Datadog's way to say it. */
export class QueryError extends Error {}

const METRIC = /(?:(sum|avg|max|min)\s*:\s*)?([a-zA-Z][\w.]*)/y;
const SCOPE = /\s*\{([^{}]*[^{}\s][^{}]*)\}/y;
const BY = /\s*by\s*\{([^{}]*)\}/y;
const MODIFIER = /\s*\.\s*(as_count|as_rate|rollup)\s*\(([^()]*)\)/y;
const NUMBER = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy;
const NAME = /[a-zA-Z]\w*/y;
const FUNCTION = /default_zero\s*\(/y;

/**
 * Reads the `query` of a metrics question: metrics with scope, grouping and modifiers, numbers, arithmetic, parentheses and
 * default_zero, in the order of precedence that one expects.
 *
 * @param named - what names stand for: v2's formulas are arithmetic over queries that have names
 * @throws QueryError where it cannot be read
 */
export function parseQueries(text: string, named?: ReadonlyMap<string, Expression>): Query[] {
  let at = 0;
  const queries: Query[] = [];
  do {
    if (queries.length > 0) at += 1;
    const from = at;
    const expression = sum();
    queries.push({ text: text.slice(from, at).trim(), expression });
  } while (text[at] === ',');
  if (at < text.length) throw refuse();
  return queries;

  function sum(): Expression {
    let left = product();
    for (let operator = sign('+-'); operator; operator = sign('+-')) {
      left = { kind: 'operation', operator, left, right: product() };
    }
    return left;
  }

  function product(): Expression {
    let left = factor();
    for (let operator = sign('*/'); operator; operator = sign('*/')) {
      left = { kind: 'operation', operator, left, right: factor() };
    }
    return left;
  }

  function factor(): Expression {
    space();
    if (take(FUNCTION)) return { kind: 'defaultZero', of: closed() };
    if (text[at] === '(') {
      at += 1;
      return closed();
    }
    if (text[at] === '-') {
      at += 1;
      return { kind: 'operation', operator: '-', left: { kind: 'number', value: 0 }, right: factor() };
    }
    const number = take(NUMBER);
    if (number) {
      space();
      return { kind: 'number', value: Number(number[0]) };
    }
    return named ? reference(named) : metric();
  }

  function reference(known: ReadonlyMap<string, Expression>): Expression {
    const from = at;
    const found = known.get(take(NAME)?.[0] ?? '');
    if (!found) {
      at = from;
      throw refuse();
    }
    space();
    return found;
  }

  function closed(): Expression {
    const inner = sum();
    if (text[at] !== ')') throw refuse();
    at += 1;
    space();
    return inner;
  }

  function metric(): MetricTerm {
    const from = at;
    const head = take(METRIC);
    if (!head) throw refuse();
    const [, aggregator = 'avg', name = ''] = head;
    const scope = take(SCOPE)?.[1];
    if (scope === undefined) throw refuse();
    const by = take(BY)?.[1] ?? '';
    let asRate = false;
    for (let modifier = take(MODIFIER); modifier; modifier = take(MODIFIER)) asRate ||= modifier[1] === 'as_rate';
    const term: MetricTerm = {
      kind: 'metric',
      text: text.slice(from, at),
      aggregator: aggregator as MetricTerm['aggregator'],
      metric: name,
      scope: words(scope)
        .filter((word) => word !== '*')
        .map((word) => ({ tag: word.replace(/^!/, '').toLowerCase(), not: word.startsWith('!') })),
      by: words(by),
      asRate,
    };
    space();
    return term;
  }

  function sign(of: string): '+' | '-' | '*' | '/' | undefined {
    space();
    const character = text[at];
    if (character === undefined || !of.includes(character)) return undefined;
    at += 1;
    return character as '+' | '-' | '*' | '/';
  }

  function take(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern.source, pattern.flags);
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found) at = sticky.lastIndex;
    return found;
  }

  function space(): void {
    while (/\s/.test(text[at] ?? '')) at += 1;
  }

  function refuse(): QueryError {
    const before = text.slice(0, at).split('\n');
    const place = `(line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
    return new QueryError(
      `Error parsing query: \n unable to parse ${text}: Rule 'scope_expr' didn't match at '${text.slice(at, at + 20)}' ${place}.`,
    );
  }
}

function words(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
