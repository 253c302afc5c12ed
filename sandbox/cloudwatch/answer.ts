import { AwsError, validationError } from '../aws/aws-error.js';
import { pageOf } from '../aws/page.js';
import { read, type Operations } from '../aws/operation.js';
import { worldTime, type Cloud } from '../cloud/cloud.js';
import { SECOND, bucketLength } from '../cloud/times.js';
import { takeMetricsFaults, type MetricsFault } from '../panel/fault.js';
import { evaluate } from './evaluate.js';
import { parseMath } from './math.js';
import { listedMetrics, NAMESPACE, seriesOf, type Arrived, type Dimensions } from './metric.js';
import { byId, checkQuestion, dataInput, listInput, parseInput, type Entry, type Question } from './question.js';
import { isSelected, parseSelect } from './select.js';
import { isStatistic } from './statistic.js';
import { isSeries, isSeveral, periodsOf, type Labelled, type Series, type Span, type Value } from './series.js';

/** As many as a page of ListMetrics has. */
const LISTED = 500;

interface Result {
  Id: string;
  Label: string;
  points: [number, number][];
  messages: { Code: string; Value: string }[];
}

function refusalOf(faults: readonly MetricsFault[]): AwsError | undefined {
  if (faults.some(({ refuseKey }) => refuseKey)) {
    return new AwsError('AccessDenied', 'User is not authorized to perform: cloudwatch:GetMetricData');
  }
  if (faults.some(({ refuseConnection, malformed }) => refuseConnection || malformed)) {
    return new AwsError('InternalServiceFault', 'The request processing has failed because of an unknown error.', 500);
  }
  const status = faults.find((fault) => fault.status !== undefined)?.status;
  if (status === undefined) return undefined;
  return status === 429
    ? new AwsError('Throttling', 'Rate exceeded')
    : new AwsError('InternalServiceFault', 'The request processing has failed because of an unknown error.', status);
}

function arrived(cloud: Cloud, faults: readonly MetricsFault[]): Arrived {
  const delaySeconds = faults.find((fault) => fault.delaySeconds !== undefined)?.delaySeconds;
  const delay = delaySeconds === undefined ? worldTime(cloud, 'metricDelaySeconds') : delaySeconds * SECOND;
  const silentSince = Math.min(...faults.flatMap((fault) => (fault.silence ? [fault.since ?? 0] : [])));
  const until = Math.min(cloud.state.now - delay, silentSince);
  return { buckets: cloud.traffic.buckets.filter(({ start }) => start < until), until };
}

function dimensionsOf(entry: { Dimensions: readonly { Name: string; Value: string }[] }): Dimensions {
  return Object.fromEntries(entry.Dimensions.map(({ Name, Value }) => [Name, Value]));
}

/** The question's time in periods of this length. A bucket of the sandbox is the shortest that it has. */
function spanOf(cloud: Cloud, { StartTime, EndTime }: Question, seconds: number): Span {
  const period = Math.max(seconds * SECOND, bucketLength(cloud.speed));
  return { from: Math.floor((StartTime * SECOND) / period) * period, to: EndTime * SECOND, period };
}

function metricSeries(cloud: Cloud, question: Question, entry: Entry, data: Arrived): Series {
  const { Metric, Period, Stat } = entry.MetricStat ?? {};
  if (!Metric || Period === undefined || Stat === undefined) throw new Error('an entry without a metric');
  if (!isStatistic(Stat)) throw validationError(`The value ${Stat} for parameter Stat is not valid in the sandbox.`);
  if (Metric.Namespace !== NAMESPACE) return new Map();
  const asked = { metric: Metric.MetricName, dimensions: dimensionsOf(Metric), stat: Stat };
  return seriesOf(cloud, data, spanOf(cloud, question, Period), asked);
}

function selectSeries(cloud: Cloud, question: Question, entry: Entry, data: Arrived): Value {
  const select = parseSelect(entry.Id, entry.Expression ?? '');
  // Metrics Insights has nothing finer than a minute.
  const span = spanOf(cloud, question, Math.max(60, entry.Period ?? 60));
  const all = select.namespace === NAMESPACE ? listedMetrics(data) : [];
  const groups = new Map<string, Dimensions[]>();
  for (const { metric, dimensions } of all) {
    if (metric !== select.metric || !isSelected(select, dimensions)) continue;
    const label = select.groupBy.map((name) => dimensions[name] ?? 'Other').join(' ');
    groups.set(label, [...(groups.get(label) ?? []), dimensions]);
  }
  const added = (stat: string, of: readonly Dimensions[]): Series => {
    const each = of.map((dimensions) => seriesOf(cloud, data, span, { metric: select.metric, dimensions, stat }));
    const reduce =
      stat === 'Maximum'
        ? Math.max
        : stat === 'Minimum'
          ? Math.min
          : (...values: number[]) => values.reduce((a, b) => a + b, 0);
    const times = periodsOf(span).filter((at) => each.some((series) => series.has(at)));
    return new Map(times.map((at) => [at, reduce(...each.flatMap((series) => series.get(at) ?? []))]));
  };
  const labelled = [...groups].map(([label, of]): Labelled => {
    if (select.stat !== 'Average') return { label, series: added(select.stat, of) };
    const counts = added('SampleCount', of);
    return { label, series: new Map([...added('Sum', of)].map(([at, sum]) => [at, sum / (counts.get(at) ?? 1)])) };
  });
  return select.groupBy.length > 0 ? labelled : (labelled[0]?.series ?? new Map<number, number>());
}

/** Everything that the question asks to see. @throws AwsError */
function resultsOf(cloud: Cloud, question: Question, data: Arrived): Result[] {
  const entries = byId(question);
  const values = new Map<string, { value: Value; dropped: boolean }>();
  const lengths = question.MetricDataQueries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []);
  const span = spanOf(cloud, question, Math.max(1, ...lengths));

  function valueOf(id: string, from: string, deep = 0): Value {
    const known = values.get(id);
    if (known) return known.value;
    const entry = entries.get(id);
    if (!entry || deep > 50) throw validationError(`Error in expression '${from}': Unknown or circular id ${id}`);
    let dropped = false;
    const value = entry.MetricStat
      ? metricSeries(cloud, question, entry, data)
      : /^\s*SELECT\b/i.test(entry.Expression ?? '')
        ? selectSeries(cloud, question, entry, data)
        : evaluate(parseMath(id, entry.Expression ?? ''), {
            id,
            span,
            valueOf: (other) => valueOf(other, id, deep + 1),
            dropped: () => (dropped = true),
          });
    values.set(id, { value, dropped });
    return value;
  }

  return question.MetricDataQueries.filter(({ ReturnData }) => ReturnData).flatMap(({ Id, Label, MetricStat }) => {
    const value = valueOf(Id, Id);
    const label = Label ?? MetricStat?.Metric.MetricName ?? Id;
    const messages = values.get(Id)?.dropped
      ? [
          {
            Code: 'ArithmeticError',
            Value: 'One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)',
          },
        ]
      : [];
    if (typeof value === 'number') {
      throw validationError(`Error in expression '${Id}': The expression gives a number and no time series`);
    }
    const several = isSeries(value) ? [{ label, series: value }] : isSeveral(value) ? value : [];
    return several.map((each): Result => ({ Id, Label: each.label, points: [...each.series], messages }));
  });
}

interface Slice extends Omit<Result, 'messages'> {
  /** How many of its points stand on other pages. */
  rest: number;
}

/** The points of one page, which starts after `skip` of them, result by result. */
function slice(results: readonly Result[], skip: number, size: number): Slice[] {
  let before = skip;
  let room = size;
  return results.map(({ Id, Label, points }) => {
    const from = Math.min(before, points.length);
    before -= from;
    const taken = points.slice(from, from + room);
    room -= taken.length;
    return { Id, Label, points: taken, rest: points.length - from - taken.length };
  });
}

function getMetricData(cloud: Cloud, input: unknown): Record<string, unknown> {
  const faults = takeMetricsFaults(cloud.state.faults);
  const refusal = refusalOf(faults);
  if (refusal) throw refusal;
  const question = parseInput(dataInput, input);
  checkQuestion(question, bucketLength(cloud.speed));
  const withheld = faults.find((fault) => fault.nullTail !== undefined)?.nullTail ?? 0;
  const empty = faults.some(({ emptySeries }) => emptySeries);
  const results = resultsOf(cloud, question, arrived(cloud, faults)).map((result) => ({
    ...result,
    points: empty ? [] : result.points.slice(0, result.points.length - withheld),
  }));
  if (question.ScanBy === 'TimestampDescending') for (const { points } of results) points.reverse();

  const total = results.reduce((sum, { points }) => sum + points.length, 0);
  const partial = faults.find((fault) => fault.partial !== undefined)?.partial;
  const half = partial === undefined || question.NextToken !== undefined ? Infinity : Math.max(1, Math.ceil(total / 2));
  const skip = question.NextToken === undefined ? 0 : Number(Buffer.from(question.NextToken, 'base64url').toString());
  if (!Number.isInteger(skip)) throw validationError('The value for parameter NextToken is not valid.');
  const size = Math.min(question.MaxDatapoints, half);
  const more = skip + size < total;
  const failing = faults.some(({ statusError }) => statusError);
  return {
    MetricDataResults: slice(results, skip, size).map(({ Id, Label, points, rest }, index) => ({
      Id,
      Label,
      Timestamps: failing ? [] : points.map(([at]) => at / SECOND),
      Values: failing ? [] : points.map(([, value]) => value),
      StatusCode: failing ? 'InternalError' : rest > 0 ? 'PartialData' : 'Complete',
      ...((results[index]?.messages.length ?? 0) > 0 && { Messages: results[index]?.messages }),
    })),
    ...(more && partial !== 'cut' && { NextToken: Buffer.from(String(skip + size)).toString('base64url') }),
    Messages: [],
  };
}

/** The metrics that had a point, whether it has arrived or not: a count that was always zero is none of them. */
function listMetrics(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseInput(listInput, given);
  const found = listedMetrics(cloud.traffic).filter(
    ({ metric, dimensions }) =>
      (input.Namespace ?? NAMESPACE) === NAMESPACE &&
      (input.MetricName ?? metric) === metric &&
      input.Dimensions.every(
        ({ Name, Value }) => Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name],
      ),
  );
  const { items, next } = pageOf(found, LISTED, input.NextToken);
  return {
    Metrics: items.map(({ metric, dimensions }) => ({
      Namespace: NAMESPACE,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(next !== undefined && { NextToken: next }),
  };
}

/** CloudWatch's two operations that reading metrics takes. */
export const cloudWatchOperations: Operations = { GetMetricData: read(getMetricData), ListMetrics: read(listMetrics) };
