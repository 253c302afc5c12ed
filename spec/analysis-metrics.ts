import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Metric } from '../model/metric.js';
import { fromTemplate, namesTemplate, type TemplateList } from './analysis-template.js';
import { readHttpCheck } from './http-check.js';
import { readMetric, type MetricContext } from './metric.js';
import { metricName } from './metric-fields.js';

const READ = { metrics: readMetric, https: readHttpCheck } as const;

/** Reads what an ANALYSIS judges: its `metrics` and its `https`, each written there or taken from a template. */
export function readJudged(
  reader: Reader,
  lists: Readonly<Record<TemplateList, readonly unknown[]>>,
  path: Path,
  context: MetricContext,
): Metric[] {
  const at = [...path, 'metrics'];
  const written = lists.metrics.length + lists.https.length;
  if (written === 0) {
    reader.error(at, 'the stage has no metrics: it would judge nothing', 'Add a metric, or delete the stage.');
  }
  const read: Metric[] = [];
  for (const list of ['metrics', 'https'] as const) {
    for (const [i, value] of lists[list].entries()) {
      const item = [...path, list, i];
      const metric = readItem(reader, value, item, list, i, read, context);
      if (!metric) continue;
      if (read.some(({ name }) => name === metric.name)) {
        reader.error([...item, 'name'], `a second metric is named "${metric.name}"`, 'Give each its own name.');
      }
      read.push(metric);
    }
  }
  if (read.length > 0 && read.length === written && read.every(({ dryRun }) => dryRun)) {
    reader.warning(at, 'every metric is a dry run: nothing here can stop the deployment', 'Delete dryRun from one.');
  }
  return read;
}

function readItem(
  reader: Reader,
  value: unknown,
  path: Path,
  list: TemplateList,
  index: number,
  before: readonly Metric[],
  context: MetricContext,
): Metric | undefined {
  const numbered = `${list}-${index}`;
  if (!namesTemplate(value)) return READ[list](reader, value, path, numbered, context);
  const template = fromTemplate(reader, value, path, list, context.templates);
  if (!template) return undefined;
  const free = metricName.safeParse(template.name).success && before.every(({ name }) => name !== template.name);
  return READ[list](template.reader, template.value, template.path, free ? template.name : numbered, {
    ...context,
    appCustomArgs: { ...context.appCustomArgs, ...template.appArgs },
  });
}
