import { z } from 'zod';
import type { TaskSetSnapshot } from '../../model/delivery.js';
import type { JsonObject } from '../../model/json.js';
import type { TargetGroup } from '../../model/release.js';

const balancerSchema = z
  .array(z.object({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.number() }))
  .min(1);

/**
 * What the old version's task set is made of: where it takes requests (undefined when it takes none), and the other members of
 * CreateTaskSet.
 */
export function membersOfOld({ createTaskSet }: TaskSetSnapshot): { group?: TargetGroup; members: JsonObject } {
  const { loadBalancers, ...members } = createTaskSet;
  const group = balancerSchema.safeParse(loadBalancers).data?.[0];
  return { ...(group && { group }), members };
}
