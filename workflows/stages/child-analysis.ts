import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { formatDuration } from '../../model/duration.js';
import type { AnalysisResult } from '../../model/evidence.js';
import type { VariantPlaces } from '../../model/metric.js';
import type { AnalysisStage } from '../../model/stage.js';
import { analysisWorkflowId } from '../../model/workflow-id.js';
import type { AnalysisWorkflow } from '../messages.js';
import { trafficOf } from '../deployment-state.js';
import { deliveryOf, type StageRun } from './stage-run.js';

/** The analysis as a child workflow, so that its own history can be continued as new. One for each stage: its id is the stage's. */
export function runAnalysis(
  run: StageRun,
  stage: AnalysisStage,
  places: VariantPlaces | undefined,
): Promise<AnalysisResult> {
  const { state, row } = run;
  return executeChild<AnalysisWorkflow>('analysis', {
    workflowId: analysisWorkflowId(state.input.id, row.id),
    args: [
      {
        app: state.input.app,
        deployment: state.input.id,
        stage,
        beganAt: Date.now(),
        ...(places && { places }),
        ...(state.previous !== undefined && { previous: state.previous }),
        ...(state.traffic?.verifiedAt !== undefined && {
          trafficVerifiedAt: state.traffic.verifiedAt,
          traffic: trafficOf(deliveryOf(run), state.traffic.wanted),
        }),
      },
    ],
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticDetails: stage.metrics
      .map((m) => `- **${m.name}** ${m.strategy} on ${m.provider}, each ${formatDuration(m.interval)}`)
      .join('\n'),
    staticSummary: `ANALYSIS of ${state.input.id}: ${stage.metrics.length} metric(s) over ${formatDuration(stage.duration)}`,
  });
}
