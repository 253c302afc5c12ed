import { createHash } from 'node:crypto';
import {
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { SealedTaskDefinition } from '../../model/release.js';
import { change } from '../aws/change.js';
import { badInput, kindOf } from '../aws/errors.js';
import { pause, type Run } from '../run.js';
import { canonical } from '../traffic/weights.js';
import { TAG } from './tags.js';

/** Opens and closes what must not stand in histories in the clear. */
export interface Secrets {
  seal: (plain: string) => string;
  unseal: (sealed: string) => string;
}

const containerSchema = z.looseObject({
  name: z.string().default(''),
  image: z.string().default(''),
  portMappings: z.array(z.looseObject({ containerPort: z.number().optional() })).default([]),
});

const revisionSchema = z.object({
  taskDefinition: z.looseObject({
    taskDefinitionArn: z.string(),
    family: z.string(),
    status: z.string().default('ACTIVE'),
    containerDefinitions: z.array(containerSchema).default([]),
  }),
  tags: z.array(z.object({ key: z.string().default(''), value: z.string().default('') })).default([]),
});

/** A registered revision. */
export interface Revision {
  arn: string;
  family: string;
  active: boolean;
  /** Value of the tag `sluice:content`; absent on revisions that others registered. */
  content?: string;
  /** Value of the tag `sluice:secrets`: fields whose values nobody is shown. */
  secretFields?: string[];
  containers: z.infer<typeof containerSchema>[];
  /** The whole of it, as DescribeTaskDefinition answers it. */
  whole: Record<string, unknown>;
}

/** A revision by ARN, `family:revision`, or the latest ACTIVE one of a family; undefined when there is none. */
export async function readRevision(run: Run, name: string): Promise<Revision | undefined> {
  try {
    const { taskDefinition, tags } = revisionSchema.parse(
      await run.aws.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name, include: ['TAGS'] })),
    );
    const valueOf = (tag: string): string | undefined => tags.find(({ key }) => key === tag)?.value;
    const content = valueOf(TAG.content);
    const secretFields = valueOf(TAG.secrets)?.split(' ');
    return {
      arn: taskDefinition.taskDefinitionArn,
      family: taskDefinition.family,
      active: taskDefinition.status === 'ACTIVE',
      ...(content !== undefined && { content }),
      ...(secretFields && { secretFields }),
      containers: taskDefinition.containerDefinitions,
      whole: taskDefinition,
    };
  } catch (error) {
    // ECS has no error of its own for an unknown revision: ClientException "Unable to describe task definition."
    if (kindOf(error) === 'refused') return undefined;
    throw error;
  }
}

/** Fields that DescribeTaskDefinition adds and RegisterTaskDefinition does not take (ecs-alb-facts §6). */
const OUTPUT_ONLY = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
]);

/** A registered revision as it would be registered again. */
export function requestOf({ whole }: Pick<Revision, 'whole'>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(whole).filter(([field, value]) => !OUTPUT_ONLY.has(field) && value !== undefined),
  );
}

/** … sealed. */
export function sealRevision(revision: Revision, { seal }: Secrets): SealedTaskDefinition {
  const request = requestOf(revision);
  return {
    family: revision.family,
    content: revision.content ?? createHash('sha256').update(canonical(request)).digest('hex'),
    images: Object.fromEntries(revision.containers.map(({ name, image }) => [name, image])),
    sealed: seal(JSON.stringify(request)),
    ...(revision.secretFields && { secretFields: revision.secretFields }),
  };
}

/** AWS's limit of a tag's value (ecs-alb-facts §17). */
const LONGEST_TAG = 256;

/** The tag that names the fields of secrets; too many for it, and it names what they stand in. */
function secretsTag(fields: readonly string[] = []): { key: string; value: string }[] {
  if (fields.length === 0) return [];
  const value = fields.join(' ');
  const whole = [...new Set(fields.map((field) => field.split('.', 1)[0]))].join(' ');
  return [{ key: TAG.secrets, value: value.length <= LONGEST_TAG ? value : whole }];
}

const requestSchema = z.looseObject({
  family: z.string(),
  containerDefinitions: z.array(containerSchema).min(1),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
});

/** The RegisterTaskDefinition request inside. @throws FAILURE.input when it cannot be opened or read: no retry mends that. */
export function openDefinition(definition: SealedTaskDefinition, { unseal }: Secrets): z.infer<typeof requestSchema> {
  let plain: string;
  try {
    plain = unseal(definition.sealed);
  } catch (error) {
    throw badInput(`The task definition ${definition.family} could not be unsealed: ${String(error)}`);
  }
  const parsed = requestSchema.safeParse(JSON.parse(plain));
  if (!parsed.success) throw badInput(`The task definition ${definition.family} is not whole: ${parsed.error.message}`);
  return parsed.data;
}

const listSchema = z.object({ taskDefinitionArns: z.array(z.string()).default([]) });
const NEWEST = 10;

function familyOf(arn: string): string {
  return (arn.split('/').at(-1) ?? '').replace(/:\d+$/, '');
}

/**
 * An ACTIVE revision of this very content: the latest of the family, else one of its newest ten (ecs-alb-facts §17). The prefix search
 * of AWS finds other families too; they are left out.
 */
export async function findByContent(
  run: Run,
  { family, content }: SealedTaskDefinition,
): Promise<Revision | undefined> {
  const right = (revision: Revision | undefined): boolean => revision?.active === true && revision.content === content;
  const latest = await readRevision(run, family);
  if (right(latest)) return latest;
  const { taskDefinitionArns } = listSchema.parse(
    await run.aws.ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC', status: 'ACTIVE', maxResults: NEWEST }),
    ),
  );
  for (const arn of taskDefinitionArns) {
    if (familyOf(arn) !== family || arn === latest?.arn) continue;
    const revision = await readRevision(run, arn);
    if (right(revision)) return revision;
  }
  return undefined;
}

const registeredSchema = z.object({ taskDefinition: z.object({ taskDefinitionArn: z.string() }) });

/**
 * The full ARN of a registered revision of this content; registers it if there is none. There is no client token: after an answer
 * that was lost, the tag finds the revision again (ecs-alb-facts §17). Revisions are never deregistered.
 */
export function ensureRegistered(run: Run, definition: SealedTaskDefinition, secrets: Secrets): Promise<string> {
  const key = `${run.aws.region} ${definition.family}`;
  return run.inTurn(key, () => registerOnce(run, definition, secrets));
}

async function registerOnce(run: Run, definition: SealedTaskDefinition, secrets: Secrets): Promise<string> {
  const { report, aws, ctx, settings } = run;
  const right = async (): Promise<string | undefined> => (await findByContent(run, definition))?.arn;
  let known = await right();
  if (known === undefined && ctx.attempt > 1) {
    await pause(run, settings.absence);
    known = await right();
  }
  if (known === undefined) {
    const request = openDefinition(definition, secrets);
    const tags = [
      ...request.tags.filter(({ key }) => !key.startsWith('sluice:')),
      { key: TAG.managedBy, value: 'sluice' },
      { key: TAG.content, value: definition.content },
      ...secretsTag(definition.secretFields),
    ];
    const answer = await change(run, {
      command: 'RegisterTaskDefinition',
      resource: definition.family,
      look: async () => ((await right()) === undefined ? {} : undefined),
      send: (_seen, options) => aws.ecsChanges.send(new RegisterTaskDefinitionCommand({ ...request, tags }), options),
      say: () => `Registered the task definition ${definition.family}`,
    });
    if (answer) return registeredSchema.parse(answer).taskDefinition.taskDefinitionArn;
    known = await right();
    if (known === undefined) throw new Error(`The revision of ${definition.family} that was just seen is gone.`);
  }
  report.info(`The task definition is registered already: ${known.split('/').at(-1) ?? known}`);
  return known;
}

/**
 * The revision if it can still start task sets, else one of the same content (ecs-alb-facts §17: INACTIVE ones cannot, and can be
 * read). `definition` is that content, where it is known, for a revision that was deleted.
 */
export async function ensureUsable(
  run: Run,
  arn: string,
  definition: SealedTaskDefinition | undefined,
  secrets: Secrets,
): Promise<string> {
  const revision = await readRevision(run, arn);
  if (revision?.active) return revision.arn;
  const same = revision ? sealRevision(revision, secrets) : definition;
  if (!same) throw badInput(`Revision ${arn} was deleted: deploy that version from its files again.`);
  run.report.warn(`Revision ${arn} cannot be used any more; the same content is registered again`);
  return ensureRegistered(run, same, secrets);
}
