import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Stage } from '../model/stage.js';

/** A stage as far as it could be read. */
export interface ReadStage {
  name: string;
  stage?: Stage;
}

/** Where the pipeline stands between two stages, as far as the file tells. */
interface Standing {
  /** A canary stands; its scale in percent is unknown when its stage could not be read. */
  canary: boolean;
  scale: number | undefined;
  /** Percent of the requests that go to the canary's group. */
  share: number | undefined;
  promoted: boolean;
}

type Say = (message: string, fix: string) => void;

/** Walks the pipeline as a deployment would and says where it would break, leave requests unserved or bring nothing out. */
export function checkOrder(reader: Reader, stages: readonly ReadStage[], path: Path): void {
  let standing: Standing = { canary: false, scale: undefined, share: 0, promoted: false };
  for (const [i, read] of stages.entries()) {
    const at = [...path, i];
    const error: Say = (message, fix) => {
      reader.error(at, message, fix);
    };
    const warning: Say = (message, fix) => {
      reader.warning(at, message, fix);
    };
    standing = after(standing, read, error, warning);
  }
  checkEnd(reader, standing, path);
}

function after(standing: Standing, { name, stage }: ReadStage, error: Say, warning: Say): Standing {
  switch (name) {
    case 'ECS_CANARY_ROLLOUT':
      return { ...standing, canary: true, scale: stage?.name === name ? stage.scale : undefined };
    case 'ECS_TRAFFIC_ROUTING':
      return route(standing, stage, error, warning);
    case 'ECS_PRIMARY_ROLLOUT':
    case 'ECS_SYNC':
      return { ...standing, promoted: true };
    case 'ECS_CANARY_CLEAN':
      return clean(standing, error, warning);
    case 'ANALYSIS':
      watch(standing, warning);
      return standing;
    default:
      return standing;
  }
}

function route(standing: Standing, stage: Stage | undefined, error: Say, warning: Say): Standing {
  if (stage?.name !== 'ECS_TRAFFIC_ROUTING') return { ...standing, share: undefined };
  const { canary: share, allowUndersized } = stage;
  const { scale } = standing;
  if (share > 0 && !standing.canary) {
    error('no canary stands here that could take requests', 'Put ECS_CANARY_ROLLOUT before it.');
  }
  if (scale !== undefined && share > scale && !allowUndersized) {
    const message = `the canary gets ${share} % of the requests with ${scale} % of the tasks`;
    if (share === 100) error(message, 'Write scale: 100, or allowUndersized: true if that is meant.');
    else warning(message, `Write scale: ${share} or more, or allowUndersized: true if that is meant.`);
  }
  return { ...standing, share };
}

function clean(standing: Standing, error: Say, warning: Say): Standing {
  if (standing.share) {
    const message = `the canary still gets ${standing.share} % of the requests when it is removed`;
    error(message, 'Put ECS_TRAFFIC_ROUTING with primary: 100 before it.');
  }
  if (!standing.canary) warning('no canary stands here that could be removed', 'Delete the stage.');
  return { ...standing, canary: false, scale: undefined };
}

function watch(standing: Standing, warning: Say): void {
  if (standing.promoted) {
    const message =
      'after the promotion the primary’s target group holds the new version: nothing of the old one is left to see';
    warning(message, 'Judge before ECS_PRIMARY_ROLLOUT.');
  } else if (standing.share === 0) {
    const message = 'the new version gets no requests here: what is measured is the old one';
    warning(message, 'Put ECS_TRAFFIC_ROUTING with a share for the canary before it.');
  }
}

function checkEnd(reader: Reader, { canary, share, promoted }: Standing, path: Path): void {
  if (!promoted) {
    const message = 'the pipeline never brings the new version out as the primary';
    reader.error(path, message, 'Add ECS_PRIMARY_ROLLOUT (or ECS_SYNC).');
  }
  if (share) {
    const message = `the pipeline ends with ${share} % of the requests on the canary`;
    reader.error(path, message, 'Add ECS_TRAFFIC_ROUTING with primary: 100, then ECS_CANARY_CLEAN.');
  } else if (canary) {
    reader.warning(path, 'the pipeline leaves the canary standing', 'Add ECS_CANARY_CLEAN at its end.');
  }
}
