const OPEN = '([{';
const CLOSE = ')]}';

interface Factor {
  text: string;
  /** Divides instead of multiplying. */
  inverse: boolean;
}

/** The places of `wanted` characters that stand in no bracket and no quotes. Undefined when the brackets do not match. */
function topLevel(text: string, wanted: string): number[] | undefined {
  const places: number[] = [];
  const open: string[] = [];
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote) {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (OPEN.includes(character)) {
      open.push(character);
    } else if (CLOSE.includes(character)) {
      if (open.pop() !== OPEN[CLOSE.indexOf(character)]) return undefined;
    } else if (open.length === 0 && wanted.includes(character)) {
      places.push(index);
    }
  }
  return open.length === 0 && !quote ? places : undefined;
}

/** The expression without parentheses that enclose all of it. */
function unwrap(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed;
  const inner = trimmed.slice(1, -1);
  return topLevel(inner, '') === undefined ? trimmed : unwrap(inner);
}

/** The factors of a product or quotient; undefined for a sum, where no single denominator decides about the whole. */
function factors(expression: string): Factor[] | undefined {
  const text = unwrap(expression);
  const places = topLevel(text, '*/');
  const sums = topLevel(text, '+-');
  // A sign at the very beginning is no sum; neither is the one of an exponent (`1e-3`).
  if (!places || !sums || sums.some((at) => at > 0 && !/\de$/i.test(text.slice(0, at)))) return undefined;
  const found: Factor[] = [];
  let from = 0;
  let inverse = false;
  for (const at of [...places, text.length]) {
    const part = text.slice(from, at).trim();
    const inner = inverse || unwrap(part) === part ? undefined : factors(part);
    if (inner && inner.length > 1) found.push(...inner);
    else found.push({ text: unwrap(part), inverse });
    inverse = text[at] === '/';
    from = at + 1;
  }
  return found;
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text));
}

/** Whether every query in the expression counts something: an absent point then means that there was nothing to count. */
function countsOnly(expression: string): boolean {
  const queries = expression.match(/[a-z_][\w.]*:[\w.]+\{[^}]*\}(\s*by\s*\{[^}]*\})?(\.\w+\([^)]*\))*/gi) ?? [];
  return queries.length > 0 && queries.every((q) => /\.as_(count|rate)\(\)/.test(q) || /^count:/i.test(q));
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
 * The denominator of a query that is one quotient of metrics (`a / b`, also with numbers as factors, parentheses and line breaks), and
 * whether both sides are counts. Undefined for everything else.
 */
export function quotientOf(query: string): { denominator: string; counts: boolean } | undefined {
  const all = factors(query)?.filter((factor) => !isNumber(factor.text));
  const below = all?.filter((factor) => factor.inverse) ?? [];
  const above = all?.filter((factor) => !factor.inverse) ?? [];
  const [denominator] = below;
  if (denominator === undefined || below.length > 1 || above.length === 0) return undefined;
  const counts = [...above, denominator].every((factor) => countsOnly(factor.text));
  return { denominator: denominator.text, counts };
}

/**
 * A query that makes points up where there is no data (`default_zero(…)`, `.fill(zero)`) shows nothing about whether data flows.
 * @returns the query without that, to be asked as the watermark; undefined when there is nothing to take away.
 */
export function withoutDefaults(query: string): string | undefined {
  const bare = query.replace(/\bdefault_zero\s*\(/gi, '(').replace(/\.fill\(\s*(?!null)[^)]*\)/gi, '');
  return bare === query ? undefined : unwrap(bare);
}
