import { mathText, partsOf, readMath, termsOf, type Expression } from './cloudwatch-math.js';
import { scopeOf, Unreadable, unreadable, type QueryProblem, type Term } from './cloudwatch-term.js';
import type { Absence } from './datadog-query.js';

/** A query for CloudWatch that could be read. */
export type CloudWatchQuery = MathQuery | InsightsQuery;

/** One metric, or metric math over several: `100 * Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count{…} / Sum:…{…}`. */
export interface MathQuery {
  kind: 'math';
  /** As it reads on one line. */
  text: string;
  expression: Expression;
}

/** Metrics Insights: `SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer)`. */
export interface InsightsQuery {
  kind: 'insights';
  text: string;
  namespace: string;
  metric: string;
  /** Its labels give one series each. */
  groupBy?: string;
}

const IDENTIFIER = String.raw`("[^"]*"|[\w.]+)`;
const SELECT = /^\s*SELECT\b/i;
const INSIGHTS = new RegExp(
  String.raw`^SELECT\s+(?:AVG|COUNT|MAX|MIN|SUM)\s*\(\s*${IDENTIFIER}\s*\)\s+FROM\s+(?:SCHEMA\s*\(\s*)?${IDENTIFIER}`,
  'i',
);
const GROUP_BY = /\bGROUP\s+BY\s+(.+?)(?=\s+(?:ORDER\s+BY|LIMIT)\b|$)/is;

function readInsights(whole: string): InsightsQuery {
  const text = whole.trim();
  const [, metric = '', namespace = ''] = INSIGHTS.exec(text) ?? [];
  if (metric === '') {
    throw unreadable(
      whole.indexOf(text),
      'this SELECT names no metric and namespace as Metrics Insights takes them',
      'Write SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) WHERE TargetGroup = \'…\'.',
    );
  }
  const unquoted = (identifier: string): string => identifier.replace(/^"|"$/g, '');
  // What stands in quotes is no keyword.
  const groupBy = GROUP_BY.exec(text.replace(/'[^']*'/g, (value) => "'".padEnd(value.length, "'")))?.[1];
  return {
    kind: 'insights',
    text,
    namespace: unquoted(namespace),
    metric: unquoted(metric),
    ...(groupBy !== undefined && { groupBy }),
  };
}

/** Reads a query, or says where and why it cannot be read and what to write. */
export function parseCloudWatchQuery(text: string): CloudWatchQuery | QueryProblem {
  try {
    if (SELECT.test(text)) return readInsights(text);
    const expression = readMath(text);
    if (termsOf(expression).length === 0 && !/\bSEARCH\s*\(|\b[A-Z]+_\w+\s*\(/.test(text)) {
      throw unreadable(0, 'the query names no metric', 'Write one as Sum:Namespace.Metric{Dimension=Value}.');
    }
    return { kind: 'math', text: mathText(expression), expression };
  } catch (error) {
    if (error instanceof Unreadable) return error.problem;
    throw error;
  }
}

/** A problem in words, with its place for people: lines and columns count from 1. */
export function problemInWords(text: string, { at, message, fix }: QueryProblem): string {
  const lines = text.slice(0, at).split('\n');
  const line = text.includes('\n') ? `line ${lines.length}, ` : '';
  return `${line}column ${(lines.at(-1)?.length ?? 0) + 1}: ${message}. ${fix}`;
}

/** The metrics that a query names, as they are written. A SELECT names its one by name alone, and is asked about apart. */
export function metricTerms(query: CloudWatchQuery): Term[] {
  return query.kind === 'math' ? termsOf(query.expression) : [];
}

/** Whether a query is nothing but numbers and metrics under + - * /: then each of its points needs a point of every metric. */
export function isPlainArithmetic(query: CloudWatchQuery): boolean {
  const plain = (part: Expression): boolean =>
    part.kind === 'number' ||
    part.kind === 'term' ||
    (['operation', 'minus', 'group'].includes(part.kind) && partsOf(part).every(plain));
  return query.kind === 'math' && plain(query.expression);
}

function bare(expression: Expression): Expression {
  return expression.kind === 'group' ? bare(expression.of) : expression;
}

function isFill(expression: Expression): expression is Extract<Expression, { kind: 'call' }> {
  return expression.kind === 'call' && /^fill$/i.test(expression.name);
}

/** The expression with the first argument of each FILL in its place. */
function unfilled(expression: Expression): Expression {
  switch (expression.kind) {
    case 'operation':
      return { ...expression, left: unfilled(expression.left), right: unfilled(expression.right) };
    case 'minus':
    case 'group':
      return { ...expression, of: unfilled(expression.of) };
    case 'list':
      return { ...expression, items: expression.items.map(unfilled) };
    case 'call': {
      const [first] = expression.given;
      if (!isFill(expression) || !first) return { ...expression, given: expression.given.map(unfilled) };
      const inner = unfilled(first);
      return inner.kind === 'operation' || inner.kind === 'minus' ? { kind: 'group', of: inner } : inner;
    }
    case 'number':
    case 'term':
    case 'text':
    case 'word':
      return expression;
    default:
      return expression satisfies never;
  }
}

function holdsFill(expression: Expression): boolean {
  return isFill(expression) || partsOf(expression).some(holdsFill);
}

/**
 * A query that makes points up where there is no data (`FILL(…, 0)`) shows nothing about whether data flows.
 * @returns the query without that, to be asked as the watermark; undefined when there is nothing to take away.
 */
export function withoutFill(query: CloudWatchQuery): MathQuery | undefined {
  if (query.kind !== 'math' || !holdsFill(query.expression)) return undefined;
  return queryOf(bare(unfilled(query.expression)));
}

function queryOf(expression: Expression): MathQuery {
  return { kind: 'math', text: mathText(expression), expression };
}

interface Factor {
  of: Expression;
  /** Divides instead of multiplying. */
  inverse: boolean;
}

/** The factors of a product or quotient. A product in parentheses is taken apart where it multiplies, and stays whole where it divides. */
function factors(whole: Expression): Factor[] {
  const expression = bare(whole);
  if (expression.kind === 'minus') return factors(expression.of);
  if (expression.kind !== 'operation' || !'*/'.includes(expression.operator))
    return [{ of: expression, inverse: false }];
  const right =
    expression.operator === '*' ? factors(expression.right) : [{ of: bare(expression.right), inverse: true }];
  return [...factors(expression.left), ...right];
}

function isNumber(expression: Expression): boolean {
  const { kind } = expression;
  return kind === 'number' || ((kind === 'minus' || kind === 'group') && isNumber(expression.of));
}

/** Statistics of which nothing is zero: a metric without a sample in a period has no point, and its sum would have been 0. */
const COUNTS = /^(Sum|SampleCount|tc.*|ts.*|TC\(.*|TS\(.*)$/;

function absenceOf(above: readonly Term[], below: readonly Term[]): Absence {
  const counts = [...above, ...below].every(({ stat }) => COUNTS.test(stat));
  const [numerator] = above;
  if (numerator === undefined || below.length === 0 || !counts) return 'GAUGES';
  if (above.length > 1) return 'SEVERAL';
  return below.every((term) => scopeOf(term) === scopeOf(numerator)) ? 'ZERO' : 'OTHER_TAGS';
}

/** A quotient's denominator, and what it means where it has a point and the quotient has none. */
export interface CloudWatchQuotient {
  denominator: MathQuery;
  numerator: readonly Term[];
  absence: Absence;
}

/**
 * The denominator of a query that is one quotient of metrics (`a / b`, also with numbers as factors and parentheses). Undefined for
 * everything else: in a sum no single denominator decides about the whole.
 */
export function cloudWatchQuotient(query: CloudWatchQuery): CloudWatchQuotient | undefined {
  if (query.kind !== 'math') return undefined;
  const all = factors(query.expression).filter(({ of }) => !isNumber(of));
  const [denominator, ...others] = all.filter(({ inverse }) => inverse);
  const above = all.filter(({ inverse }) => !inverse);
  if (!denominator || others.length > 0 || above.length === 0) return undefined;
  const numerator = above.flatMap(({ of }) => termsOf(of));
  return {
    denominator: queryOf(denominator.of),
    numerator,
    absence: absenceOf(numerator, termsOf(denominator.of)),
  };
}
