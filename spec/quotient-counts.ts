import type { Expression } from '../model/cloudwatch-math.js';
import { mathText } from '../model/cloudwatch-math.js';
import { cloudWatchQuotient, parseCloudWatchQuery, withoutFill } from '../model/cloudwatch-query.js';
import { isSeveral, oneLine, quotientOf, withoutDefaults } from '../model/datadog-query.js';
import type { MetricSource } from '../model/metric.js';
import { countsOfQuotient } from '../model/prometheus-query.js';
import { countersOfQuotient, parseTasksQuery, writeCounter } from '../model/tasks-query.js';

/** The two counts of a rate of errors, as queries. */
export interface Counts {
  errors: string;
  requests: string;
}

const VARIABLE = /\{\{.*?\}\}/gs;

/**
 * The two counts that a query divides, where one count without a point is known to mean none (`Absence` ZERO): judged as counts they
 * are exact at any traffic, where the points of their quotient are few and coarse. Variables of a template may stand in it.
 * @returns undefined for every other query, and for sources whose quotients are not known
 */
export function countsOf(query: string, source: MetricSource): Counts | undefined {
  const take = TAKERS[source];
  // The braces of a variable would end a filter for those who read the query.
  const variables: string[] = [];
  const plain = query.replace(VARIABLE, (variable) => {
    const known = variables.indexOf(variable);
    return `templated${known < 0 ? variables.push(variable) - 1 : known}variable`;
  });
  const counts = take?.(plain);
  if (!counts) return undefined;
  const put = (text: string): string =>
    text.replace(/templated(\d+)variable/g, (word, index: string) => variables[Number(index)] ?? word);
  return { errors: put(counts.errors), requests: put(counts.requests) };
}

function datadogCounts(query: string): Counts | undefined {
  const line = oneLine(query);
  const { numerator, denominator, absence } = isSeveral(line) ? {} : (quotientOf(line) ?? {});
  if (absence !== 'ZERO' || numerator === undefined || denominator === undefined) return undefined;
  // Requests that are made up would show that data flows where it does not.
  return { errors: numerator, requests: withoutDefaults(denominator) ?? denominator };
}

function bare(expression: Expression): Expression {
  return expression.kind === 'group' ? bare(expression.of) : expression;
}

function cloudWatchCounts(query: string): Counts | undefined {
  const read = parseCloudWatchQuery(query);
  if (read.kind !== 'math') return undefined;
  const filled = withoutFill(read) ?? read;
  if (cloudWatchQuotient(filled)?.absence !== 'ZERO') return undefined;
  const whole = bare(filled.expression);
  // A number beside them would be a factor of the rate.
  if (whole.kind !== 'operation' || whole.operator !== '/' || bare(whole.left).kind !== 'term') return undefined;
  return { errors: mathText(bare(whole.left)), requests: mathText(bare(whole.right)) };
}

function tasksCounts(query: string): Counts | undefined {
  const parsed = parseTasksQuery(query);
  const counters = 'expression' in parsed && countersOfQuotient(parsed.expression);
  if (!counters) return undefined;
  return { errors: writeCounter(counters.numerator), requests: writeCounter(counters.denominator) };
}

const TAKERS: Readonly<Partial<Record<MetricSource, (query: string) => Counts | undefined>>> = {
  DATADOG: datadogCounts,
  CLOUDWATCH: cloudWatchCounts,
  PROMETHEUS: countsOfQuotient,
  TASKS: tasksCounts,
};

/** What does not stand in quotes, braces or a name of CloudWatch: operators, if any are there. */
function isCompound(text: string): boolean {
  const outside = text
    .replace(VARIABLE, '')
    .replace(/"[^"]*"|'[^']*'|\{[^{}]*\}/g, '')
    .replace(/\w+:[\w/#:-]+(?=\.)/g, '');
  return /[-+*/%^]|\b(and|or|unless)\b/i.test(outside);
}

/** Two counts as the one query of their quotient, for sources that divide and for people. */
export function quotientText({ errors, requests }: Counts): string {
  const [above, below] = [errors, requests].map((text) => (isCompound(text) ? `(${text.trim()})` : text.trim()));
  return `${above ?? ''} / ${below ?? ''}`;
}
