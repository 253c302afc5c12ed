import { factors, isNumber, topLevel, unwrap } from './expression.js';

/** One query of an expression: `sum:requests{env:prd} by {host}.as_count()`. */
interface Term {
  text: string;
  metric: string;
  /** The filters and the grouping in one order, so that two terms that select the same are equal. */
  selects: string;
}

const TERM =
  /(?<![\w.])(?:[a-z]\w*\s*:\s*)?([a-z][\w.]*)\s*\{([^}]*)\}(?:\s*by\s*\{([^}]*)\})?(?:\s*\.\s*\w+\s*\([^)]*\))*/gi;

/** A list of filters or groups whatever its order, repetitions and spaces. */
function sorted(list: string): string {
  const each = list.split(',').map((part) => part.trim().replace(/\s+/g, ' '));
  return [...new Set(each.filter((part) => part !== ''))].sort().join(',');
}

function termsOf(expression: string): Term[] {
  return [...expression.matchAll(TERM)].map(([text, metric = '', filters = '', by = '']) => ({
    text,
    metric,
    selects: `{${sorted(filters)}} by {${sorted(by)}}`,
  }));
}

/** Whether a query counts something: an absent point may then mean that there was nothing to count. */
function isCount({ text }: Term): boolean {
  return /\.\s*as_(count|rate)\s*\(\s*\)/.test(text) || /^count\s*:/i.test(text);
}

/** The metrics that a query names, each once. */
export function metricsOf(query: string): string[] {
  return [...new Set(termsOf(query).map(({ metric }) => metric))];
}

/** The query on one line, as it is sent. */
export function oneLine(query: string): string {
  return query.replace(/\s+/g, ' ').trim();
}

/** Whether the text holds several queries, separated by commas outside all brackets. */
export function isSeveral(query: string): boolean {
  return (topLevel(query, ',') ?? []).length > 0;
}

/**
 * What a quotient that has no point means where its denominator has one. Only ZERO is known: one count over counts of the same
 * selection, so that the denominator's points prove the filters right. Else why it is not:
 * - GAUGES: not both sides are counts;
 * - SEVERAL: the numerator holds several queries, and one without a point hides the others;
 * - OTHER_TAGS: the sides filter or group differently, so a mistyped tag in the numerator would look like zero.
 */
export type Absence = 'ZERO' | 'GAUGES' | 'SEVERAL' | 'OTHER_TAGS';

export interface Quotient {
  denominator: string;
  /** Where nothing else stands above the line, not even a number. */
  numerator?: string;
  absence: Absence;
}

function absenceOf(above: readonly Term[], below: readonly Term[]): Absence {
  if (above.length === 0 || below.length === 0 || ![...above, ...below].every(isCount)) return 'GAUGES';
  const [numerator] = above;
  if (above.length > 1 || numerator === undefined) return 'SEVERAL';
  return below.every(({ selects }) => selects === numerator.selects) ? 'ZERO' : 'OTHER_TAGS';
}

/**
 * The denominator of a query that is one quotient of metrics (`a / b`, also with numbers as factors, parentheses and line breaks), and
 * what its absence means. Undefined for everything else.
 */
export function quotientOf(query: string): Quotient | undefined {
  const every = factors(query);
  const all = every?.filter((factor) => !isNumber(factor.text));
  const below = all?.filter((factor) => factor.inverse) ?? [];
  const above = all?.filter((factor) => !factor.inverse) ?? [];
  const [denominator] = below;
  if (denominator === undefined || below.length > 1 || above.length === 0) return undefined;
  const absence = absenceOf(
    above.flatMap(({ text }) => termsOf(text)),
    termsOf(denominator.text),
  );
  const [numerator] = above;
  const alone = every?.length === 2 && numerator !== undefined;
  return { denominator: denominator.text, absence, ...(alone && { numerator: numerator.text }) };
}

/**
 * A query that makes points up where there is no data (`default_zero(…)`, `.fill(zero)`) shows nothing about whether data flows.
 * @returns the query without that, to be asked as the watermark; undefined when there is nothing to take away.
 */
export function withoutDefaults(query: string): string | undefined {
  const bare = query.replace(/\bdefault_zero\s*\(/gi, '(').replace(/\.fill\(\s*(?!null)[^)]*\)/gi, '');
  return bare === query ? undefined : unwrap(bare);
}

/** Arithmetic and functions over queries that have names, as Datadog's v2 API takes them. */
export interface Formulas {
  /** One for each query that was given, in their order. */
  formulas: string[];
  /** What the names in the formulas stand for: each names one metric, and is there once. */
  queries: { name: string; query: string }[];
}

/** The queries of v1 as formulas of v2: each term of one metric becomes a query with a name. */
export function formulasOf(queries: readonly string[]): Formulas {
  const names = new Map<string, string>();
  const formulas = queries.map((query) =>
    query.replace(TERM, (term) => {
      const name = names.get(term) ?? `query${names.size}`;
      names.set(term, name);
      return name;
    }),
  );
  return { formulas, queries: [...names].map(([query, name]) => ({ name, query })) };
}
