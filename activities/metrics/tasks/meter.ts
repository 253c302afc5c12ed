import { matcherTest, type TasksSelector } from '../../../model/tasks-query.js';
import type { Sample } from './exposition.js';

/** What a selector showed of one task at one scrape. */
export interface Reading {
  /** How much its series have grown since the task was first scraped for it. */
  grown: number;
  /** … by upper bound, of a histogram's `_bucket` series. */
  grownByBound?: ReadonlyMap<number, number>;
  /** Of the values as they are; NaN is no value. */
  sum: number;
  count: number;
  max: number;
  min: number;
}

/** What is remembered of one task for one selector: growth is added up at each scrape, so that old values need not be kept. */
interface TaskMemory {
  /** Series → its last value. A series that is missing from a scrape keeps it. */
  last: Map<string, number>;
  grown: number;
  grownByBound: Map<number, number>;
  /** Of the last scrape, epoch ms. */
  tick: number;
}

/** Follows one selector through the scrapes of a version's tasks. */
export interface Meter {
  selector: TasksSelector;
  /** Names of labels that the metric's series were seen with, matched or not. */
  labels: Set<string>;
  /** Takes one scrape's samples. The first scrape of a task is where its growth begins. */
  read(task: string, samples: readonly Sample[], tick: number): Reading;
  /** Lets go of tasks that were not scraped since. One that is only missing from a list for a while must not begin anew. */
  forgetBefore(tick: number): void;
}

/** A text that is the same for the same selector. */
export function selectorKey({ metric, matchers }: TasksSelector): string {
  return JSON.stringify([metric, ...matchers.map(({ label, operator, value }) => [label, operator, value])]);
}

function seriesKey({ labels }: Sample): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `+Inf` and `5.0` as OpenMetrics and the text format write them. */
function boundOf({ labels }: Sample): number {
  const { le = '' } = labels;
  return /^\+?inf$/i.test(le) ? Infinity : le === '' ? Number.NaN : Number(le);
}

/**
 * How much a series grew. A value that fell was set back by a restart of the process: it grew from 0. A series that is new in a task
 * that was scraped before grew from 0 too, because client libraries show many series only after their first event.
 */
function growth(before: number | undefined, now: number): number {
  return before === undefined || now < before ? now : now - before;
}

export function createMeter(selector: TasksSelector): Meter {
  const tests = selector.matchers.map((matcher) => ({ label: matcher.label, test: matcherTest(matcher) }));
  const isHistogram = selector.metric.endsWith('_bucket');
  const memories = new Map<string, TaskMemory>();
  const labels = new Set<string>();

  function matches(sample: Sample): boolean {
    if (sample.name !== selector.metric) return false;
    for (const label of Object.keys(sample.labels)) labels.add(label);
    return tests.every(({ label, test }) => test(sample.labels[label] ?? ''));
  }

  return {
    selector,
    labels,
    read(task, samples, tick) {
      const known = memories.get(task);
      const memory = known ?? {
        last: new Map<string, number>(),
        grown: 0,
        grownByBound: new Map<number, number>(),
        tick,
      };
      memory.tick = tick;
      memories.set(task, memory);
      const reading: Reading = { grown: 0, sum: 0, count: 0, max: -Infinity, min: Infinity };
      for (const sample of samples) {
        if (Number.isNaN(sample.value) || !matches(sample)) continue;
        const { value } = sample;
        reading.sum += value;
        reading.count += 1;
        reading.max = Math.max(reading.max, value);
        reading.min = Math.min(reading.min, value);
        const key = seriesKey(sample);
        const grew = known ? growth(memory.last.get(key), value) : 0;
        memory.last.set(key, value);
        memory.grown += grew;
        if (!isHistogram) continue;
        const bound = boundOf(sample);
        if (!Number.isNaN(bound)) memory.grownByBound.set(bound, (memory.grownByBound.get(bound) ?? 0) + grew);
      }
      reading.grown = memory.grown;
      return isHistogram ? { ...reading, grownByBound: new Map(memory.grownByBound) } : reading;
    },
    forgetBefore(tick) {
      for (const [task, memory] of memories) if (memory.tick < tick) memories.delete(task);
    },
  };
}
