import { alignDown } from '../../../analysis/windows.js';
import { MINUTE, SECOND, type Millis } from '../../../model/duration.js';
import type { TaskSetPlace } from '../../../model/metric.js';
import type { TasksSelector } from '../../../model/tasks-query.js';
import type { Clock } from '../../context.js';
import type { History, Round } from './evaluate.js';
import { sampleNames, type Exposition, type Sample } from './exposition.js';
import { createMeter, selectorKey, type Meter, type Reading } from './meter.js';

/** A running task, and where it can be reached. */
export interface FoundTask {
  taskArn: string;
  /** Private IPv4; absent when the task has none of its own. */
  address?: string;
}

/** Finds the running tasks of a version. */
export type FindTasks = (place: TaskSetPlace, cancelled: AbortSignal) => Promise<FoundTask[]>;

/** What following one version's tasks needs from the world. */
export interface Scraping {
  clock: Clock;
  findTasks: FindTasks;
  /** Reads one task's exposition. @throws Error whose message says why it could not */
  scrape(address: string, timeout: Millis): Promise<Exposition>;
  /** For one scrape; one that takes longer than the interval would belong to the next. */
  timeout: Millis;
}

/** Why the newest round told not everything. */
export interface Trouble {
  /** Nothing at all was told. */
  total: boolean;
  /** A sentence. */
  reason: string;
}

/** Follows the tasks of one version for as long as somebody asks. */
export interface Scraper {
  history: History;
  /** Metric → its type, as the tasks declare it. */
  families: ReadonlyMap<string, string>;
  /** Labels that a metric's series were seen with, by the selectors that were asked. */
  labelsOf(metric: string): Set<string> | undefined;
  trouble(): Trouble | undefined;
  /** Asks for selectors from now on, at least this often. Resolves when no round is going on. */
  follow(selectors: readonly TasksSelector[], interval: Millis): Promise<void>;
}

/** How much is remembered, and for how long nobody must have asked for the scraping to end. */
const REMEMBERED: Millis = 15 * MINUTE;
const FORGOTTEN_AFTER: Millis = 90 * SECOND;
/** ECS is asked for the tasks this often, and again as soon as one does not answer (its reads are limited for the account). */
const LIST_EVERY: Millis = 10 * SECOND;
/** A list that could not be renewed for this long is not believed any more. */
const LIST_GOOD_FOR: Millis = 30 * SECOND;
const LIST_TIMEOUT: Millis = 10 * SECOND;
const AT_ONCE = 20;
/** Names that are remembered, for the answer to a mistyped one. */
const MOST_NAMES = 20_000;

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

async function inPool<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, worker));
}

function shortName(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}

function nameOf({ taskSetArn }: TaskSetPlace): string {
  return `the task set ${shortName(taskSetArn)}`;
}

function troubleWith(place: TaskSetPlace, scraped: number, failed: ReadonlyMap<string, string>): Trouble | undefined {
  const [first] = failed;
  if (!first) {
    return scraped === 0 ? { total: true, reason: `No task of ${nameOf(place)} runs.` } : undefined;
  }
  const [taskArn, why] = first;
  const all = failed.size + scraped;
  const count = all === 1 ? 'The only task' : scraped === 0 ? `All ${all} tasks` : `${failed.size} of ${all} tasks`;
  return {
    total: scraped === 0,
    reason: `${count} of ${nameOf(place)} could not be scraped: ${why} (task ${shortName(taskArn)}).`,
  };
}

/**
 * Scrapes the tasks of one version at the multiples of the interval, from the first question on until nobody has asked for 90 s.
 * @param ended is called when it stops; its memory is gone with it
 */
export function createScraper(place: TaskSetPlace, scraping: Scraping, ended: () => void): Scraper {
  const { clock, findTasks } = scraping;
  const rounds: (Round & { readings: Map<string, Map<string, Reading>> })[] = [];
  const firstSeen = new Map<string, number>();
  const families = new Map<string, string>();
  const meters = new Map<string, Meter>();
  let tasks: FoundTask[] = [];
  let listedAt = -Infinity;
  let listProblem = '';
  let interval = Infinity;
  let askedAt = clock.now();
  let current = Promise.resolve();
  let running = false;
  let trouble: Trouble | undefined;

  async function list(): Promise<void> {
    try {
      tasks = await findTasks(place, AbortSignal.timeout(LIST_TIMEOUT));
      listedAt = clock.now();
      listProblem = '';
    } catch (error) {
      listProblem = wordsOf(error);
    }
  }

  function take(tick: number, exposition: Exposition, taskArn: string, into: Map<string, Reading>): void {
    const see = (name: string): void => {
      if (!firstSeen.has(name) && firstSeen.size < MOST_NAMES) firstSeen.set(name, tick);
    };
    for (const [family, type] of exposition.families) {
      families.set(family, type);
      for (const name of sampleNames(family, type)) see(name);
    }
    const byName = new Map<string, Sample[]>();
    for (const sample of exposition.samples) {
      const same = byName.get(sample.name);
      if (same) same.push(sample);
      else byName.set(sample.name, [sample]);
    }
    for (const name of byName.keys()) see(name);
    for (const [key, meter] of meters) {
      if (!into.has(key)) into.set(key, meter.read(taskArn, byName.get(meter.selector.metric) ?? [], tick));
    }
  }

  /** Scrapes all of these tasks. @returns why some could not be */
  async function scrapeAll(
    asked: readonly FoundTask[],
    tick: number,
    readings: Map<string, Map<string, Reading>>,
  ): Promise<Map<string, string>> {
    const failed = new Map<string, string>();
    const timeout = Math.min(scraping.timeout, interval);
    await inPool(asked, async ({ taskArn, address }) => {
      try {
        if (address === undefined) throw new Error('it has no private address of its own (awsvpc gives one)');
        const exposition = await scraping.scrape(address, timeout);
        const into = readings.get(taskArn) ?? new Map<string, Reading>();
        take(tick, exposition, taskArn, into);
        readings.set(taskArn, into);
      } catch (error) {
        failed.set(taskArn, wordsOf(error));
      }
    });
    return failed;
  }

  async function makeRound(tick: number): Promise<void> {
    if (clock.now() - listedAt >= LIST_EVERY) await list();
    const readings = new Map<string, Map<string, Reading>>();
    const asked = tasks;
    const failed = await scrapeAll(asked, tick, readings);
    // What does not answer may have died.
    if (failed.size > 0) await list();
    const listed = new Set(tasks.map(({ taskArn }) => taskArn));
    for (const taskArn of failed.keys()) if (!listed.has(taskArn)) failed.delete(taskArn);
    const known = clock.now() - listedAt < LIST_GOOD_FOR;
    const ran = new Set(asked.map(({ taskArn }) => taskArn).filter((taskArn) => listed.has(taskArn)));
    rounds.push({ tick, readings, ...(known && { running: ran }) });
    const oldest = tick - REMEMBERED;
    while (rounds[0] && rounds[0].tick < oldest) rounds.shift();
    for (const meter of meters.values()) meter.forgetBefore(oldest);
    trouble = known
      ? troubleWith(place, readings.size, failed)
      : { total: true, reason: `The tasks of ${nameOf(place)} could not be listed: ${listProblem}.` };
  }

  /** Makes good for selectors that were asked for after the newest round: the next one would leave a bucket without its beginning. */
  async function catchUp(): Promise<void> {
    const newest = rounds.at(-1);
    if (!newest || newest.tick !== alignDown(clock.now(), interval)) return;
    const lacking = tasks.filter(({ taskArn }) => {
      const reading = newest.readings.get(taskArn);
      return reading && [...meters.keys()].some((key) => !reading.has(key));
    });
    if (lacking.length > 0) await scrapeAll(lacking, newest.tick, newest.readings);
  }

  /** One after the other: a round that is late must not mix with the next. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const mine = current.then(work);
    current = mine;
    return mine;
  }

  async function run(): Promise<void> {
    running = true;
    try {
      while (clock.now() - askedAt < FORGOTTEN_AFTER) {
        await inTurn(async () => {
          const tick = alignDown(clock.now(), interval);
          if (tick > (rounds.at(-1)?.tick ?? -Infinity)) await makeRound(tick);
        });
        const now = clock.now();
        await clock.sleep(alignDown(now, interval) + interval - now);
      }
    } finally {
      running = false;
      ended();
    }
  }

  return {
    history: { rounds, firstSeen },
    families,
    labelsOf(metric) {
      const labels = [...meters.values()]
        .filter(({ selector }) => selector.metric === metric)
        .map((each) => each.labels);
      return labels.length === 0 ? undefined : new Set(labels.flatMap((each) => [...each]));
    },
    trouble: () => trouble,
    async follow(selectors, atLeast) {
      askedAt = clock.now();
      interval = Math.min(interval, atLeast);
      for (const selector of selectors) {
        const key = selectorKey(selector);
        if (!meters.has(key)) meters.set(key, createMeter(selector));
      }
      // Nothing in it throws but a clock that fails; then the next question begins anew.
      if (!running) void run().catch(() => undefined);
      await inTurn(catchUp);
    },
  };
}
