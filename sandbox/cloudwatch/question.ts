import { z } from 'zod';
import { validationError } from '../aws/aws-error.js';
import { SECOND } from '../cloud/times.js';

const dimension = z.object({ Name: z.string().min(1), Value: z.string().min(1) });

const entry = z.object({
  Id: z.string().min(1).max(255),
  MetricStat: z
    .object({
      Metric: z.object({
        Namespace: z.string(),
        MetricName: z.string(),
        Dimensions: z.array(dimension).max(30).default([]),
      }),
      Period: z.number().int().min(1),
      Stat: z.string(),
    })
    .optional(),
  Expression: z.string().min(1).max(2048).optional(),
  Period: z.number().int().min(1).optional(),
  Label: z.string().optional(),
  ReturnData: z.boolean().default(true),
});

export const dataInput = z.object({
  MetricDataQueries: z.array(entry).min(1).max(500),
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.enum(['TimestampAscending', 'TimestampDescending']).default('TimestampDescending'),
  MaxDatapoints: z.number().int().min(1).max(100_800).default(100_800),
  NextToken: z.string().optional(),
});

export const listInput = z.object({
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string().optional() })).default([]),
  NextToken: z.string().optional(),
});

export type Question = z.infer<typeof dataInput>;
export type Entry = z.infer<typeof entry>;

/** AWS's periods under a minute; the sandbox, which may run faster, has others too. */
const SHORT_PERIODS = [1, 5, 10, 20, 30];

/**
 * Reads an input of CloudWatch.
 *
 * @throws AwsError - ValidationError, as AWS answers it
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw validationError(`The value for parameter ${issue?.path.join('.') ?? ''} is not valid: ${issue?.message ?? ''}`);
}

/**
 * The rules that hold for a question as a whole.
 *
 * @param bucket - length of the sandbox's buckets in ms
 * @throws AwsError - ValidationError
 */
export function checkQuestion({ MetricDataQueries, StartTime, EndTime }: Question, bucket: number): void {
  if (StartTime >= EndTime) {
    throw validationError('The parameter StartTime must be less than the parameter EndTime.');
  }
  const ids = new Set<string>();
  for (const { Id, MetricStat, Expression, Period } of MetricDataQueries) {
    if (!/^[a-z]\w*$/.test(Id))
      throw validationError(
        `The value ${Id} for parameter MetricDataQueries.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if (ids.has(Id)) throw validationError(`The values for parameter MetricDataQueries.Id are not unique: ${Id}.`);
    ids.add(Id);
    if ((MetricStat === undefined) === (Expression === undefined)) {
      throw validationError(`The parameter MetricDataQueries.${Id} must have either MetricStat or Expression.`);
    }
    const period = MetricStat?.Period ?? Period;
    if (period === undefined || SHORT_PERIODS.includes(period) || period % 60 === 0 || (period * SECOND) % bucket === 0)
      continue;
    throw validationError(`Period must be 1, 5, 10, 20, 30 or a multiple of 60, and is ${period}.`);
  }
  if (!MetricDataQueries.some(({ ReturnData }) => ReturnData)) {
    throw validationError('At least one MetricDataQuery must have ReturnData true.');
  }
}

/** Id → entry. */
export function byId({ MetricDataQueries }: Question): ReadonlyMap<string, Entry> {
  return new Map(MetricDataQueries.map((each) => [each.Id, each]));
}
