import type { PairLook, SideSeries } from '../../analysis/side-buckets.js';
import type { ComparedMetric, SeriesName, Variant, VariantPlaces, VariantQueries } from '../../model/metric.js';
import { fillPlaceholders } from './placeholders.js';
import type { MetricSourceClient, WantedSeries } from './source.js';

const NAMES: readonly SeriesName[] = ['value', 'errors', 'requests', 'watermark'];

type WantedSide = 'canary' | 'reference' | 'history';

function wantedOf(side: WantedSide, variant: Variant, queries: VariantQueries, places: VariantPlaces): WantedSeries[] {
  const place = places.taskSets?.[variant];
  return NAMES.flatMap((name) => {
    const query = queries[name];
    if (query === undefined) return [];
    return [
      { id: `${side}.${name}`, query: fillPlaceholders(query, variant, places), variant, ...(place && { place }) },
    ];
  });
}

/**
 * All series that a metric needs of a source, of both versions, so that they show the same moment.
 * @param withHistory also what is only read of the time before, where that is another version's
 */
export function seriesOf(metric: ComparedMetric, places: VariantPlaces, withHistory = false): WantedSeries[] {
  const { reference, history } = metric;
  // What an earlier version did was kept as evidence; nobody is asked for it.
  const other =
    reference && reference.variant !== 'previous'
      ? wantedOf('reference', reference.variant, reference.queries, places)
      : [];
  const before = withHistory && history ? wantedOf('history', 'primary', history, places) : [];
  return [...wantedOf('canary', 'canary', metric.canary, places), ...other, ...before];
}

/**
 * One look at both versions of a compared metric.
 * @throws SourceError when the source did not answer
 */
export async function readPair(
  metric: ComparedMetric,
  source: MetricSourceClient,
  asked: { from: number; now: number; cancelled: AbortSignal; places: VariantPlaces; withHistory?: boolean },
): Promise<PairLook> {
  const wanted = seriesOf(metric, asked.places, asked.withHistory);
  const { from, now, cancelled } = asked;
  const { series, bucket, at } = await source.read({
    wanted,
    from,
    now,
    cancelled,
    resolution: metric.resolution,
    timeout: metric.timeout,
  });
  const sideSeries = (side: WantedSide): SideSeries =>
    Object.fromEntries(
      NAMES.flatMap((name) => {
        const points = series[`${side}.${name}`];
        return points ? [[name, points] as const] : [];
      }),
    );
  return {
    canary: sideSeries('canary'),
    ...(metric.reference && { reference: sideSeries('reference') }),
    ...(asked.withHistory && metric.history && { history: sideSeries('history') }),
    query: wanted.map(({ id, query }) => `${id}: ${query}`).join('\n'),
    bucket,
    at,
  };
}
