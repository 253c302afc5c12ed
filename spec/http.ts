import { z } from 'zod';
import { DEPLOYMENT_STATUSES } from '../model/wire.js';

// What the HTTP API takes (design, Contract). The OpenAPI document is made from these.

/** An application's name in a path. */
export const APP_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** A deployment's id in a path. */
export const DEPLOYMENT_ID = /^[a-z0-9][a-z0-9-]{0,62}-[1-9][0-9]{0,9}$/;

/** A configured repository's name in a path. */
export const REPOSITORY_ID = /^[^/\p{Cc}]{1,100}$/u;

/** A branch, tag or commit: what no git command takes for an option or a range. */
const GIT_REF = /^(?!-)(?!.*\.\.)[\w./+-]{1,200}$/;

const FILE_CHARACTERS = 512 * 1024;
/** As much as is kept of a commit that is read from git. */
const MESSAGE_CHARACTERS = 2_000;
const REASON_CHARACTERS = 1_000;
const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;

/** A state of a deployment. */
export const DeploymentStatus = z.enum(DEPLOYMENT_STATUSES);

const image = z.string().min(1);
const reason = z.string().trim().min(1).max(REASON_CHARACTERS).describe('Why: kept in the trail.');
const cursor = z.string().describe('From the page before.').exactOptional();
const stage = z.string().describe('The stage that is meant; the current one when left out.').exactOptional();
const appName = z.string().regex(APP_NAME, { error: 'must be lower-case letters, digits and dashes, at most 63' });
const provider = z.string().min(1).describe('The ECS provider, when several are configured.').exactOptional();

const startFields = {
  files: z
    .record(z.string(), z.string().max(FILE_CHARACTERS))
    .describe(
      'File name → text: app.pipecd.yaml, the service and task definition that it names, and files of kind: AnalysisTemplate.',
    )
    .exactOptional(),
  git: z
    .strictObject({
      repoId: z.string().min(1).describe('Of a configured repository.'),
      ref: z
        .string()
        .regex(GIT_REF, { error: 'must be a branch, a tag or a commit' })
        .describe('A branch, a tag or a commit; the head of the configured branch when left out.')
        .exactOptional(),
      path: z.string().min(1).max(1_000).describe('Folder of the application, or its application file.'),
    })
    .describe('Instead of files.')
    .exactOptional(),
  image: z
    .union([image, z.record(z.string(), image)], { error: 'must be an image, or a map of container names to images' })
    .describe('Replaces the image of the container named in targetGroups.primary, or of the containers named.')
    .exactOptional(),
  commit: z
    .strictObject({
      hash: z.string().min(1),
      message: z
        .string()
        .transform((message) => message.slice(0, MESSAGE_CHARACTERS))
        .exactOptional(),
      author: z.string().exactOptional(),
      url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).exactOptional(),
    })
    .exactOptional(),
  strategy: z.enum(['AUTO', 'QUICK_SYNC', 'PIPELINE']).default('AUTO'),
  platformProvider: provider,
  adopt: z.boolean().default(false).describe('Take over the task sets that PipeCD left.'),
};

const oneSource = {
  error: 'send either the files, or git: where they are to be read from',
  path: ['files'],
};
const hasOneSource = ({ files, git }: { files?: unknown; git?: unknown }): boolean =>
  (files === undefined) !== (git === undefined);

/** `POST /applications/{app}/deployments` */
export const StartDeployment = z.strictObject(startFields).refine(hasOneSource, oneSource);

/** `POST /plan` */
export const PlanDeployment = z.strictObject({ app: appName, ...startFields }).refine(hasOneSource, oneSource);

/** `POST /deployments/{id}/{approve,reject,skip,pause,resume,rollback}` */
export const Control = z.strictObject({ reason, stage });

/** `POST /deployments/{id}/cancel` */
export const CancelControl = z.strictObject({
  reason,
  stage,
  rollback: z.boolean().describe('False keeps what was done and marks the application DIVERGED.').exactOptional(),
});

/** `POST /applications/{app}/{hold,release}` */
export const Hold = z.strictObject({ reason });

/** `POST /applications/{app}/rollback` */
export const RollbackApplication = z.strictObject({
  reason: reason.exactOptional(),
  to: z
    .string()
    .regex(DEPLOYMENT_ID, { error: 'must be the id of a deployment, such as web-7' })
    .describe('An earlier good deployment; the last good one when left out.')
    .exactOptional(),
});

/** `POST /applications/{app}/rename` */
export const RenameApplication = z.strictObject({
  to: appName.describe('The new name, which nothing good was ever deployed under.'),
  reason,
});

const line = z
  .string()
  .max(1_000)
  .regex(/^\P{Cc}*$/u, { error: 'must not hold line breaks or control characters' });
const few = <T extends z.ZodType<string>>(key: T) =>
  z.record(key, line.max(200)).refine((all) => Object.keys(all).length <= 20, { error: 'must be at most 20' });

/** `POST /events` */
export const RegisterEvent = z.strictObject({
  name: line.min(1).max(200).describe('What an event watcher waits for.'),
  data: line.min(1).describe('The value that is written, such as an image.'),
  labels: few(line.min(1).max(200)).default({}).describe('Must be those of the watcher.'),
  contexts: few(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, { error: 'must be letters, digits and dashes' }))
    .default({})
    .describe('Written into the commit as trailers.'),
});

/** `POST /session` */
export const CreateSession = z.strictObject({ key: z.string().min(1) });

/** `GET /deployments?…` */
export const ListDeployments = z.strictObject({
  app: appName.exactOptional(),
  status: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(DeploymentStatus))
    .describe('One or more states, divided by commas.')
    .exactOptional(),
  text: z.string().trim().max(80).toLowerCase().describe('A part of the id.').exactOptional(),
  limit: z.coerce.number({ error: 'must be a number' }).int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor,
});

/** `GET /insights?…` */
export const ReadInsights = z.strictObject({
  days: z.coerce.number({ error: 'must be a number' }).int().min(1).max(365).default(30),
  label: z
    .string()
    .min(1)
    .max(200)
    .describe('By the values of this label; by application when left out.')
    .exactOptional(),
});

/** `GET /deployments/{id}/measurements?…` */
export const ListMeasurements = z.strictObject({
  stage: z.string().exactOptional(),
  metric: z.string().exactOptional(),
  cursor,
});

/** `GET /deployments/{id}/log?…` */
export const ListLog = z.strictObject({ cursor });
