const OPEN = '([{';
const CLOSE = ')]}';

/** One factor of a product or quotient. */
export interface Factor {
  text: string;
  /** Divides instead of multiplying. */
  inverse: boolean;
}

/** The places of `wanted` characters that stand in no bracket and no quotes. Undefined when the brackets do not match. */
export function topLevel(text: string, wanted: string): number[] | undefined {
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
export function unwrap(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return trimmed;
  const inner = trimmed.slice(1, -1);
  return topLevel(inner, '') === undefined ? trimmed : unwrap(inner);
}

/** The factors of a product or quotient; undefined for a sum, where no single denominator decides about the whole. */
export function factors(expression: string): Factor[] | undefined {
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

/** Whether a factor is a number and no query. */
export function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text));
}
