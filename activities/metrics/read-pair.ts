import type { PairLook, SideSeries } from '../../analysis/side-buckets.js';
import type { ComparedMetric, SeriesName, Variant, VariantPlaces, VariantQueries } from '../../model/metric.js';
import { fillPlaceholders } from './placeholders.js';
import type { MetricSourceClient, WantedSeries } from './source.js';

const NAMES: readonly SeriesName[] = ['value', 'errors', 'requests', 'watermark'];

function wantedOf(
  side: 'canary' | 'reference',
  variant: Variant,
  queries: VariantQueries,
  places: VariantPlaces,
): WantedSeries[] {
  const place = places.taskSets?.[variant];
  return NAMES.flatMap((name) => {
    const query = queries[name];
    if (query === undefined) return [];
    return [
      { id: `${side}.${name}`, query: fillPlaceholders(query, variant, places), variant, ...(place && { place }) },
    ];
  });
}

/** All series that a metric needs of a source, of both versions, so that they show the same moment. */
export function seriesOf(metric: ComparedMetric, places: VariantPlaces): WantedSeries[] {
  const { reference } = metric;
  // What an earlier version did was kept as evidence; nobody is asked for it.
  const other =
    reference && reference.variant !== 'previous'
      ? wantedOf('reference', reference.variant, reference.queries, places)
      : [];
  return [...wantedOf('canary', 'canary', metric.canary, places), ...other];
}

/**
 * One look at both versions of a compared metric.
 * @throws SourceError when the source did not answer
 */
export async function readPair(
  metric: ComparedMetric,
  source: MetricSourceClient,
  asked: { from: number; now: number; cancelled: AbortSignal; places: VariantPlaces },
): Promise<PairLook> {
  const wanted = seriesOf(metric, asked.places);
  const { from, now, cancelled } = asked;
  const { series, bucket, at } = await source.read({
    wanted,
    from,
    now,
    cancelled,
    resolution: metric.resolution,
    timeout: metric.timeout,
  });
  const sideSeries = (side: 'canary' | 'reference'): SideSeries =>
    Object.fromEntries(
      NAMES.flatMap((name) => {
        const points = series[`${side}.${name}`];
        return points ? [[name, points] as const] : [];
      }),
    );
  return {
    canary: sideSeries('canary'),
    ...(metric.reference && { reference: sideSeries('reference') }),
    query: wanted.map(({ id, query }) => `${id}: ${query}`).join('\n'),
    bucket,
    at,
  };
}
