import { validationError } from '../aws/aws-error.js';
import type { Expression } from './math.js';
import { isSeries, isSeveral, periodsOf, type Labelled, type Series, type Span, type Value } from './series.js';

/** What evaluating needs: the time asked for, the values behind the ids, and where it is told that a value fell out. */
export interface Scope {
  /** Id of the entry that is evaluated. */
  id: string;
  span: Span;
  valueOf: (id: string) => Value;
  dropped: () => void;
}

type Operator = (left: number, right: number) => number;

const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
  '||': (left, right) => Number(left !== 0 || right !== 0),
};

const OF_EACH: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

const REDUCERS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
};

/** The value of an expression. A side without a point at a time leaves the result without one there. @throws AwsError */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'id':
      return scope.valueOf(expression.id);
    case 'word':
      throw refuse(scope, `Unsupported operand ${expression.word}`);
    case 'list':
      return expression.items.flatMap((item, index) => labelled(evaluate(item, scope), String(index), scope));
    case 'operation': {
      const operator = OPERATORS[expression.operator];
      if (!operator) throw refuse(scope, `Unsupported operator ${expression.operator}`);
      return combine(evaluate(expression.left, scope), evaluate(expression.right, scope), operator, scope);
    }
    case 'call':
      return call(expression.name, expression.given, scope);
  }
}

function call(name: string, given: readonly Expression[], scope: Scope): Value {
  const [first, second, third] = given;
  if (!first) throw refuse(scope, `${name} needs an operand`);
  const reduce = REDUCERS[name];
  if (reduce) return reduced(evaluate(first, scope), reduce);
  const each = OF_EACH[name];
  if (each) return combine(evaluate(first, scope), 0, each, scope);
  if (name === 'FILL' && second) return fill(evaluate(first, scope), second, scope);
  if (name === 'IF' && second) {
    return choose(evaluate(first, scope), evaluate(second, scope), third && evaluate(third, scope), scope);
  }
  throw refuse(scope, `Unsupported function ${name}`);
}

function labelled(value: Value, label: string, scope: Scope): readonly Labelled[] {
  if (isSeveral(value)) return value;
  return [{ label, series: isSeries(value) ? value : constant(value, scope) }];
}

function constant(value: number, { span }: Scope): Series {
  return new Map(periodsOf(span).map((at) => [at, value]));
}

function combine(left: Value, right: Value, operator: Operator, scope: Scope): Value {
  if (isSeveral(left))
    return left.map((each) => ({ ...each, series: one(combine(each.series, right, operator, scope)) }));
  if (isSeveral(right))
    return right.map((each) => ({ ...each, series: one(combine(left, each.series, operator, scope)) }));
  if (!isSeries(left) && !isSeries(right)) return operator(left, right);
  const times = isSeries(left) ? left.keys() : (right as Series).keys();
  const result = new Map<number, number>();
  for (const at of times) {
    const a = isSeries(left) ? left.get(at) : left;
    const b = isSeries(right) ? right.get(at) : right;
    if (a === undefined || b === undefined) continue;
    const value = operator(a, b);
    if (Number.isFinite(value)) result.set(at, value);
    else scope.dropped();
  }
  return result;
}

/** A series alone is reduced to a number, several to one series. */
function reduced(value: Value, reduce: (values: readonly number[]) => number): Value {
  if (typeof value === 'number') return value;
  if (isSeries(value)) return reduce([...value.values()]);
  const times = [...new Set(value.flatMap(({ series }) => [...series.keys()]))].sort((a, b) => a - b);
  return new Map(times.map((at) => [at, reduce(value.flatMap(({ series }) => series.get(at) ?? []))]));
}

/** All periods of the question have a value then, those too whose data has not arrived. */
function fill(value: Value, by: Expression, scope: Scope): Value {
  if (isSeveral(value)) return value.map((each) => ({ ...each, series: one(fill(each.series, by, scope)) }));
  if (!isSeries(value)) return value;
  if (by.kind === 'word' && by.word !== 'REPEAT') throw refuse(scope, `Unsupported FILL ${by.word}`);
  const filler = by.kind === 'word' ? undefined : evaluate(by, scope);
  if (filler !== undefined && typeof filler !== 'number') throw refuse(scope, 'FILL takes a number');
  const result = new Map<number, number>();
  let last: number | undefined;
  for (const at of periodsOf(scope.span)) {
    last = value.get(at) ?? filler ?? last;
    if (last !== undefined) result.set(at, last);
  }
  return result;
}

function choose(condition: Value, then: Value, otherwise: Value | undefined, scope: Scope): Value {
  if (isSeveral(condition) || isSeveral(then) || (otherwise !== undefined && isSeveral(otherwise))) {
    throw refuse(scope, 'IF takes no array here');
  }
  const when = isSeries(condition) ? condition : constant(condition, scope);
  const result = new Map<number, number>();
  for (const [at, holds] of when) {
    const side = holds !== 0 ? then : otherwise;
    const value = typeof side === 'number' ? side : side?.get(at);
    if (value !== undefined) result.set(at, value);
  }
  return result;
}

function one(value: Value): Series {
  if (isSeries(value)) return value;
  throw new Error('an operation on a series gave something else');
}

function refuse({ id }: Scope, words: string): Error {
  return validationError(`Error in expression '${id}': ${words}`);
}
