import {
  ApplicationFailure,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ArchiveAnswer, ArchiveQuestion } from '../../../model/archive.js';
import type { DriftDocument } from '../../../model/drift.js';
import type { Measurement, MetricProgress } from '../../../model/evidence.js';
import type { DeploymentDocument } from '../../../model/wire.js';
import { analysisWorkflowId } from '../../../model/workflow-id.js';
import {
  analysisQuery,
  applicationQuery,
  applicationUpdates,
  deploymentUpdates,
  documentQuery,
  driftQuery,
  goSignal,
  lookForDriftUpdate,
} from '../../../workflows/messages.js';
import type { ApplicationInput, ApplicationState } from '../../../workflows/messages.js';
import { SluiceApp, SluiceStatus } from '../../../workflows/search-attributes.js';

// Workflows that answer as Sluice's do and do nothing else: what the gateway reads, without the delivery.

interface Activities {
  advance(input: { stage: string }): Promise<unknown>;
  begin(): Promise<unknown>;
  restoreTraffic(): Promise<unknown>;
  measure(input: { windows: number[] }): Promise<{ measurements: Measurement[] }>;
  readArchive(asked: ArchiveQuestion): Promise<ArchiveAnswer>;
}

const activities = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '5 seconds',
  retry: { maximumAttempts: 1 },
});

/** Runs one activity that succeeds, one that fails, an analysis; then waits for `go` and ends. */
export async function deployment(document: DeploymentDocument): Promise<DeploymentDocument> {
  setHandler(documentQuery, () => document);
  setHandler(deploymentUpdates.pause, ({ by, reason }) => ({ status: 'PAUSED', text: `Paused by ${by}: ${reason}.` }), {
    validator: ({ reason }) => {
      if (reason === 'refuse me') throw ApplicationFailure.nonRetryable('web-1 is paused already.', 'Refused');
    },
  });
  let gone = false;
  setHandler(goSignal, () => void (gone = true));
  upsertSearchAttributes([
    { key: SluiceApp, value: document.app },
    { key: SluiceStatus, value: document.status },
  ]);
  upsertMemo({ document });
  if (document.stages.length > 0) {
    await activities.begin();
    await activities.advance({ stage: 'stage-0' });
    await activities.restoreTraffic().catch(() => undefined);
    await startChild(analysis, { workflowId: analysisWorkflowId(document.id, 'stage-1'), args: [[1, 2]] });
  }
  await condition(() => gone);
  return { ...document, status: 'SUCCEEDED', reason: 'Done.' };
}

/** Judges two windows, continues as new, and judges the third for as long as the test wants. */
export async function analysis(windows: number[]): Promise<void> {
  const progress: MetricProgress = {
    metric: 'errors',
    strategy: 'THRESHOLD',
    query: 'q',
    verdict: 'RUNNING',
    reason: 'Two of three windows judged.',
    windows: 3,
    counts: { PASS: 2, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
    consecutiveFailures: 0,
    dryRun: false,
    measurements: [1, 2].map((window) => measurement(window)),
  };
  setHandler(analysisQuery, () => [progress]);
  await activities.measure({ windows });
  if (windows.length > 1) await continueAsNew<typeof analysis>([3]);
}

/** A passed window of the metric `errors`. */
function measurement(window: number): Measurement {
  return {
    metric: 'errors',
    window,
    from: window * 60_000,
    to: (window + 1) * 60_000,
    outcome: 'PASS',
    value: 0,
    points: [{ at: window * 60_000, value: 0 }],
    query: 'q',
    reason: `window ${window} is good`,
    judgedAt: window * 60_000,
  };
}

/** An application that accepts everything but what the test asks it to refuse. */
export async function application({ app }: ApplicationInput): Promise<void> {
  const state: ApplicationState = { app, state: 'IDLE', labels: {}, history: [], highest: 0 };
  setHandler(applicationQuery, () => ({ ...state, running: 'as queried' }));
  setHandler(applicationUpdates.deploy, ({ by }) => {
    state.highest++;
    return { accepted: true, id: `${app}-${state.highest}`, n: state.highest, repeated: by === 'repeat' };
  });
  setHandler(applicationUpdates.rollback, ({ reason }) => ({ accepted: false, status: 409, reason }));
  setHandler(applicationUpdates.hold, ({ by, reason }) => {
    state.held = { by, reason, at: '2026-11-23T08:00:00.000Z' };
    state.state = 'HELD';
    upsertMemo({ application: state });
    return state;
  });
  upsertMemo({ application: state });
  await condition(() => false);
}

/** A watch for drift that sees none. */
export async function drift({ app }: ApplicationInput): Promise<void> {
  const seen: DriftDocument = {
    app,
    status: 'SYNCED',
    reason: 'What runs is what it deployed.',
    lookedAt: '2026-11-23T08:00:00.000Z',
    since: '2026-11-23T08:00:00.000Z',
    differences: [],
  };
  setHandler(driftQuery, () => ({ last: { ...seen, reason: 'as queried' } }));
  upsertMemo({ drift: { app, status: seen.status, reason: seen.reason, since: seen.since } });
  setHandler(lookForDriftUpdate, () => seen);
  await condition(() => false);
}

export async function readArchive(asked: ArchiveQuestion): Promise<ArchiveAnswer> {
  return await activities.readArchive(asked);
}

export async function doctor(): Promise<{ checks: { name: string; ok: boolean; detail: string }[] }> {
  return Promise.resolve({ checks: [{ name: 'Credentials', ok: true, detail: 'They work.' }] });
}
