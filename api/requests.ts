import { z } from 'zod';

const reason = z.string().trim().min(1).max(1_000);
const STATUSES = [
  'PENDING',
  'RUNNING',
  'WAITING_APPROVAL',
  'PAUSED',
  'ROLLING_BACK',
  'SUCCEEDED',
  'ROLLED_BACK',
  'CANCELLED',
  'FAILED',
  'SUPERSEDED',
] as const;
const fileText = z.string().max(512 * 1024);

export const StartDeployment = z.strictObject({
  files: z.record(z.string(), fileText),
  image: z.union([z.string(), z.record(z.string(), z.string())]).exactOptional(),
  commit: z
    .strictObject({
      hash: z.string().min(1),
      message: z.string().exactOptional(),
      author: z.string().exactOptional(),
      url: z.url().exactOptional(),
    })
    .exactOptional(),
  strategy: z.enum(['AUTO', 'QUICK_SYNC', 'PIPELINE']).default('AUTO'),
  platformProvider: z.string().exactOptional(),
  adopt: z.boolean().default(false),
});

export const Control = z.strictObject({ reason, stage: z.string().exactOptional() });
export const CancelControl = z.strictObject({
  reason,
  stage: z.string().exactOptional(),
  rollback: z.boolean().exactOptional(),
});
export const Hold = z.strictObject({ reason });
export const RollbackApplication = z.strictObject({ reason: reason.exactOptional(), to: z.string().exactOptional() });
export const CreateSession = z.strictObject({ key: z.string().min(1) });

export const ListDeployments = z.strictObject({
  app: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .exactOptional(),
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(STATUSES)))
    .exactOptional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().exactOptional(),
});
export const ListMeasurements = z.strictObject({
  stage: z.string().exactOptional(),
  metric: z.string().exactOptional(),
  cursor: z.string().exactOptional(),
});
export const ListLog = z.strictObject({ cursor: z.string().exactOptional() });
