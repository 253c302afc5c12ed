/** One condition on a label. A label that a series has not is the empty text, as in Prometheus. */
export interface LabelMatcher {
  label: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** Series of one metric: `http_requests_total{status=~"5.."}`. */
export interface TasksSelector {
  metric: string;
  matchers: LabelMatcher[];
}

/** How a gauge's values of one bucket become one. */
export type GaugeFunction = 'sum' | 'avg' | 'max' | 'min';

/** A query to the tasks: one number for each bucket, over all tasks of a version. */
export type TasksExpression =
  | { kind: 'number'; value: number }
  /** How much a counter grew within the bucket, summed over tasks and series. A selector alone means this. */
  | { kind: 'increase'; selector: TasksSelector }
  /** … for each second. */
  | { kind: 'rate'; selector: TasksSelector }
  | { kind: 'gauge'; by: GaugeFunction; selector: TasksSelector }
  /** Of a histogram's `_bucket` series, on what they grew within the bucket. */
  | { kind: 'quantile'; quantile: number; selector: TasksSelector }
  | { kind: 'operation'; operator: '+' | '-' | '*' | '/'; left: TasksExpression; right: TasksExpression };

/** Why a query cannot be read. */
export interface TasksQueryError {
  /** Counts from 0. */
  position: number;
  problem: string;
  /** What to write. */
  fix: string;
}

export type ParsedTasksQuery = { expression: TasksExpression } | { error: TasksQueryError };

interface Token {
  kind: 'name' | 'number' | 'text' | 'sign' | 'end';
  text: string;
  position: number;
}

class Unreadable extends Error {
  constructor(readonly found: TasksQueryError) {
    super(found.problem);
  }
}

const EXAMPLE = 'Write for example http_requests_total{status=~"5.."} / http_requests_total.';
const GAUGES: readonly string[] = ['sum', 'avg', 'max', 'min'];
const FUNCTIONS = 'increase, rate, sum, avg, max, min and histogram_quantile';
const TOKEN =
  /\s*(?:([a-zA-Z_:][a-zA-Z0-9_:]*)|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(=~|!~|!=|[-+*/(){},=[\]]))/y;
/** Nobody writes more, and each level of parentheses is one of the stack. */
const MOST_DEPTH = 50;

function fail(position: number, problem: string, fix: string): Unreadable {
  return new Unreadable({ position, problem, fix });
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const end = text.trimEnd().length;
  let index = 0;
  while (index < end) {
    TOKEN.lastIndex = index;
    const match = TOKEN.exec(text);
    if (!match) {
      const position = index + (/^\s*/.exec(text.slice(index))?.[0].length ?? 0);
      throw fail(position, `${JSON.stringify(text.charAt(position))} cannot be read here`, EXAMPLE);
    }
    const [whole, name, number, quoted, sign = ''] = match;
    const written = name ?? number ?? quoted ?? sign;
    const kind = name !== undefined ? 'name' : number !== undefined ? 'number' : quoted !== undefined ? 'text' : 'sign';
    found.push({ kind, text: written, position: index + whole.length - written.length });
    index += whole.length;
  }
  return [...found, { kind: 'end', text: '', position: end }];
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
}

/** The condition of a matcher as a test of a label's value: regular expressions match the whole value, as in Prometheus. */
export function matcherTest({ operator, value }: Pick<LabelMatcher, 'operator' | 'value'>): (text: string) => boolean {
  if (operator === '=') return (text) => text === value;
  if (operator === '!=') return (text) => text !== value;
  const pattern = new RegExp(`^(?:${value})$`, 's');
  return operator === '=~' ? (text) => pattern.test(text) : (text) => !pattern.test(text);
}

function readerOf(all: readonly Token[]) {
  let next = 0;
  const peek = (): Token => all[next] as Token;
  const take = (): Token => all[next++] as Token;
  const is = (text: string): boolean => peek().kind === 'sign' && peek().text === text;
  function expect(text: string, fix: string): Token {
    if (is(text)) return take();
    const found = peek().kind === 'end' ? 'the query ends' : `${peek().text} stands`;
    throw fail(peek().position, `${found} where ${text} is expected`, fix);
  }

  function matcher(): LabelMatcher {
    const label = take();
    const fix = 'Write label conditions as {status=~"5..",method!="GET"}.';
    if (label.kind !== 'name' || label.text.includes(':')) throw fail(label.position, 'a label name is missing', fix);
    const operator = take();
    if (operator.kind !== 'sign' || !['=', '!=', '=~', '!~'].includes(operator.text)) {
      throw fail(operator.position, `no =, !=, =~ or !~ after the label ${label.text}`, fix);
    }
    const value = take();
    if (value.kind !== 'text') throw fail(value.position, `the value of ${label.text} stands in no quotes`, fix);
    const read = {
      label: label.text,
      operator: operator.text as LabelMatcher['operator'],
      value: unquoted(value.text),
    };
    try {
      matcherTest(read);
    } catch {
      throw fail(
        value.position,
        `${value.text} is no regular expression`,
        'Escape what is meant literally: \\\\. for a dot.',
      );
    }
    return read;
  }

  function selector(): TasksSelector {
    const name = take();
    if (name.kind !== 'name') throw fail(name.position, 'a metric name is missing', EXAMPLE);
    const matchers: LabelMatcher[] = [];
    if (is('(')) {
      const why = GAUGES.includes(name.text) || ['rate', 'increase'].includes(name.text);
      throw why
        ? fail(
            name.position,
            `${name.text}(…) stands where only a selector can`,
            'Each function sums over all tasks and series already: leave the outer one out.',
          )
        : fail(name.position, `there is no function ${name.text}`, `There are ${FUNCTIONS}.`);
    }
    if (is('{')) {
      take();
      while (!is('}')) {
        matchers.push(matcher());
        if (!is(',')) break;
        take();
      }
      expect('}', 'Close the label conditions with }.');
    }
    if (is('[')) {
      throw fail(
        peek().position,
        'a range cannot be given',
        'Leave it out: the range is the bucket, as long as the metric’s resolution.',
      );
    }
    return { metric: name.text, matchers };
  }

  function quantile(): TasksExpression {
    const number = take();
    const value = Number(number.text);
    const fix = 'Write histogram_quantile(0.95, http_request_duration_seconds_bucket).';
    if (number.kind !== 'number' || value > 1)
      throw fail(number.position, 'the quantile is no number from 0 to 1', fix);
    expect(',', fix);
    const { position } = peek();
    const of = selector();
    if (!of.metric.endsWith('_bucket')) throw fail(position, `${of.metric} is no histogram's _bucket series`, fix);
    return { kind: 'quantile', quantile: value, selector: of };
  }

  function called(name: string): TasksExpression | undefined {
    if (name === 'increase' || name === 'rate') return { kind: name, selector: selector() };
    if (GAUGES.includes(name)) return { kind: 'gauge', by: name as GaugeFunction, selector: selector() };
    return name === 'histogram_quantile' ? quantile() : undefined;
  }

  function factor(depth: number): TasksExpression {
    if (depth > MOST_DEPTH) throw fail(peek().position, 'the parentheses are too deep', 'Write it simpler.');
    if (is('-')) {
      take();
      const zero: TasksExpression = { kind: 'number', value: 0 };
      return { kind: 'operation', operator: '-', left: zero, right: factor(depth + 1) };
    }
    if (is('(')) {
      take();
      const inner = sum(depth + 1);
      expect(')', 'Close the parenthesis.');
      return inner;
    }
    const token = peek();
    if (token.kind === 'number') return { kind: 'number', value: Number(take().text) };
    if (token.kind !== 'name') {
      const found = token.kind === 'end' ? 'the query ends' : `${token.text} stands`;
      throw fail(token.position, `${found} where a metric is expected`, EXAMPLE);
    }
    if (all[next + 1]?.text === '(') {
      const name = take().text;
      take();
      const call = called(name);
      if (!call) throw fail(token.position, `there is no function ${name}`, `There are ${FUNCTIONS}.`);
      expect(')', `Close ${name}( with ) behind its selector.`);
      return call;
    }
    return { kind: 'increase', selector: selector() };
  }

  function chain(signs: readonly string[], operand: () => TasksExpression): TasksExpression {
    let left = operand();
    while (peek().kind === 'sign' && signs.includes(peek().text)) {
      const operator = take().text as '+' | '-' | '*' | '/';
      left = { kind: 'operation', operator, left, right: operand() };
    }
    return left;
  }

  function sum(depth: number): TasksExpression {
    return chain(['+', '-'], () => chain(['*', '/'], () => factor(depth)));
  }

  return function whole(): TasksExpression {
    const expression = sum(0);
    const rest = peek();
    if (rest.kind !== 'end') throw fail(rest.position, `${rest.text} follows the end of the query`, EXAMPLE);
    return expression;
  };
}

/** The selectors of an expression, in order. */
export function selectorsOf(expression: TasksExpression): TasksSelector[] {
  if (expression.kind === 'number') return [];
  if (expression.kind !== 'operation') return [expression.selector];
  return [...selectorsOf(expression.left), ...selectorsOf(expression.right)];
}

/**
 * Reads a query to the tasks: selectors, `increase`, `rate`, `sum`, `avg`, `max`, `min`, `histogram_quantile`, and + - * / with numbers
 * and parentheses. It is a part of PromQL without ranges and grouping: a bucket is the range, and all tasks of a version are one.
 */
export function parseTasksQuery(text: string): ParsedTasksQuery {
  try {
    const expression = readerOf(tokens(text))();
    if (selectorsOf(expression).length === 0) throw fail(0, 'the query names no metric', EXAMPLE);
    return { expression };
  } catch (error) {
    if (error instanceof Unreadable) return { error: error.found };
    throw error;
  }
}

/** The names of samples that an expression needs, each once. */
export function metricsOfExpression(expression: TasksExpression): string[] {
  return [...new Set(selectorsOf(expression).map(({ metric }) => metric))];
}

/** The names of samples that a query needs, each once; none of one that cannot be read. */
export function metricsOfTasksQuery(text: string): string[] {
  const parsed = parseTasksQuery(text);
  return 'expression' in parsed ? metricsOfExpression(parsed.expression) : [];
}

function isCounter(expression: TasksExpression): expression is TasksCounter {
  return expression.kind === 'increase' || expression.kind === 'rate';
}

/** A counter of a task, as how much it grew or how fast. */
export type TasksCounter = Extract<TasksExpression, { kind: 'increase' | 'rate' }>;

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** How much a counter grew, as a query. */
export function writeCounter({ selector: { metric, matchers } }: TasksCounter): string {
  if (matchers.length === 0) return metric;
  return `${metric}{${matchers.map(({ label, operator, value }) => `${label}${operator}${quoted(value)}`).join(',')}}`;
}

/** The two counters of a query that divides one by the other; undefined for every other query. */
export function countersOfQuotient(
  expression: TasksExpression,
): { numerator: TasksCounter; denominator: TasksCounter } | undefined {
  if (expression.kind !== 'operation' || expression.operator !== '/') return undefined;
  const { left, right } = expression;
  return isCounter(left) && isCounter(right) ? { numerator: left, denominator: right } : undefined;
}
