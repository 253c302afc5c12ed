import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { parseTasksQuery, selectorsOf } from '../model/tasks-query.js';
import { runsAway } from './runaway.js';

const SHOWN = 20;

/** Refuses a query to the tasks that cannot be read: the place, and what to write. */
export function checkTasksQuery(reader: Reader, path: Path, query: string): void {
  const parsed = parseTasksQuery(query);
  if (!('error' in parsed)) {
    const wild = selectorsOf(parsed.expression)
      .flatMap(({ matchers }) => matchers)
      .find(({ operator, value }) => operator.endsWith('~') && runsAway(value));
    if (wild) {
      const message = `the expression ${JSON.stringify(wild.value)} may try for so long that the worker stands still`;
      reader.error(path, message, 'Write no repeat inside of a repeat, and at most three.');
    }
    return;
  }
  const { position, problem, fix } = parsed.error;
  const rest = query.slice(position, position + SHOWN);
  const place = rest === '' ? 'at its end' : `at “${rest}${query.length > position + SHOWN ? '…' : ''}”`;
  reader.error(path, `the query cannot be read ${place}: ${problem}`, fix);
}
