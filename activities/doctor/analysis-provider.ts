import { SOURCE_NAME } from '../../analysis/source-name.js';
import type { AnalysisProvider, TasksProvider } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import type { Clock } from '../context.js';
import { SourceError } from '../metrics/source.js';
import type { FindSource } from '../metrics/sources.js';
import type { Check } from '../people.js';
import { skewCheck } from './clock-skew.js';
import { withinLimit } from './time-limit.js';

const CALL_LIMIT = 5 * SECOND;
const RANGE = 15 * MINUTE;

/** A provider that can be asked at any time: tasks are there only while a deployment runs. */
type Askable = Exclude<AnalysisProvider, TasksProvider>;

/** A question that any account may ask and that costs little. */
const QUERY: Readonly<Record<Askable['type'], string>> = {
  DATADOG: 'sum:aws.applicationelb.request_count{*}.as_count()',
  CLOUDWATCH: 'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer)',
  PROMETHEUS: 'count(up)',
};

/** What a point of that question is data of. */
const DATA: Readonly<Record<Askable['type'], string>> = {
  DATADOG: 'data of load balancers',
  CLOUDWATCH: 'data of load balancers',
  PROMETHEUS: 'data of targets that it scrapes',
};

/** Where a provider is, for people. */
function placeOf(provider: Askable): string {
  return provider.type === 'CLOUDWATCH' ? provider.region : provider.address;
}

function question(provider: Askable): ThresholdMetric {
  return {
    strategy: 'THRESHOLD',
    name: 'doctor',
    provider: provider.name,
    source: provider.type,
    query: QUERY[provider.type],
    expected: { min: 0 },
    interval: RANGE,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: CALL_LIMIT,
    maxDelay: provider.maxDelay,
    resolution: provider.resolution,
    minMeasured: 0,
    errorLimit: 0,
    dryRun: false,
  };
}

function troubled(name: string, error: unknown, implied: boolean): Check {
  const detail = error instanceof Error ? error.message : String(error);
  if (implied) {
    return {
      name,
      ok: null,
      detail,
      fix: 'Mend it if a pipeline is to judge by CloudWatch; nobody configured this provider.',
    };
  }
  if (error instanceof SourceError && error.kind === 'refused') {
    return { name, ok: false, detail, fix: 'Mend what the message names, in the configuration or at the provider.' };
  }
  if (error instanceof SourceError && error.notBefore !== undefined) {
    return { name, ok: null, detail, fix: 'Run sluice doctor again later.' };
  }
  return { name, ok: false, detail, fix: "Check the provider's address, its status page and the worker's network." };
}

/** Asks a metrics provider one harmless question, as a measurement would. */
export async function examineAnalysisProvider(
  provider: AnalysisProvider,
  sources: FindSource,
  clock: Clock,
): Promise<Check[]> {
  const name = `${provider.name}: query`;
  if (provider.type === 'TASKS') {
    const port = provider.port ?? "the container's port";
    const detail = `Scrapes ${provider.path} at ${port} of the tasks of a deployment; none runs now that could be asked.`;
    return [
      { name, ok: null, detail, fix: 'Nothing, if no metric uses it. The tasks must let the worker in at that port.' },
    ];
  }
  const metric = question(provider);
  try {
    const now = clock.now();
    const look = await withinLimit(CALL_LIMIT, (cancelled) =>
      sources(metric).ask({ metric, from: now - RANGE, now, cancelled }),
    );
    const seen = `${look.points.length > 0 ? 'with' : 'without'} ${DATA[provider.type]}`;
    const answered = {
      name,
      ok: true,
      detail: `${SOURCE_NAME[provider.type]} (${placeOf(provider)}) answers, ${seen} in the last 15 minutes.`,
    };
    const skew = skewCheck(`${provider.name}: clock`, "the provider's clock", (now + clock.now()) / 2 - look.at);
    return skew.ok === true ? [answered] : [answered, skew];
  } catch (error) {
    return [troubled(name, error, provider.type === 'CLOUDWATCH' && provider.implied === true)];
  }
}
