import type { LogLine, Traffic } from '../model/delivery.js';
import type { Millis } from '../model/duration.js';
import type { Measurement } from '../model/evidence.js';
import type { Ledger } from '../model/ledger.js';
import type { Metric, VariantPlaces } from '../model/metric.js';

export interface MeasureInput {
  deployment: string;
  stage: string;
  metric: Metric;
  /** In order; judged one after the other, each once, when its data is complete. */
  windows: { window: number; from: number; to: number }[];
  /** Where the metric stands before this chunk, so that the chunk can end as soon as the metric has failed. */
  before: { failures: number; consecutiveFailures: number; errors: number };
  /** The largest delay seen so far in this deployment, if any: the first look waits for it. */
  seenDelay?: Millis;
  /** Of a compared metric: where the whole analysis begins (epoch ms), and what its windows so far have gathered. */
  start?: number;
  ledger?: Ledger;
  /** How many windows are planned, and how many there can be with an extension for want of data. */
  planned?: number;
  mostWindows?: number;
  /** The earlier deployment whose evidence PREVIOUS compares with: the last version that ended well and was analysed. */
  previous?: string;
  /** Where each version's tasks are found, and how its load balancer is named. */
  places?: VariantPlaces;
  /** What the rules must say while these windows are judged (ecs-alb-facts §18). */
  traffic?: Traffic;
}

export interface MeasureResult {
  /** One for each window judged; fewer than asked when the metric had failed or run out of its error budget before the last. */
  measurements: Measurement[];
  log: LogLine[];
  /** Of a compared metric: what its windows have gathered now. */
  ledger?: Ledger;
}

/** What `measure` heartbeats: the windows judged so far in this chunk. A retry goes on after them and judges none of them again. */
export interface MeasureHeartbeat {
  stage: string;
  detail: string;
  measurements: Measurement[];
  log: LogLine[];
  ledger?: Ledger;
}

export interface MeasureActivities {
  /** Asks the metric's source for each window until its data is complete (or `maxDelay` has passed), and judges it. */
  measure(input: MeasureInput): Promise<MeasureResult>;
}
