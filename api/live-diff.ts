import type { DeploymentDocument, LiveEvent } from '../model/wire.js';

/**
 * The events that lead from one state of a deployment to the next. Where something changed that no event of its own tells (a warning,
 * a verdict, the trail), the whole document is sent again as `snapshot`. `status` comes last: streams end after a final one.
 */
export function eventsBetween(before: DeploymentDocument, after: DeploymentDocument): LiveEvent[] {
  const events: LiveEvent[] = [];
  for (const stage of after.stages) {
    const old = before.stages.find((other) => other.id === stage.id);
    if (!same(old, stage)) events.push({ type: 'stage', data: stage });
  }
  if (!same(before.traffic, after.traffic)) events.push({ type: 'traffic', data: after.traffic });
  if (!same(rest(before), rest(after))) events.push({ type: 'snapshot', data: after });
  if (before.status !== after.status || before.reason !== after.reason) {
    events.push({ type: 'status', data: { status: after.status, reason: after.reason } });
  }
  return events;
}

/** What has no event of its own. Counts and measurements are left out: a `measurement` event tells each. */
function rest(document: DeploymentDocument): unknown {
  return {
    ...document,
    status: undefined,
    reason: undefined,
    traffic: undefined,
    stages: document.stages.map((stage) => stage.id),
    analysis: document.analysis.map((metric) => ({ ...metric, counts: undefined, measurements: undefined })),
  };
}

/** Both sides come from JSON made by the same code, so their keys stand in the same order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
