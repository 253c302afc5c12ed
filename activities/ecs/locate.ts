import type { DeliveryHandle } from '../../model/delivery.js';
import type { TaskSetPlace, Variant } from '../../model/metric.js';
import type { TargetGroup } from '../../model/release.js';
import type { Run } from '../run.js';
import { readSets } from './step.js';
import type { TaskSet } from './task-set.js';

/** Where the tasks of each version stand now. A version without a task set is left out. */
export async function locate(run: Run, handle: DeliveryHandle): Promise<Partial<Record<Variant, TaskSetPlace>>> {
  const { service, targetGroups, provider } = handle.release;
  const sets = await readSets(run, handle);
  const place = (set: TaskSet | undefined, group: TargetGroup | undefined): TaskSetPlace | undefined =>
    set && {
      provider,
      cluster: service.cluster,
      service: service.serviceName,
      taskSetArn: set.taskSetArn,
      ...(group && { containerName: group.containerName, containerPort: group.containerPort }),
    };
  const canary = place(sets.canary, targetGroups.canary);
  const primary = place(sets.primary, targetGroups.primary);
  const baseline = place(sets.baseline, targetGroups.baseline);
  return { ...(canary && { canary }), ...(primary && { primary }), ...(baseline && { baseline }) };
}
