import type { WorkflowExecutionInfo } from '@temporalio/client';
import { ALL_PRIMARY } from '../../model/delivery.js';
import { SECOND } from '../../model/duration.js';
import type { Measurement, MetricProgress } from '../../model/evidence.js';
import { hasEnded } from '../../model/wire.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { SluiceTriggeredBy } from '../../workflows/search-attributes.js';
import { DeploymentMemo } from './stored.js';
import type { Heartbeat } from './stored.js';

const LAST = 20;

type Row = Pick<WorkflowExecutionInfo, 'memo' | 'startTime' | 'closeTime' | 'typedSearchAttributes'> & {
  status: { name: WorkflowExecutionInfo['status']['name'] };
};

/** The document that the server itself keeps of a deployment (its memo): good for lists, and when no worker answers. */
export function documentOf(id: string, row: Row): DeploymentDocument {
  const memo = DeploymentMemo.safeParse(row.memo);
  const document = memo.success
    ? memo.data.document
    : notBegun(id, row.startTime, row.typedSearchAttributes.get(SluiceTriggeredBy));
  const endedByOthers = !['RUNNING', 'COMPLETED', 'PAUSED'].includes(row.status.name);
  return endedByOthers && !hasEnded(document.status) ? brokenOff(document, row) : document;
}

/** A deployment whose workflow was started and has not run a step: all that is known is its name. */
export function notBegun(id: string, at: Date, by = ''): DeploymentDocument {
  return {
    id,
    app: appOf(id),
    status: 'PENDING',
    reason: 'Accepted; no worker has taken it up yet.',
    version: {},
    trigger: { by, at: at.toISOString() },
    stages: [],
    traffic: { wanted: ALL_PRIMARY, verified: null },
    analysis: [],
    warnings: [],
    trail: [],
    links: {},
  };
}

/** The application's name in a deployment's id, `<app>-<n>`. */
export function appOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

/** Somebody ended the workflow in Temporal (terminate, reset, time-out), so nothing was cleaned up: never shown as still running. */
function brokenOff(document: DeploymentDocument, row: Row): DeploymentDocument {
  const how = row.status.name.toLowerCase().replaceAll('_', ' ');
  return {
    ...document,
    status: 'FAILED',
    reason: `The workflow was ${how} in Temporal while the deployment was ${document.status}: what it had changed in AWS stands as it was left.`,
    ...(row.closeTime && { completedAt: row.closeTime.toISOString() }),
  };
}

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
