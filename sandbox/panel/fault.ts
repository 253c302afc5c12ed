import { z } from 'zod';

const rate = z.number().min(0).max(1);
const realSeconds = z.number().min(0);
const matching = {
  id: z.string().optional(),
  skip: z.number().int().min(0).optional().describe('calls that pass first'),
  times: z.number().int().min(1).optional().describe('calls that it meets'),
};

/** A fault of every task whose image holds the words. */
const versionFaultSchema = z.strictObject({
  id: z.string().optional(),
  kind: z.literal('version'),
  image: z.string().min(1),
  errorRate: rate.optional().describe('answers with a 5xx of its own'),
  clientErrorRate: rate.optional().describe('answers with a 4xx'),
  responseMillis: z.number().min(0).optional().describe('its mean response time'),
  badGatewayRate: rate.optional().describe('breaks the connection: the load balancer answers 502'),
  crash: z.enum(['atStart', 'afterSeconds', 'cannotPull']).optional(),
  afterSeconds: realSeconds.optional().describe('with crash: afterSeconds'),
  neverHealthy: z.boolean().optional(),
  noCapacity: z.boolean().optional().describe('its tasks stay PROVISIONING, and RunTask finds no place'),
  runSeconds: realSeconds.optional().describe('how long its standalone tasks run'),
  exitCode: z.int().min(0).max(255).optional().describe('what its standalone tasks end with'),
});

/** A fault of the metrics sources. Without `times` it lasts until it is deleted. */
const metricsFaultSchema = z.strictObject({
  ...matching,
  kind: z.literal('metrics'),
  since: z.number().optional().describe('when it was added; written by the sandbox'),
  delaySeconds: realSeconds.optional(),
  silence: z.boolean().optional().describe('what happened since the fault was added never arrives'),
  nullTail: z.number().int().min(1).optional(),
  status: z.number().int().min(400).max(599).optional(),
  retryAfter: realSeconds.optional().describe('sent as Retry-After and X-RateLimit-Reset'),
  refuseKey: z.boolean().optional(),
  refuseConnection: z.boolean().optional(),
  emptySeries: z.boolean().optional().describe('one series without points'),
  malformed: z.boolean().optional().describe('a 200 that is not JSON'),
  statusError: z.boolean().optional().describe('a 200 that says status: error; for CloudWatch, InternalError'),
  partial: z
    .enum(['paged', 'cut'])
    .optional()
    .describe('CloudWatch gives half of the points: the rest on a second page, or never'),
});

/** A fault of the AWS API. Without `times` it meets one call. */
const apiFaultSchema = z.strictObject({
  ...matching,
  kind: z.literal('api'),
  operation: z.string().min(1).describe('as in the API, or * for all'),
  mode: z.enum(['error', 'throttle', 'loseAnswer', 'truncate', 'delay', 'hang']),
  code: z.string().optional(),
  message: z.string().optional(),
  status: z.number().int().min(400).max(599).optional(),
  seconds: realSeconds.optional().describe('with delay'),
  before: z.boolean().optional().describe('the fault comes before the change is made, not after'),
});

const consistencyFaultSchema = z.strictObject({
  id: z.string().optional(),
  kind: z.literal('consistency'),
  hideSeconds: realSeconds,
});

/** What can go wrong on purpose. Seconds here are real seconds: the sandbox's speed does not divide them. */
export const faultSchema = z.discriminatedUnion('kind', [
  versionFaultSchema,
  metricsFaultSchema,
  apiFaultSchema,
  consistencyFaultSchema,
]);

export type Fault = z.infer<typeof faultSchema>;
export type VersionFault = z.infer<typeof versionFaultSchema>;
export type MetricsFault = z.infer<typeof metricsFaultSchema>;
export type ApiFault = z.infer<typeof apiFaultSchema>;

/** The faults of the tasks that run one of these images. */
export function versionFaults(faults: readonly Fault[], images: readonly string[]): VersionFault[] {
  return faults.filter(
    (fault): fault is VersionFault => fault.kind === 'version' && images.some((image) => image.includes(fault.image)),
  );
}

/**
 * The fault that this AWS call meets, if any, counted down: one whose `skip` is used up, and which is removed after its last time.
 */
export function takeApiFault(faults: Fault[], operation: string): ApiFault | undefined {
  for (const fault of faults) {
    if (fault.kind !== 'api' || (fault.operation !== '*' && fault.operation !== operation)) continue;
    if (spend(faults, fault, 1)) return fault;
  }
  return undefined;
}

/** The faults that this question to the metrics source meets, counted down. */
export function takeMetricsFaults(faults: Fault[]): MetricsFault[] {
  return faults
    .filter((fault): fault is MetricsFault => fault.kind === 'metrics')
    .filter((fault) => spend(faults, fault));
}

function spend(faults: Fault[], fault: ApiFault | MetricsFault, otherwise?: number): boolean {
  if (fault.skip !== undefined && fault.skip > 0) {
    fault.skip -= 1;
    return false;
  }
  const left = fault.times ?? otherwise;
  if (left === undefined) return true;
  if (left <= 1) faults.splice(faults.indexOf(fault), 1);
  else fault.times = left - 1;
  return true;
}
