import type { WorkflowExecutionInfo } from '@temporalio/client';
import { ALL_PRIMARY } from '../model/delivery.js';
import { hasEnded } from '../model/wire.js';
import type { DeploymentDocument } from '../model/wire.js';
import { appOf } from '../model/workflow-id.js';
import { SluiceTriggeredBy } from '../workflows/search-attributes.js';
import { DeploymentMemo } from './stored.js';

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
