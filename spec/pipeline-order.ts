import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Metric } from '../model/metric.js';
import type { Stage } from '../model/stage.js';
import { checkComparisons } from './comparison-order.js';

/** A stage as far as it could be read. */
export interface ReadStage {
  name: string;
  stage?: Stage;
}

/** A side beside the primary, between two stages. */
interface SideStanding {
  stands: boolean;
  /** Percent of the tasks; unknown when its stage could not be read. */
  scale: number | undefined;
  /** Percent of the requests that go to its group. */
  share: number | undefined;
}

/** Where the pipeline stands between two stages, as far as the file tells. */
export interface Standing {
  canary: SideStanding;
  baseline: SideStanding;
  promoted: boolean;
}

type Side = 'canary' | 'baseline';
/** How requests come to the tasks: by weights that stages move, or to whatever task service discovery names. */
export type Access = 'WEIGHTS' | 'DISCOVERY';
export type Say = (message: string, fix: string) => void;

const NOTHING: SideStanding = { stands: false, scale: undefined, share: 0 };
const ROLLED_OUT_BY = { canary: 'ECS_CANARY_ROLLOUT', baseline: 'ECS_BASELINE_ROLLOUT' } as const;
const CLEANED_BY = { canary: 'ECS_CANARY_CLEAN', baseline: 'ECS_BASELINE_CLEAN' } as const;

/** Walks the pipeline as a deployment would and says where it would break, leave requests unserved or bring nothing out. */
export function checkOrder(reader: Reader, stages: readonly ReadStage[], path: Path, access: Access = 'WEIGHTS'): void {
  let standing: Standing = { canary: NOTHING, baseline: NOTHING, promoted: false };
  for (const [i, read] of stages.entries()) {
    const at = [...path, i];
    const error: Say = (message, fix) => {
      reader.error(at, message, fix);
    };
    const warning: Say = (message, fix) => {
      reader.warning(at, message, fix);
    };
    standing = after(standing, read, access, error, warning);
  }
  checkEnd(reader, standing, path);
}

function after(standing: Standing, { name, stage }: ReadStage, access: Access, error: Say, warning: Say): Standing {
  switch (name) {
    case 'ECS_CANARY_ROLLOUT':
      return rollOut(standing, 'canary', stage?.name === name ? stage.scale : undefined, access);
    case 'ECS_BASELINE_ROLLOUT':
      if (standing.promoted) {
        const message = 'after the promotion there is no gate left that could compare with a baseline';
        warning(message, 'Put it before ECS_PRIMARY_ROLLOUT, or delete it.');
      }
      return rollOut(standing, 'baseline', stage?.name === name ? stage.scale : undefined, access);
    case 'ECS_TRAFFIC_ROUTING':
      return route(standing, stage, error, warning);
    case 'ECS_PRIMARY_ROLLOUT':
    case 'ECS_SYNC':
      return { ...standing, promoted: true };
    case 'ECS_CANARY_CLEAN':
      return clean(standing, 'canary', error, warning);
    case 'ECS_BASELINE_CLEAN':
      return clean(standing, 'baseline', error, warning);
    case 'ANALYSIS':
      watch(standing, stage?.name === name ? stage.metrics : [], error, warning);
      return standing;
    case 'WAIT_APPROVAL':
      if (stage?.name === name && stage.analysis) watch(standing, stage.analysis.metrics, error, warning);
      return standing;
    default:
      return standing;
  }
}

function rollOut(standing: Standing, side: Side, scale: number | undefined, access: Access): Standing {
  // Tasks that are found by service discovery get requests as soon as they run: how many, their number says.
  const share = access === 'DISCOVERY' ? undefined : standing[side].share;
  return { ...standing, [side]: { stands: true, scale, share } };
}

function route(standing: Standing, stage: Stage | undefined, error: Say, warning: Say): Standing {
  if (stage?.name !== 'ECS_TRAFFIC_ROUTING') {
    const unknown = (side: SideStanding): SideStanding => ({ ...side, share: undefined });
    return { ...standing, canary: unknown(standing.canary), baseline: unknown(standing.baseline) };
  }
  const next = { ...standing };
  for (const side of ['canary', 'baseline'] as const) {
    const share = stage[side] ?? 0;
    const { stands, scale } = standing[side];
    next[side] = { ...standing[side], share };
    if (share > 0 && !stands) {
      error(`no ${side} stands here that could take requests`, `Put ${ROLLED_OUT_BY[side]} before it.`);
    }
    if (scale === undefined || share <= scale || stage.allowUndersized) continue;
    const message = `the ${side} gets ${share} % of the requests with ${scale} % of the tasks`;
    if (share === 100) error(message, 'Write scale: 100, or allowUndersized: true if that is meant.');
    else warning(message, `Write scale: ${share} or more, or allowUndersized: true if that is meant.`);
  }
  return next;
}

function clean(standing: Standing, side: Side, error: Say, warning: Say): Standing {
  const { share, stands } = standing[side];
  if (share) {
    const message = `the ${side} still gets ${share} % of the requests when it is removed`;
    error(message, 'Put ECS_TRAFFIC_ROUTING with primary: 100 before it.');
  }
  if (!stands) warning(`no ${side} stands here that could be removed`, 'Delete the stage.');
  return { ...standing, [side]: { ...standing[side], stands: false, scale: undefined } };
}

function watch(standing: Standing, metrics: readonly Metric[], error: Say, warning: Say): void {
  if (checkComparisons(standing, metrics, error, warning)) return;
  // Whom an https check asks, its address says.
  if (metrics.length > 0 && metrics.every(({ source }) => source === 'HTTP')) return;
  if (standing.promoted) {
    const message =
      'after the promotion the primary’s target group holds the new version: nothing of the old one is left to see';
    warning(message, 'Judge before ECS_PRIMARY_ROLLOUT.');
  } else if (standing.canary.share === 0) {
    const message = 'the new version gets no requests here: what is measured is the old one';
    warning(message, 'Put ECS_TRAFFIC_ROUTING with a share for the canary before it.');
  }
}

function checkEnd(reader: Reader, standing: Standing, path: Path): void {
  if (!standing.promoted) {
    const message = 'the pipeline never brings the new version out as the primary';
    reader.error(path, message, 'Add ECS_PRIMARY_ROLLOUT (or ECS_SYNC).');
  }
  for (const side of ['canary', 'baseline'] as const) {
    const { share, stands } = standing[side];
    if (share) {
      const message = `the pipeline ends with ${share} % of the requests on the ${side}`;
      reader.error(path, message, `Add ECS_TRAFFIC_ROUTING with primary: 100, then ${CLEANED_BY[side]}.`);
    } else if (stands) {
      const leaves = [`the pipeline leaves the ${side} standing`, `Add ${CLEANED_BY[side]} at its end.`] as const;
      // A canary left over is PipeCD's habit, and is removed at the end all the same; nobody's file has a baseline from there.
      if (side === 'canary') reader.warning(path, ...leaves);
      else reader.error(path, ...leaves);
    }
  }
}
