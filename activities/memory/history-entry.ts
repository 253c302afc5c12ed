import { z } from 'zod';
import { DEPLOYMENT_STATUSES } from '../../model/wire.js';
import type { HistoryEntry } from '../../model/wire.js';

/** The part of a deployment document that an application remembers, as it comes from a memo or a workflow's result. */
const remembered = z.object({
  id: z.string(),
  status: z.enum(DEPLOYMENT_STATUSES),
  reason: z.string(),
  version: z.object({ image: z.string(), commit: z.string(), taskDefinition: z.string() }).partial(),
  rollbackTo: z.string().optional(),
  trigger: z.object({ at: z.string() }),
  startedAt: z.string().optional(),
  completedAt: z.string().optional(),
  analysis: z.array(z.unknown()).catch([]),
});

const REASON_LENGTH = 200;

/** A deployment document as one line of an application's history; undefined when it is none, or of one that has not ended. */
export function historyEntry(document: unknown): HistoryEntry | undefined {
  const { success, data } = remembered.safeParse(document);
  if (!success || data.completedAt === undefined) return undefined;
  const { image, commit, taskDefinition } = data.version;
  return {
    id: data.id,
    status: data.status,
    ...(image !== undefined && { image }),
    ...(commit !== undefined && { commit }),
    ...(taskDefinition !== undefined && { taskDefinition }),
    startedAt: data.startedAt ?? data.trigger.at,
    completedAt: data.completedAt,
    ...(data.rollbackTo !== undefined && { rollbackTo: data.rollbackTo }),
    ...(data.analysis.length > 0 && { analysed: true as const }),
    reason: data.reason.slice(0, REASON_LENGTH),
  };
}

/** The deployment that a rollback brings back, of the rollback's own document; undefined of any other document. */
export function rollbackOf(document: unknown): string | undefined {
  return remembered.safeParse(document).data?.rollbackTo;
}
