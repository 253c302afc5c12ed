import type { Measurement, MetricProgress } from '../../model/evidence.js';
import type { DeploymentDocument } from '../../model/wire.js';
import type { Heartbeat } from './stored.js';

const LAST = 20;

/** Lays the newest words of running activities over the document: each stage's detail, and the traffic where they tell it. */
export function withHeartbeats(
  document: DeploymentDocument,
  beats: Pick<Heartbeat, 'stage' | 'detail' | 'traffic'>[],
): DeploymentDocument {
  let { stages, traffic } = document;
  for (const beat of beats) {
    stages = stages.map((stage) =>
      stage.id === beat.stage && beat.detail ? { ...stage, detail: beat.detail } : stage,
    );
    if (beat.traffic) traffic = { wanted: beat.traffic.wanted, verified: beat.traffic.verified ?? null };
  }
  return { ...document, stages, traffic };
}

/** Adds the windows that a running `measure` has judged and not yet handed over: they come after all that the workflow knows. */
export function withProgress(progress: MetricProgress[], judged: Measurement[]): MetricProgress[] {
  return progress.map((metric) => {
    const known = metric.measurements.at(-1)?.window ?? 0;
    const fresh = judged.filter((m) => m.metric === metric.metric && m.window > known);
    const counts = { ...metric.counts };
    let delaySeconds = metric.delaySeconds;
    for (const m of fresh) {
      counts[m.outcome]++;
      if (m.delaySeconds !== undefined) delaySeconds = Math.max(delaySeconds ?? 0, m.delaySeconds);
    }
    return {
      ...metric,
      counts,
      ...(delaySeconds !== undefined && { delaySeconds }),
      measurements: [...metric.measurements, ...fresh].slice(-LAST),
    };
  });
}
