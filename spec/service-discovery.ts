import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { ServiceDefinition } from '../model/release.js';
import type { Stage, StageName } from '../model/stage.js';
import type { Application } from './application.js';

/** `accessType` of tasks that others find by Cloud Map, with no load balancer before them (pipecd.md §3.7). */
export const SERVICE_DISCOVERY = 'SERVICE_DISCOVERY';

/** Stages that move or use weights, which nothing has here. */
const OF_WEIGHTS: Readonly<Partial<Record<StageName, string>>> = {
  ECS_TRAFFIC_ROUTING:
    'Delete it: the canary’s share of the requests is that of its tasks, from ECS_CANARY_ROLLOUT on.',
  ECS_BASELINE_ROLLOUT: 'Delete it: a baseline needs a target group of its own.',
  ECS_BASELINE_CLEAN: 'Delete it: a baseline needs a target group of its own.',
};

/** Whether the tasks are found by service discovery. */
export function isDiscovered({ input }: Application): boolean {
  return input.accessType === SERVICE_DISCOVERY;
}

/** Refuses what needs weights, and metrics that ask the tasks at the target groups' port. */
export function checkDiscoveredStages(
  reader: Reader,
  { input, inputPath }: Application,
  stages: readonly Stage[],
  path: Path,
): void {
  if (input.targetGroups) {
    const message = 'targetGroups are not used with accessType SERVICE_DISCOVERY';
    reader.warning([...inputPath, 'targetGroups'], message, 'Delete them, or write accessType: ELB.');
  }
  for (const [i, stage] of stages.entries()) {
    const fix = OF_WEIGHTS[stage.name];
    if (fix !== undefined) {
      const message = `there are no weights that ${stage.name} could move: tasks found by service discovery are asked as soon as they run`;
      reader.error([...path, i], message, fix);
    }
    const metrics =
      stage.name === 'ANALYSIS' ? stage.metrics : stage.name === 'WAIT_APPROVAL' ? (stage.analysis?.metrics ?? []) : [];
    if (metrics.some(({ source }) => source === 'TASKS')) {
      const message = 'metrics of type TASKS need the container and port of a target group, and there is none';
      reader.error([...path, i], message, 'Ask a metrics source that tells the versions apart by task set.');
    }
  }
}

/** Nobody finds the tasks without a registry: a worker that takes no requests may mean that. */
export function checkRegistries(reader: Reader, { createTaskSet }: ServiceDefinition): void {
  if (createTaskSet['serviceRegistries'] !== undefined) return;
  const message = 'serviceRegistries is missing: with accessType SERVICE_DISCOVERY nobody finds the tasks';
  reader.warning(
    ['serviceRegistries'],
    message,
    'Write serviceRegistries: [{registryArn: …}], unless nobody asks them.',
  );
}

/** The container that a registry names: what people call the version. */
export function containerOfRegistry({ createTaskSet }: ServiceDefinition): string | undefined {
  const registries = createTaskSet['serviceRegistries'];
  const [first] = Array.isArray(registries) ? registries : [];
  const name = typeof first === 'object' && first && !Array.isArray(first) ? first['containerName'] : undefined;
  return typeof name === 'string' ? name : undefined;
}
