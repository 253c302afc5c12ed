import type { AnalysisResult } from '../model/evidence.js';
import type { AnalysisStage } from '../model/stage.js';
import { measured } from './metric-verdict.js';

/** What the deployment does after an ANALYSIS stage. */
export interface Decision {
  action: 'PROCEED' | 'ROLLBACK' | 'WAIT_APPROVAL';
  reason: string;
}

/**
 * What follows from a stage's verdict. FAIL always rolls back. A gate that saw nothing takes `onNoData`, one that saw too little
 * `onNotEnoughData`. An ERROR is no verdict either: it takes `onNoData` when some counted metric measured nothing, else `onNotEnoughData`.
 */
export function decide(
  result: Pick<AnalysisResult, 'verdict' | 'reason' | 'metrics'>,
  stage: Pick<AnalysisStage, 'onNoData' | 'onNotEnoughData'>,
): Decision {
  switch (result.verdict) {
    case 'PASS':
      return { action: 'PROCEED', reason: result.reason };
    case 'FAIL':
      return { action: 'ROLLBACK', reason: result.reason };
    case 'NO_DATA':
      return { action: stage.onNoData, reason: `${result.reason} (onNoData: ${stage.onNoData})` };
    case 'NOT_ENOUGH_DATA':
      return { action: stage.onNotEnoughData, reason: `${result.reason} (onNotEnoughData: ${stage.onNotEnoughData})` };
    case 'ERROR': {
      const blind = result.metrics.some((metric) => !metric.dryRun && measured(metric.counts) === 0);
      return blind
        ? { action: stage.onNoData, reason: `${result.reason} (onNoData: ${stage.onNoData})` }
        : { action: stage.onNotEnoughData, reason: `${result.reason} (onNotEnoughData: ${stage.onNotEnoughData})` };
    }
    default:
      return result.verdict satisfies never;
  }
}
