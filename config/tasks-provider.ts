import { z } from 'zod';
import { duration } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND } from '../model/duration.js';
import { name } from './part.js';
import type { AnalysisProvider, TasksProvider } from './server.js';

/** The provider that is there without any configuration. */
const ALWAYS_THERE = 'tasks';

/** The fields of a provider of type TASKS, and the defaults for its metrics. */
export const tasksFields = {
  path: name.regex(/^\/\S*$/, { error: 'must be a path such as /metrics' }).optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  scrapeInterval: duration.optional(),
  timeout: duration.optional(),
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
};

export const tasksSchema = z.object(tasksFields);

/** The provider that these fields make; says what does not fit together. */
export function tasksProvider(
  reader: Reader,
  path: Path,
  providerName: string,
  values: z.output<typeof tasksSchema>,
): TasksProvider {
  const provider = tasksProviderOf(providerName, values);
  const { scrapeInterval, resolution, delay, maxDelay } = provider;
  if (scrapeInterval !== undefined && scrapeInterval > resolution) {
    const message = 'scrapeInterval is longer than resolution: a bucket would have no scrape at its edges';
    reader.error([...path, 'scrapeInterval'], message, 'Make resolution two scrapes or more.');
  }
  if (delay !== undefined && delay > maxDelay) {
    const message = 'delay is longer than maxDelay: every window would be given up before its data is expected';
    reader.error([...path, 'delay'], message, 'Make maxDelay the longer one.');
  }
  return provider;
}

function tasksProviderOf(providerName: string, values: z.output<typeof tasksSchema>): TasksProvider {
  return {
    name: providerName,
    type: 'TASKS',
    path: values.path ?? '/metrics',
    ...written({ port: values.port, scrapeInterval: values.scrapeInterval || undefined, delay: values.delay }),
    timeout: values.timeout || 2 * SECOND,
    maxDelay: values.maxDelay || MINUTE,
    resolution: values.resolution || 10 * SECOND,
  };
}

/** The provider that is there without any configuration, unless its name is taken: it needs nothing that was to be configured. */
export function impliedTasks(configured: readonly AnalysisProvider[]): TasksProvider[] {
  return configured.some(({ name: taken }) => taken === ALWAYS_THERE) ? [] : [tasksProviderOf(ALWAYS_THERE, {})];
}
