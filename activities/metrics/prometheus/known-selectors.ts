import { RE2JS, RE2JSException } from 're2js';
import { z } from 'zod';
import { DAY, HOUR, type Millis } from '../../../model/duration.js';
import type { PrometheusProvider } from '../../../config/server.js';
import type { Metric } from '../../../model/metric.js';
import { writeSelector, type Selector } from '../../../model/prometheus-query.js';
import type { Matcher } from '../../../model/promql.js';
import { SourceError } from '../source.js';

/** How long what Prometheus said it knows is not asked for again. */
export const KNOWN_FOR: Millis = HOUR;
/** How far back a series is looked for: long enough for a service that seldom errs, and still few blocks. */
export const HISTORY: Millis = 7 * DAY;

/**
 * Asks for a list of names at a path below /api/v1, for the series that a selector matches.
 * @throws SourceError for everything that is no list
 */
export type AskNames = (path: string, selector: string) => Promise<string[]>;

export const NAMES = z.array(z.string());

/** Whether a selector can match no series because of this condition: `!=` and `!~` only take away. */
function narrows({ operator, value }: Matcher): boolean {
  const isPlaceholder = value.includes('{{');
  return (operator === '=' || operator === '=~') && value !== '' && !isPlaceholder;
}

function takes({ operator, value }: Matcher, candidate: string): boolean {
  if (operator === '=') return value === candidate;
  try {
    // Prometheus's own kind of expression: another would read some differently, and may never end.
    return RE2JS.compile(value, RE2JS.DOTALL).matches(candidate);
  } catch (error) {
    if (error instanceof RE2JSException) return false;
    throw error;
  }
}

/** Codes of failures in the way in which a label's other values write codes: 500 beside 200, 5xx beside 2xx. */
function codesLike(value: string): string[] {
  if (/^[1-5]\d\d$/.test(value)) return ['400', '404', '429', '499', '500', '502', '503', '504'];
  const [, rest] = /^[1-5](x+)$/i.exec(value) ?? [];
  return rest === undefined ? [] : [`4${rest}`, `5${rest}`];
}

/** Whether a condition is met by a value that the label has, or by a code of failure beside the codes that it has. */
function isPlausible(matcher: Matcher, values: readonly string[]): boolean {
  return [...values, ...values.flatMap(codesLike)].some((value) => takes(matcher, value));
}

/**
 * Looks for what a selector names, so that no series of it can be taken as nothing counted. The metric and its labels must be there; a
 * value that no series ever had must be a code of failure beside those that are there.
 * @returns what could not be seen; undefined when all is there
 * @throws SourceError `refused` when Prometheus denies the metric or a label
 */
export async function doubtOfSelector(metric: Metric, selector: Selector, ask: AskNames): Promise<string | undefined> {
  const { name, matchers } = selector;
  if (name === undefined) return undefined;
  const all = writeSelector({ name, matchers: [] });
  const known = { name, matchers: matchers.filter(({ value }) => !value.includes('{{')) };
  const isKnown = async (match: string): Promise<boolean> => (await ask('label/__name__/values', match)).includes(name);
  if (await isKnown(writeSelector(known))) return undefined;
  // VictoriaMetrics gives a list of labels for a metric that it does not have.
  if (known.matchers.length === 0 || !(await isKnown(all))) {
    throw new SourceError(
      'refused',
      `Prometheus has known no metric ${name} for 7 days: no value of it is not the same as none. ` +
        `Check its name in the query of ${metric.name}; a right one becomes known with its first value.`,
    );
  }
  const labels = await ask('labels', all);
  for (const matcher of matchers.filter(narrows)) {
    if (!labels.includes(matcher.label)) {
      const there = labels.filter((label) => label !== '__name__').slice(0, 10);
      throw new SourceError(
        'refused',
        `The metric ${name} has no label ${matcher.label} (it has ${there.join(', ') || 'none'}): the query of ${metric.name} ` +
          'selects nothing. Mend it in the file.',
      );
    }
    const values = await ask(`label/${encodeURIComponent(matcher.label)}/values`, all);
    if (isPlausible(matcher, values)) continue;
    const condition = `${matcher.label}${matcher.operator}${JSON.stringify(matcher.value)}`;
    return (
      `Nothing shows that ${condition} in the query of ${metric.name} is right: no series of ${name} had such a value in 7 days ` +
      `(there: ${values.slice(0, 5).join(', ')}). If it is right and no value means none, write emptyValue: 0.`
    );
  }
  return undefined;
}

/** Why a selector could be neither confirmed nor denied, and what helps. @param status of the answer */
export function unconfirmed({ name, address }: PrometheusProvider, selector: string, status: number): string {
  return (
    `Nothing shows that ${selector} is right: no value of it was seen, and the provider ${name} (${address}) does not tell of labels ` +
    `(it answered ${status}). Allow /api/v1/labels and /api/v1/label/…/values or, if it is right and no value means none, write emptyValue: 0.`
  );
}
