import { z } from 'zod';
import type { DatadogProvider } from '../../../config/server.js';
import { formulasOf } from '../../../model/datadog-query.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import type { Head } from '../rate-limit.js';
import { SourceError } from '../source.js';
import { configurationOf, type Keys } from './connection.js';
import { errorInside, unknownShape, type Series } from './decode.js';
import { joined, type DatadogRequest } from './request.js';

/** What we read of TimeseriesFormulaQueryResponse, in the spelling of Datadog's client. The rest is left alone. */
const ERRORS = z.string().nullish();
const ANSWER = z.object({
  errors: ERRORS,
  data: z
    .object({
      // Undeclared members are kept by the client under this name.
      additionalProperties: z.object({ errors: ERRORS }).optional(),
      attributes: z
        .object({
          series: z
            .array(
              z.object({
                groupTags: z.array(z.string()).nullish(),
                queryIndex: z.number().int().nonnegative().optional(),
              }),
            )
            .default([]),
          times: z.array(z.number()).default([]),
          values: z.array(z.array(z.number().nullable())).default([]),
        })
        .optional(),
    })
    .optional(),
});

/** Loaded where a provider asks for it: it costs 1.5 s and 103 MB (aws-emulators.md §6). */
export async function loadTimeseries() {
  const { MetricsApi } =
    await import('@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/MetricsApi.js');
  return MetricsApi;
}

/** The time between two points in ms: the answer does not tell the length of its buckets. */
function bucketOf(times: readonly number[]): Millis | undefined {
  let shortest = Infinity;
  for (const [index, at] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined && at > before) shortest = Math.min(shortest, at - before);
  }
  return Number.isFinite(shortest) ? shortest : undefined;
}

/**
 * The series of an answer of `POST /api/v2/query/timeseries`.
 * @param body what the client made of the answer; not trusted
 * @throws SourceError when the answer is an error in spite of its 200, or has a shape that is not known
 */
export function readTimeseries(body: unknown, queries: number): Series[] {
  const parsed = ANSWER.safeParse(body);
  if (!parsed.success) throw unknownShape(parsed.error);
  const { data } = parsed.data;
  const errors = parsed.data.errors ?? data?.additionalProperties?.errors;
  if (errors) throw errorInside(errors);
  if (!data?.attributes) throw new SourceError('transient', 'The answer is not one of Datadog: it has no data.');

  const { series, times, values } = data.attributes;
  if (queries > 1 && series.some((each) => each.queryIndex === undefined)) {
    throw new SourceError('transient', "Datadog's answer does not say which query its series belong to.");
  }
  if (values.length !== series.length || values.some((each) => each.length > times.length)) {
    throw new SourceError('transient', "Datadog's answer does not have one time for each value.");
  }
  const bucket = bucketOf(times);
  return series.map(({ groupTags, queryIndex }, index) => ({
    ...(queryIndex !== undefined && { queryIndex }),
    ...(bucket !== undefined && { bucket }),
    scope: groupTags?.join(',') ?? '',
    pointlist: times.map((at, place): [number, number | null] => [at, values[index]?.[place] ?? null]),
  }));
}

/**
 * Asks `POST /api/v2/query/timeseries`: a formula for each query, over the metrics that they name.
 * @param timeout in ms
 * @param seen hears of the answer's head
 * @throws SourceError as `readTimeseries`, and what the client or the connection throws
 */
export async function sendTimeseries(
  provider: DatadogProvider,
  keys: Keys,
  request: DatadogRequest,
  timeout: number,
  seen: (head: Head) => void,
): Promise<Series[]> {
  const { formulas, queries } = formulasOf(request.queries);
  if (queries.length === 0) {
    throw new SourceError(
      'refused',
      `The query ${joined(request)} names no metric. Write sum:metric{tag:value}, for example.`,
    );
  }
  const MetricsApi = await loadTimeseries();
  const api = new MetricsApi(configurationOf(provider, keys, timeout, seen));
  /* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- the client's examples give literals too: it reads members alone */
  const body: unknown = await api.queryTimeseriesData({
    body: {
      data: {
        type: 'timeseries_request',
        attributes: {
          from: request.from * SECOND,
          to: request.to * SECOND,
          interval: request.interval,
          formulas: formulas.map((formula) => ({ formula })),
          queries: queries.map(({ name, query }) => ({ dataSource: 'metrics', name, query })),
        },
      },
    },
  });
  /* eslint-enable @typescript-eslint/no-unsafe-class-instance-assignment */
  return readTimeseries(body, formulas.length);
}
