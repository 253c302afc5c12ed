import { TemporalFailure } from '@temporalio/workflow';
import { MINUTE, type Millis } from '../model/duration.js';
import type { MetricProgress } from '../model/evidence.js';
import { analysisDocument } from '../model/wire.js';
import type { DeploymentState } from './deployment-state.js';
import { remembering } from './proxies.js';
import { reasonOf } from './reason.js';

const RECALL_WITHIN = 2 * MINUTE;

/** Stages whose analysis was stopped on its way have no answer: what they had measured is asked for, so that no evidence is lost. */
export async function recallStopped(state: DeploymentState): Promise<void> {
  for (const { id, startedAt } of state.stages) {
    if (startedAt === undefined || !isJudged(state, id) || isTold(state, id)) continue;
    try {
      await recallAnalysis(state, id, RECALL_WITHIN);
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      state.warnings.push(`What ${id} had measured could not be read: ${reasonOf(error)}`);
    }
  }
}

/** Whether the stage has an analysis: it is one, or goes on judging while people decide. */
function isJudged(state: DeploymentState, id: string): boolean {
  if (state.stages.some((row) => row.id === id && row.name === 'ANALYSIS')) return true;
  return state.input.release.pipeline.some(
    (stage) => stage.id === id && stage.name === 'WAIT_APPROVAL' && stage.analysis !== undefined,
  );
}

/** Whether the document has what a stage measured. */
export function isTold(state: DeploymentState, id: string): boolean {
  return state.analysis.some(({ stage }) => stage === id);
}

/** Asks the stage's analysis, ended or not, for what it measured. Rejects with a TemporalFailure when it does not answer. */
export async function recallAnalysis(state: DeploymentState, id: string, within: Millis): Promise<void> {
  const progress = await remembering.recallAnalysis.executeWithOptions({ scheduleToCloseTimeout: within }, [
    { deployment: state.input.id, stage: id },
  ]);
  state.analysis.push(...progress.map((metric) => analysisDocument(id, stopped(metric))));
}

/** A metric without a verdict when its analysis was stopped: too little was seen, whatever it was. */
function stopped(metric: MetricProgress): MetricProgress {
  if (metric.verdict !== 'RUNNING') return metric;
  return { ...metric, verdict: 'NOT_ENOUGH_DATA', reason: `Stopped before it had a verdict. ${metric.reason}` };
}
