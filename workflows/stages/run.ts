import { weightsFor, type Weights } from '../../model/delivery.js';
import type { Stage } from '../../model/stage.js';
import { analyse } from './analysis.js';
import { deliver } from './deliver.js';
import { runTask } from './run-task.js';
import { script } from './script.js';
import type { StageEnd, StageRun } from './stage-run.js';
import { wait } from './wait.js';
import { waitApproval } from './wait-approval.js';

function trafficSummary({ primary, canary, baseline }: Weights): string {
  const shares = `traffic ${primary} % primary, ${canary} % canary`;
  return baseline === undefined ? shares : `${shares}, ${baseline} % baseline`;
}

/** Runs one stage of the pipeline. */
export function runStage(run: StageRun, stage: Stage): Promise<StageEnd> {
  const image = run.state.input.release.image;
  switch (stage.name) {
    case 'ECS_SYNC':
      if (!('snapshot' in run.handle)) return runTask(run, run.handle);
      return deliver(run, { at: 'SYNCED' }, `replace the running version by ${image}`);
    case 'ECS_CANARY_ROLLOUT':
      return deliver(run, { at: 'CANARY_READY', scale: stage.scale }, `canary of ${image} at ${stage.scale} % scale`);
    case 'ECS_TRAFFIC_ROUTING':
      return deliver(
        run,
        {
          at: 'TRAFFIC',
          canary: stage.canary,
          ...(stage.baseline !== undefined && { baseline: stage.baseline }),
        },
        trafficSummary(weightsFor(stage.canary, stage.baseline)),
      );
    case 'ECS_PRIMARY_ROLLOUT':
      return deliver(run, { at: 'PROMOTED' }, `promote ${image} to primary`);
    case 'ECS_CANARY_CLEAN':
      return deliver(run, { at: 'CANARY_GONE' }, 'remove the canary task set');
    case 'ECS_BASELINE_ROLLOUT':
      return deliver(
        run,
        { at: 'BASELINE_READY', scale: stage.scale },
        `baseline of the running version at ${stage.scale} % scale`,
      );
    case 'ECS_BASELINE_CLEAN':
      return deliver(run, { at: 'BASELINE_GONE' }, 'remove the baseline task set');
    case 'WAIT':
      return wait(run, stage);
    case 'WAIT_APPROVAL':
      return waitApproval(run, stage);
    case 'ANALYSIS':
      return analyse(run, stage);
    case 'SCRIPT_RUN':
      return script(run, stage);
    default:
      return stage satisfies never;
  }
}
