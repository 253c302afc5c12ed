import { validationError } from '../aws/aws-error.js';

/** Metric math, as far as the sandbox computes it. Names are ids of other entries of the question. */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'id'; id: string }
  | { kind: 'word'; word: string }
  | { kind: 'list'; items: Expression[] }
  | { kind: 'call'; name: string; given: Expression[] }
  | { kind: 'operation'; operator: string; left: Expression; right: Expression };

const LEVELS = [/\|\||OR\b/iy, /&&|AND\b/iy, /==|!=|<=|>=|<|>/y, /[+-]/y, /[*/]/y, /\^/y];
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
const NAME = /[a-z]\w*/iy;

/**
 * Reads an expression.
 *
 * @param id - of the entry that has it, for the message
 * @throws AwsError - ValidationError, as AWS refuses it
 */
export function parseMath(id: string, text: string): Expression {
  let at = 0;
  const expression = level(0);
  if (at < text.length) throw refuse();
  return expression;

  function level(depth: number): Expression {
    const operators = LEVELS[depth];
    if (!operators) return operand();
    let left = level(depth + 1);
    for (let found = take(operators); found !== undefined; found = take(operators)) {
      left = { kind: 'operation', operator: found.toUpperCase(), left, right: level(depth + 1) };
    }
    return left;
  }

  function operand(): Expression {
    space();
    if (text[at] === '-') {
      at += 1;
      return { kind: 'operation', operator: '-', left: { kind: 'number', value: 0 }, right: operand() };
    }
    if (text[at] === '(') {
      const [inner, ...others] = items(')');
      if (!inner || others.length > 0) throw refuse();
      return inner;
    }
    if (text[at] === '[') return { kind: 'list', items: items(']') };
    const number = take(NUMBER);
    if (number !== undefined) return { kind: 'number', value: Number(number) };
    const name = take(NAME);
    if (name === undefined) throw refuse();
    space();
    if (text[at] === '(') return { kind: 'call', name: name.toUpperCase(), given: items(')') };
    return /^[a-z]/.test(name) ? { kind: 'id', id: name } : { kind: 'word', word: name };
  }

  function items(close: string): Expression[] {
    at += 1;
    const found: Expression[] = [];
    space();
    while (text[at] !== close) {
      if (found.length > 0) {
        if (text[at] !== ',') throw refuse();
        at += 1;
      }
      found.push(level(0));
      space();
    }
    at += 1;
    space();
    return found;
  }

  function take(pattern: RegExp): string | undefined {
    space();
    const sticky = new RegExp(pattern.source, pattern.flags);
    sticky.lastIndex = at;
    const found = sticky.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    space();
    return found;
  }

  function space(): void {
    while (/\s/.test(text[at] ?? '')) at += 1;
  }

  function refuse(): Error {
    return validationError(`Error in expression '${id}': Syntax error at '${text.slice(at, at + 20)}'`);
  }
}
