import type { Millis } from './duration.js';

/** The kinds of metrics source that Sluice can ask. Each has a folder of its own under `activities/metrics/`. */
export type MetricSource = 'DATADOG' | 'PROMETHEUS' | 'CLOUDWATCH' | 'TASKS' | 'HTTP';

/** What to do when the gate saw nothing at all. */
export type OnNoData = 'ROLLBACK' | 'WAIT_APPROVAL' | 'PROCEED';
/** What to do when the gate saw too little. */
export type OnNotEnoughData = 'WAIT_APPROVAL' | 'ROLLBACK' | 'PROCEED';

/** What a metric is judged against: fixed bounds, or another version. PipeCD's names. */
export type MetricStrategy = 'THRESHOLD' | 'PREVIOUS' | 'CANARY_BASELINE' | 'CANARY_PRIMARY';

/** A version that a query can be asked about. `previous` is the evidence kept of an earlier deployment and is never asked. */
export type Variant = 'canary' | 'primary' | 'baseline' | 'previous';

/** Which difference is a bad one: the canary higher, lower, or either. */
export type Deviation = 'HIGH' | 'LOW' | 'EITHER';

/** What is wanted of a source about one version: a value, or the two counts of a ratio, and what shows that its data flows. */
export type SeriesName = 'value' | 'errors' | 'requests' | 'watermark';

/** The rendered queries of one version. A ratio has `errors` and `requests`, everything else has `value`. */
export type VariantQueries = Partial<Record<SeriesName, string>>;

/** Where a version's tasks are found, for a source that asks the tasks themselves. */
export interface TaskSetPlace {
  /** Name of the ECS provider in the server configuration. */
  provider: string;
  cluster: string;
  service: string;
  taskSetArn: string;
  /** The container and port of the version's target group; absent where there is none. */
  containerName?: string;
  containerPort?: number;
}

/** What is known of the versions only when a deployment runs. */
export interface VariantPlaces {
  taskSets?: Partial<Record<Variant, TaskSetPlace>>;
  /** The load balancer as metrics name it: `app/name/0123456789abcdef`. */
  loadBalancer?: string;
}

interface MetricCommon {
  /** Unique within the stage; `metrics-0` unless the file names it. */
  name: string;
  /** Name of the analysis provider in the server configuration, and its kind. */
  provider: string;
  source: MetricSource;
  /** What is judged, as people read it: the canary's (or the only) query, rendered. */
  query: string;
  interval: Millis;
  /** The metric fails when failed windows exceed this number. */
  failureLimit: number;
  /** When set, the metric also fails when this many windows in a row failed. */
  consecutiveFailureLimit?: number;
  /** Forgives missing windows; zero measurements are still never a success. */
  skipOnNoData: boolean;
  /** For one query. */
  timeout: Millis;
  /** How late the source's data is complete, when declared; otherwise completeness is seen in the data alone. */
  delay?: Millis;
  /** How long after a window's end it is asked for before it is given up. */
  maxDelay: Millis;
  /** Length of the source's buckets. */
  resolution: Millis;
  /** A query whose points show that data flows up to an instant; by default a quotient's denominator, else the query itself. */
  watermark?: string;
  /** The value of a bucket that the watermark shows as complete and the query left out. */
  emptyValue?: number;
  /** Share (0 to 1) of the planned windows that must have been measured. */
  minMeasured: number;
  /** Windows that may end in ERROR before the metric is given up. */
  errorLimit: number;
  /** Judged and shown, not counted. */
  dryRun: boolean;
}

/** A metric of which each point must be inside fixed, inclusive bounds (at least one is set), window by window: PipeCD's THRESHOLD. */
export interface ThresholdMetric extends MetricCommon {
  strategy: 'THRESHOLD';
  /** Absent in histories of before there was a choice. */
  test?: 'EACH_POINT';
  expected: { min?: number; max?: number };
  /** The request of an `https` check, whose point is 1 where the answer is as expected and 0 where not. */
  http?: HttpCheck;
}

/** One HTTP request and what its answer must be. */
export interface HttpCheck {
  url: string;
  method: string;
  headers: Record<string, string>;
  expectedCode: number;
  /** The body as a whole, after trimming. */
  expectedResponse?: string;
  /** A regular expression that the body must match. */
  bodyMatches?: string;
  /** Dotted path into a JSON body → the value that must stand there, as text. */
  jsonPath?: Record<string, string>;
}

/**
 * A metric judged on what gathers over the whole stage (SEQUENTIAL, method (R) of the project's verdicts study), or window by window by
 * comparing two samples (MANN_WHITNEY, PipeCD's rule). THRESHOLD with counts has no reference: its rate is judged against `expected.max`.
 */
export interface ComparedMetric extends MetricCommon {
  strategy: MetricStrategy;
  test: 'SEQUENTIAL' | 'MANN_WHITNEY';
  /** COUNTS is a ratio of two counts, exact at low traffic; VALUE any positive value, such as a latency. */
  kind: 'COUNTS' | 'VALUE';
  canary: VariantQueries;
  /** What the canary is compared with; absent for THRESHOLD. */
  reference?: { variant: Exclude<Variant, 'canary'>; queries: VariantQueries };
  /**
   * CANARY_BASELINE's, where its query can be asked for the primary: the baseline is as young as the canary, and the primary's time before
   * them tells how the old version's errors vary.
   */
  history?: VariantQueries;
  deviation: Deviation;
  /** How many times as high (or low) the canary may be without being worse: 1 or more. */
  tolerance: number;
  /** This metric's share of the stage's budget of wrongly rolled back good versions (0 to 1). */
  alpha: number;
  /** The rate or value that the canary must keep, when the file gives one. */
  expected?: { min?: number; max?: number };
  /** Below these the metric ends NOT_ENOUGH_DATA, never PASS. */
  minRequests?: number;
  minPoints?: number;
  /** PREVIOUS passes where no earlier version left evidence; it is INCONCLUSIVE otherwise. */
  onNoPrevious?: 'PASS';
}

/** A metric of an ANALYSIS stage. `isCompared` tells the two apart. */
export type Metric = ThresholdMetric | ComparedMetric;

/** Whether a metric is judged by comparing or gathering evidence, and not point by point against bounds. */
export function isCompared(metric: Metric): metric is ComparedMetric {
  return metric.test === 'SEQUENTIAL' || metric.test === 'MANN_WHITNEY';
}

/** The text that stands in a rendered query for a version's task set, whose name is known only when the deployment runs. */
export const TASK_SET_PLACEHOLDER = '{{ .Variant.TaskSet }}';

/** … and for the load balancer, which no target group's ARN names: `app/name/0123456789abcdef`. */
export const LOAD_BALANCER_PLACEHOLDER = '{{ .Variant.LoadBalancer }}';
