import { z } from 'zod';
import { parseArn } from '../../spec/arn.js';
import { APP_NAME } from '../../spec/http.js';

/** Where ready-made metrics can be read from, and `none`: then a person decides. */
export const METRICS = ['cloudwatch', 'datadog', 'prometheus', 'tasks', 'none'] as const;

const ecsName = z.string().regex(/^[\w-]{1,255}$/, { error: 'must be letters, digits, dashes or underscores' });
const word = z.string().regex(/^\S+$/, { error: 'must be one word' });

const targetGroup = z.string().refine(
  (arn) => {
    const parsed = parseArn(arn);
    return parsed?.service === 'elasticloadbalancing' && /^targetgroup\/[^/]+\/[^/]+$/.test(parsed.resource);
  },
  { error: 'must be the ARN of a target group: arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID' },
);

function ids(prefix: string, least: number) {
  return z
    .string()
    .transform((list) => list.split(/[,\s]+/).filter(Boolean))
    .pipe(
      z
        .array(z.string().regex(new RegExp(`^${prefix}-\\w+$`), { error: `must be ${prefix}-…, divided by commas` }))
        .min(least, { error: `must be at least one ${prefix}-…` }),
    );
}

/** What each answer must be. They are texts until here: people type them. */
const ANSWER = {
  app: z.string().regex(APP_NAME, { error: 'must be lower-case letters, digits and dashes, at most 63' }),
  cluster: word,
  service: ecsName,
  container: ecsName,
  port: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a port number' })
    .transform(Number)
    .pipe(z.int().min(1).max(65_535)),
  image: word,
  primaryTargetGroup: targetGroup,
  canaryTargetGroup: targetGroup,
  subnets: ids('subnet', 1),
  securityGroups: ids('sg', 0),
  publicIp: z.enum(['yes', 'no']),
  executionRole: z
    .string()
    .regex(/^(arn:aws[a-z-]*:iam::\d{12}:role\/\S+)?$/, { error: 'must be arn:aws:iam::ACCOUNT:role/NAME' }),
  metrics: z.enum(METRICS, { error: `must be one of ${METRICS.join(', ')}` }),
  metricsProvider: word,
};

export type AnswerKey = keyof typeof ANSWER;
/** As typed. */
export type Typed = Partial<Record<AnswerKey, string | undefined>>;

/** All that can be answered. */
export const ANSWERED = Object.keys(ANSWER) as AnswerKey[];

/** The answers as they are used. */
export const answersSchema = z.object({ ...ANSWER, metricsProvider: ANSWER.metricsProvider.default('') });
export type Answers = z.output<typeof answersSchema>;

/** What is wrong with an answer, if anything. */
export function problemWith(key: AnswerKey, typed: string): string | undefined {
  return ANSWER[key].safeParse(typed).error?.issues[0]?.message;
}
