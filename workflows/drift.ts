import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { DriftDocument, DriftLook } from '../model/drift.js';
import { iso } from '../model/wire.js';
import { driftQuery, lookForDriftUpdate } from './messages.js';
import type { DriftInput, DriftState } from './messages.js';
import { comparing } from './proxies.js';
import { reasonOf } from './reason.js';

const EVENTS_PER_RUN = 2_000;

/** One for each application: looks whether what runs is still what was deployed last. It changes nothing. */
export async function drift({ app, state: carried }: DriftInput): Promise<void> {
  const state: DriftState = carried ?? {};
  let underWay: Promise<DriftDocument> | undefined;

  /** Those who ask while it looks hear what it sees. */
  function look(): Promise<DriftDocument> {
    underWay ??= lookOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  async function lookOnce(): Promise<DriftDocument> {
    const seen = await see(app);
    const document: DriftDocument = { app, lookedAt: iso(Date.now()), ...seen };
    state.last = document;
    publish(document);
    return document;
  }

  setHandler(driftQuery, () => state, { description: 'What the last look saw.' });
  setHandler(lookForDriftUpdate, look, { description: 'Look now, and answer what was seen.' });

  await condition(() => workflowInfo().historyLength > EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested);
  await condition(allHandlersFinished);
  await continueAsNew<typeof drift>({ app, state });
}

/** A look that failed saw nothing: that is never taken for in sync. */
async function see(app: string): Promise<DriftLook> {
  try {
    return await comparing.lookForDrift.executeWithOptions({ summary: 'does what was deployed still run?' }, [app]);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return { status: 'UNKNOWN', reason: `The look at AWS failed: ${reasonOf(error)}`, differences: [] };
  }
}

function publish(document: DriftDocument): void {
  upsertMemo({ drift: document });
  setCurrentDetails(detailsOfDrift(document));
}

/** What Temporal's own UI shows: Markdown. */
function detailsOfDrift({ app, status, reason, differences }: DriftDocument): string {
  const cell = (text = ''): string => text.replaceAll('|', '\\|');
  const rows = differences.map(
    ({ path, deployed, running }) => `| ${cell(path)} | ${cell(deployed)} | ${cell(running)} |`,
  );
  return [
    `### ${app}: ${status}`,
    reason,
    ...(rows.length > 0 ? ['', '| field | deployed | running |', '|-|-|-|', ...rows] : []),
  ].join('\n');
}
