import { SECOND } from '../../model/duration.js';
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
      ...nextVerdict(metric, fresh, delaySeconds),
      measurements: [...metric.measurements, ...fresh].slice(-LAST),
    };
  });
}

/** The workflow knows when the first of the windows that an activity judges is due; this is the one after those that it has judged. */
function nextVerdict(
  { nextVerdictAt, windows, counts }: MetricProgress,
  fresh: Measurement[],
  delaySeconds = 0,
): Pick<MetricProgress, 'nextVerdictAt'> {
  const [first, last] = [fresh[0], fresh.at(-1)];
  const before = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (!first || !last || nextVerdictAt === undefined || before + fresh.length >= windows) return {};
  const to = last.to + (last.to - last.from);
  return { nextVerdictAt: Math.max(nextVerdictAt + to - first.to, to + delaySeconds * SECOND) };
}
