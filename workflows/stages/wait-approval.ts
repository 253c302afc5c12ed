import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { SECOND } from '../../model/duration.js';
import type { WaitApprovalStage } from '../../model/stage.js';
import { analysisDocument } from '../../model/wire.js';
import { placesFor } from '../places.js';
import { isFailedActivity, reasonOf } from '../reason.js';
import { isTold, recallAnalysis } from '../recall-analysis.js';
import { approval } from './approval.js';
import { runAnalysis } from './child-analysis.js';
import { deliveryOf } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** The next stage waits for it. */
const RECALL_WITHIN = 20 * SECOND;

/** The WAIT_APPROVAL stage. */
export function waitApproval(run: StageRun, stage: WaitApprovalStage): Promise<StageEnd> {
  const people = stage.approvers.length ? stage.approvers.join(', ') : 'any deployer';
  const question = `Waiting for ${stage.minApprovers} approval(s) by ${people}.`;
  return stage.analysis ? watched(run, stage, stage.analysis, question) : approval(run, stage, question);
}

/**
 * Goes on judging while people decide. What fails ends the stage, with the reason; a pass, or too little data, is shown and opens nothing.
 */
async function watched(
  run: StageRun,
  { approvers, minApprovers }: WaitApprovalStage,
  analysis: NonNullable<WaitApprovalStage['analysis']>,
  question: string,
): Promise<StageEnd> {
  const { state, row } = run;
  const seen: { began: boolean; harm?: string } = { began: false };
  const show = (words: string): void => {
    // People may have decided meanwhile.
    if (state.gate?.stage !== row.id) return;
    state.reason = `${question} Meanwhile: ${words}`;
    row.detail = state.reason;
    run.publish();
  };
  const watching = new CancellationScope();
  const judged = watching.run(async () => {
    const places = await placesFor(deliveryOf(run), analysis.metrics);
    seen.began = true;
    return runAnalysis(run, { ...analysis, id: row.id }, places);
  });
  judged.then(
    ({ verdict, reason, metrics }) => {
      state.analysis.push(...metrics.map((metric) => analysisDocument(row.id, metric)));
      if (verdict === 'FAIL') seen.harm = reason;
      else show(`${verdict}: ${reason}`);
    },
    (error: unknown) => {
      // What broke the watching says nothing of the version, and people still watch.
      if (!isCancellation(error)) show(`the analysis ended with an error: ${reasonOf(error)}`);
    },
  );
  let end: StageEnd;
  try {
    end = await approval(run, { approvers, minApprovers }, question, () => seen.harm);
  } finally {
    watching.cancel();
  }
  if (!seen.began || isTold(state, row.id)) return end;
  try {
    await recallAnalysis(state, row.id, RECALL_WITHIN);
  } catch (error) {
    // It is tried once more when the deployment closes.
    if (!isFailedActivity(error)) throw error;
  }
  return end;
}
