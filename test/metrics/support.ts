import { setImmediate } from 'node:timers/promises';
import type { ActivityContext, Clock } from '../../activities/context.js';
import type { MeasureInput } from '../../activities/measure.js';
import { createMeasure, type MeasureDeps } from '../../activities/metrics/measure.js';
import { createSources, type FindSource } from '../../activities/metrics/sources.js';
import type { DatadogProvider, PrometheusProvider, SecretRef } from '../../config/server.js';
import { planWindows } from '../../analysis/windows.js';
import type { ActivityHeartbeat } from '../../model/delivery.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric, START } from '../analysis/support.js';

/** A clock that jumps to where a sleep ends. */
export function fakeClock(at: number): Clock & { set(to: number): void } {
  let time = at;
  return {
    now: () => time,
    set: (to) => {
      time = to;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      time += ms;
      await setImmediate();
      signal?.throwIfAborted();
    },
  };
}

export function provider(address: string): DatadogProvider {
  return {
    name: 'sample-datadog',
    type: 'DATADOG',
    address,
    apiKey: { file: 'datadog-api-key' },
    applicationKey: { env: 'DATADOG_APPLICATION_KEY' },
    maxDelay: 20 * MINUTE,
    resolution: MINUTE,
  };
}

export function prometheusProvider(address: string, over: Partial<PrometheusProvider> = {}): PrometheusProvider {
  return {
    name: 'prom',
    type: 'PROMETHEUS',
    address,
    delay: 30 * SECOND,
    maxDelay: 2 * MINUTE,
    resolution: MINUTE,
    ...over,
  };
}

export function openTestSecret(ref: SecretRef): Promise<string> {
  return Promise.resolve('file' in ref ? 'api-key-value' : 'application-key-value');
}

export interface Bench {
  clock: ReturnType<typeof fakeClock>;
  /** What was heartbeated and fenced, in order. */
  told: ('fence' | ActivityHeartbeat)[];
  context: ActivityContext;
  cancel: AbortController;
  sources: FindSource;
  measure: ReturnType<typeof createMeasure>;
}

/** A measure activity on a fake clock and a Datadog at `address`. */
export function bench(
  address: string,
  clock: ReturnType<typeof fakeClock>,
  over: Partial<ActivityContext> & Partial<Pick<MeasureDeps, 'observe' | 'readEvidence'>> = {},
): Bench {
  const told: Bench['told'] = [];
  const cancel = new AbortController();
  const context: ActivityContext = {
    clock,
    attempt: 1,
    scheduledAt: clock.now(),
    lastHeartbeat: undefined,
    heartbeat: (details) => told.push(structuredClone(details)),
    fence: () => {
      told.push('fence');
      return Promise.resolve();
    },
    cancelled: cancel.signal,
    ...over,
  };
  const sources = createSources([provider(address)], openTestSecret);
  const observe = over.observe ?? (() => Promise.resolve({ detail: '', log: [], changes: [] }));
  return {
    clock,
    told,
    context,
    cancel,
    sources,
    measure: createMeasure({
      sources,
      observe,
      readEvidence: over.readEvidence ?? (() => Promise.resolve(undefined)),
      context: () => context,
    }),
  };
}

export function input(
  over: Partial<ThresholdMetric> & { count?: number } = {},
  rest: Partial<MeasureInput> = {},
): MeasureInput & { metric: ThresholdMetric } {
  const { count = 1, ...fields } = over;
  const m = metric({ interval: MINUTE, ...fields });
  return {
    deployment: 'shop-1',
    stage: 'stage-2',
    windows: planWindows(START, count * m.interval, m.interval),
    before: { failures: 0, consecutiveFailures: 0, errors: 0 },
    ...rest,
    metric: m,
  };
}
