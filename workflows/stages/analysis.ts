import { CancellationScope, condition } from '@temporalio/workflow';
import { decide } from '../../analysis/decision.js';
import type { AnalysisResult } from '../../model/evidence.js';
import type { AnalysisStage } from '../../model/stage.js';
import { analysisDocument, iso } from '../../model/wire.js';
import { placesFor } from '../places.js';
import { approval } from './approval.js';
import { runAnalysis } from './child-analysis.js';
import { deliveryOf, isSkipped, skippedEnd, stageFailed, tookTooLong } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** The analysis; ends early when skipped or out of time. */
async function judge(run: StageRun, stage: AnalysisStage): Promise<AnalysisResult | 'SKIPPED' | 'OUT_OF_TIME'> {
  const { row, deadline } = run;
  const places = await placesFor(deliveryOf(run), stage.metrics);
  const race = new CancellationScope();
  try {
    return await race.run(() =>
      Promise.race([
        runAnalysis(run, stage, places),
        condition(() => isSkipped(run), Math.max(deadline - Date.now(), 0), {
          summary: `time limit of ${row.name}`,
        }).then((skipped) => (skipped ? 'SKIPPED' : 'OUT_OF_TIME')),
      ]),
    );
  } finally {
    race.cancel();
  }
}

/** The ANALYSIS stage: the gate. What was not measured never opens it. */
export async function analyse(run: StageRun, stage: AnalysisStage): Promise<StageEnd> {
  const { state, row } = run;
  row.expectedEndAt = iso(Date.now() + stage.initialDelay + stage.duration);
  const result = await judge(run, stage);
  if (result === 'SKIPPED') return skippedEnd(run);
  if (result === 'OUT_OF_TIME') {
    throw stageFailed(tookTooLong(run, stage));
  }
  state.analysis.push(...result.metrics.map((metric) => analysisDocument(row.id, metric)));
  row.detail = result.reason;
  const decision = decide(result, stage);
  if (result.verdict !== 'PASS' && result.verdict !== 'FAIL') run.people.tell('INCONCLUSIVE', decision.reason);
  switch (decision.action) {
    case 'PROCEED':
      return { status: 'SUCCEEDED', reason: decision.reason };
    case 'WAIT_APPROVAL':
      return approval(run, { approvers: [], minApprovers: 1 }, decision.reason);
    case 'ROLLBACK':
      throw stageFailed(decision.reason);
    default:
      return decision.action satisfies never;
  }
}
