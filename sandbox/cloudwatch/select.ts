import { validationError } from '../aws/aws-error.js';
import type { Dimensions } from './metric.js';

/** A query of Metrics Insights. */
export interface Select {
  stat: string;
  metric: string;
  namespace: string;
  /** Only metrics with exactly these dimensions; undefined: with whichever. */
  schema?: string[];
  where: { label: string; value: string; not: boolean }[];
  groupBy: string[];
}

const STATS: Readonly<Record<string, string>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};
const WHOLE =
  /^SELECT\s+(AVG|COUNT|MAX|MIN|SUM)\s*\(\s*("[^"]+"|\w+)\s*\)\s+FROM\s+(?:SCHEMA\s*\(([^)]*)\)|("[^"]+"|[\w.]+))(?:\s+WHERE\s+(.+?))?(?:\s+GROUP\s+BY\s+(.+?))?\s*$/is;
const CONDITION = /^("[^"]+"|\w+)\s*(=|!=)\s*'([^']*)'$/;

function bare(name: string): string {
  return name.trim().replace(/^"|"$/g, '');
}

/**
 * Reads a SELECT with SCHEMA, WHERE (joined by AND) and GROUP BY. ORDER BY and LIMIT are not known here.
 *
 * @throws AwsError - ValidationError where it cannot be read
 */
export function parseSelect(id: string, text: string): Select {
  const found = WHOLE.exec(text.trim());
  if (!found) throw validationError(`Error in expression '${id}': Invalid query`);
  const [, stat = '', metric = '', schema, namespace, where, groupBy = ''] = found;
  const [of = '', ...labels] = (schema ?? namespace ?? '').split(',').map(bare);
  return {
    stat: STATS[stat.toUpperCase()] ?? 'Sum',
    metric: bare(metric),
    namespace: of,
    ...(schema !== undefined && { schema: labels }),
    where: (where?.split(/\s+AND\s+/i) ?? []).map((condition) => {
      const [, label, operator, value = ''] = CONDITION.exec(condition.trim()) ?? [];
      if (label === undefined) throw validationError(`Error in expression '${id}': Invalid WHERE`);
      return { label: bare(label), value, not: operator === '!=' };
    }),
    groupBy: groupBy
      .split(',')
      .map(bare)
      .filter((label) => label !== ''),
  };
}

/** Whether a metric with these dimensions is among those that the query adds up. */
export function isSelected({ schema, where }: Select, dimensions: Dimensions): boolean {
  const names = Object.keys(dimensions);
  if (schema && (names.length !== schema.length || !schema.every((label) => names.includes(label)))) return false;
  return where.every(({ label, value, not }) => label in dimensions && (dimensions[label] === value) !== not);
}
