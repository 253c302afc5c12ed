import type { Look } from '../../../analysis/judge.js';
import type { TasksProvider } from '../../../config/server.js';
import { formatDuration, SECOND, type Millis } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import type { Metric, TaskSetPlace, Variant } from '../../../model/metric.js';
import {
  countersOfQuotient,
  metricsOfExpression,
  parseTasksQuery,
  selectorsOf,
  type TasksExpression,
} from '../../../model/tasks-query.js';
import type { Clock } from '../../context.js';
import { unless } from '../unless.js';
import {
  SourceError,
  type Confirming,
  type MetricSourceClient,
  type Question,
  type SeriesAnswer,
  type SeriesQuestion,
} from '../source.js';
import { checkBehaviour, checkKnown } from './check-metrics.js';
import { evaluate } from './evaluate.js';
import { scrape } from './scrape.js';
import { createScraper, REMEMBERED, type FindTasks, type Scraper } from './scraper.js';

/** What the source needs from outside. */
export interface TasksWorld {
  findTasks: FindTasks;
  /** Of the scraping, which goes on between questions. */
  clock: Clock;
}

const LONGEST_INTERVAL: Millis = 5 * SECOND;

/** One expression, and where its version's tasks are. */
interface Asked {
  expression: TasksExpression;
  variant: Variant;
  place: TaskSetPlace;
}

/** @throws SourceError `refused` when the query cannot be read */
function expressionOf(query: string): TasksExpression {
  const parsed = parseTasksQuery(query);
  if ('expression' in parsed) return parsed.expression;
  const { position, problem, fix } = parsed.error;
  throw new SourceError(
    'refused',
    `The query ${query} cannot be read at character ${position + 1}: ${problem}. ${fix}`,
  );
}

function placed(query: string, variant: Variant, place: TaskSetPlace | undefined): Asked {
  if (place) return { expression: expressionOf(query), variant, place };
  throw new SourceError('refused', `The ${variant} has no task set now, and its tasks are what would be asked.`);
}

/**
 * The tasks of each version as a metrics source: their own Prometheus exposition, scraped by the worker at their private addresses.
 * Scraping begins with the first question about a version and ends when nobody has asked for a while, so what was before it is not
 * known. Nothing is late: a bucket is there as soon as the scrape at its end is.
 */
export function createTasksSource(provider: TasksProvider, world: TasksWorld | undefined): MetricSourceClient {
  const scrapers = new Map<string, Scraper>();

  function scraperOf(place: TaskSetPlace): Scraper {
    if (!world) throw new SourceError('refused', 'The tasks of a version cannot be found where this was measured.');
    const known = scrapers.get(place.taskSetArn);
    if (known) return known;
    const port = provider.port ?? place.containerPort;
    if (port === undefined) {
      throw new SourceError(
        'refused',
        `No target group tells the port of the tasks: give the provider ${provider.name} one.`,
      );
    }
    const fresh: Scraper = createScraper(
      place,
      {
        ...world,
        timeout: provider.timeout,
        scrape: (address, timeout) => scrape(`http://${address}:${port}${provider.path}`, timeout),
      },
      () => {
        if (scrapers.get(place.taskSetArn) === fresh) scrapers.delete(place.taskSetArn);
      },
    );
    scrapers.set(place.taskSetArn, fresh);
    return fresh;
  }

  /** @throws SourceError `refused` when a bucket would be shorter than the time between two scrapes */
  function intervalFor(resolution: Millis): Millis {
    const interval = provider.scrapeInterval ?? Math.min(LONGEST_INTERVAL, resolution / 2);
    if (interval <= resolution) return interval;
    throw new SourceError(
      'refused',
      `A bucket of ${resolution / SECOND} s is shorter than the scrapeInterval of ${provider.name} (${interval / SECOND} s). ` +
        'Give the metric a longer resolution, or the provider a shorter scrapeInterval.',
    );
  }

  /** Sees to it that all of these versions are scraped, and waits for the round that is going on. */
  async function follow(
    asked: readonly Asked[],
    interval: Millis,
    { timeout, cancelled }: Pick<SeriesQuestion, 'timeout' | 'cancelled'>,
  ): Promise<void> {
    cancelled.throwIfAborted();
    const rounds = asked.map(({ expression, place }) => scraperOf(place).follow(selectorsOf(expression), interval));
    const late = AbortSignal.timeout(timeout);
    try {
      await unless(AbortSignal.any([cancelled, late]), Promise.all(rounds));
    } catch (error) {
      cancelled.throwIfAborted();
      if (!late.aborted) throw error;
      throw new SourceError('transient', `The tasks were not all scraped within ${timeout / SECOND} s.`);
    }
  }

  /** @throws SourceError `transient` when the tasks do not tell enough now, with the reason */
  function pointsOf(
    { expression, place }: Asked,
    { from, now, resolution }: Pick<SeriesQuestion, 'from' | 'now' | 'resolution'>,
    interval: Millis,
  ): Point[] {
    const scraper = scraperOf(place);
    checkBehaviour(expression, scraper.families);
    const points = evaluate(scraper.history, expression, { from, now, resolution, interval });
    const trouble = scraper.trouble();
    const newest = points.at(-1);
    const stale = newest === undefined || newest.at + resolution < now - resolution - 2 * interval;
    if (trouble && (trouble.total || stale)) throw new SourceError('transient', trouble.reason);
    return points;
  }

  async function read(question: SeriesQuestion): Promise<SeriesAnswer> {
    const interval = intervalFor(question.resolution);
    const asked = question.wanted.map(({ query, variant, place }) => placed(query, variant, place));
    await follow(asked, interval, question);
    const series = Object.fromEntries(
      question.wanted.flatMap(({ id }, index) => {
        const one = asked[index];
        return one ? [[id, pointsOf(one, question, interval)] as const] : [];
      }),
    );
    return { series, bucket: question.resolution, at: question.now };
  }

  async function ask({ metric, from, now, cancelled, places }: Question): Promise<Look> {
    const { resolution, timeout } = metric;
    // A window is judged on all of its buckets or not at all: the first ones would be forgotten.
    if (metric.interval > REMEMBERED - metric.maxDelay) {
      throw new SourceError(
        'refused',
        `What the tasks told is remembered for ${formatDuration(REMEMBERED)}, and the windows of ${metric.name} take ${formatDuration(metric.interval)}: write a shorter interval.`,
      );
    }
    const place = places?.taskSets?.canary;
    const whole = placed(metric.query, 'canary', place);
    const counters = countersOfQuotient(whole.expression);
    const queries: Record<string, Asked> = {
      points: whole,
      ...(counters && { denominator: { ...whole, expression: counters.denominator } }),
      ...(metric.watermark !== undefined && { watermark: placed(metric.watermark, 'canary', place) }),
    };
    const interval = intervalFor(resolution);
    await follow(Object.values(queries), interval, { timeout, cancelled });
    const pointsFor = (asked: Asked | undefined): Point[] =>
      asked ? pointsOf(asked, { from, now, resolution }, interval) : [];
    return {
      query: metric.query,
      points: pointsFor(queries['points']),
      ...(counters && { denominator: pointsFor(queries['denominator']), absence: 'ZERO' as const }),
      ...(queries['watermark'] && { watermark: pointsFor(queries['watermark']) }),
      bucket: resolution,
      at: now,
    };
  }

  function confirm({ metric, places }: Confirming): Promise<string | undefined> {
    const expression = expressionOf(metric.query);
    const canary = places?.taskSets?.canary;
    const asked = canary
      ? [scrapers.get(canary.taskSetArn)].filter((each) => each !== undefined)
      : [...scrapers.values()];
    if (!asked.some(({ history }) => history.firstSeen.size > 0)) {
      const names = metricsOfExpression(expression).join(', ');
      throw new SourceError('transient', `No task has been scraped yet, so nothing shows that ${names} exists.`);
    }
    checkKnown(metric, expression, asked);
    return Promise.resolve(undefined);
  }

  return {
    ask,
    read,
    confirm: async (confirming) => await confirm(confirming),
    render: (metric: Metric) => metric.query,
  };
}
