import { z } from 'zod';
import { duration, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { DriftSettings } from '../model/drift.js';
import type { EventWatcher } from '../model/event-watcher.js';
import type { CommitMatcher, Trigger } from '../model/trigger.js';
import { driftFields, readDrift } from './drift.js';
import { eventWatcherFields, readApplicationWatchers } from './event-watcher.js';
import { RECREATE } from './stage.js';
import { commitMatcherFields, readCommitMatcher, readTrigger, triggerFields } from './trigger.js';

const targetGroup = z.object({
  targetGroupArn: z.string().min(1),
  containerName: z.string().min(1),
  containerPort: z.int().min(1).max(65_535),
  loadBalancerName: z.string().optional(),
});

const input = z.object({
  serviceDefinitionFile: z.string().optional(),
  taskDefinitionFile: z.string().optional(),
  targetGroups: z
    .object({ primary: targetGroup.optional(), canary: targetGroup.optional(), baseline: targetGroup.optional() })
    .optional(),
  accessType: z.string().optional(),
  autoRollback: z.boolean().optional(),
  strictRules: z.boolean().optional(),
  clusterArn: z.unknown().optional(),
  launchType: z.unknown().optional(),
  awsvpcConfiguration: z.unknown().optional(),
  runStandaloneTask: z.unknown().optional(),
});

const quickSync = z.object({ recreate: z.boolean().optional() });

/** PipeCD's fields for things that are not (or not yet) done by a deployment: accepted, and said to do nothing. */
const NOT_USED = {
  postSync: 'deployment chains are not supported yet',
  notification: 'notifications are configured on the server (webhook)',
} as const;

/** PipeCD's fields that change what the other files say: ignoring them would deploy something else. */
const NOT_YET = ['encryption', 'attachment'] as const;

/** Fields of `input` that PipeCD reads for standalone tasks alone. */
const STANDALONE_ONLY = ['clusterArn', 'launchType', 'awsvpcConfiguration', 'runStandaloneTask'] as const;

const shape = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.enum(['ECSApp', 'Application']),
  spec: z.object({
    name: z.string().optional(),
    labels: z.record(z.string(), text).optional(),
    description: z.string().optional(),
    planner: z.object({ alwaysUsePipeline: z.boolean().optional(), autoRollback: z.boolean().optional() }).optional(),
    pipeline: z.object({ stages: z.array(z.unknown()).optional() }).optional(),
    timeout: duration.optional(),
    input: input.optional(),
    quickSync: quickSync.optional(),
    plugins: z.record(z.string(), z.unknown()).optional(),
    encryption: z.unknown().optional(),
    attachment: z.unknown().optional(),
    commitMatcher: commitMatcherFields.optional(),
    trigger: triggerFields.optional(),
    postSync: z.unknown().optional(),
    notification: z.unknown().optional(),
    eventWatcher: eventWatcherFields.optional(),
    driftDetection: driftFields.optional(),
  }),
});

type Spec = z.output<typeof shape>['spec'];
type Input = z.output<typeof input>;

/** The application file in both of PipeCD's shapes, brought to one. */
export interface Application {
  spec: Omit<Spec, 'input' | 'plugins' | 'quickSync' | 'trigger' | 'commitMatcher' | 'eventWatcher' | 'driftDetection'>;
  input: Input;
  trigger: Trigger;
  commitMatcher: CommitMatcher;
  drift: DriftSettings;
  /** Files are named from the application's folder. */
  eventWatchers: EventWatcher[];
  /** Where `input` stands in the file. */
  inputPath: Path;
  /** For `.AppCustomArgs` in queries. */
  appCustomArgs: Readonly<Record<string, string>>;
}

/** Reads `app.pipecd.yaml`: `kind: ECSApp`, or `kind: Application` with the plugin `ecs` (pipecd.md §1.0, §1.1). */
export function readApplication(reader: Reader, folder = '.'): Application | undefined {
  const read = reader.read(shape, reader.document.value, []);
  if (!read) return undefined;
  const { spec } = read;
  const plugins = readPlugins(reader, spec.plugins ?? {});
  const [found, inputPath]: [Input | undefined, Path] = spec.input
    ? [spec.input, ['spec', 'input']]
    : [plugins.ecs?.input, ['spec', 'plugins', 'ecs', 'input']];
  if (!found) {
    const place = read.kind === 'Application' ? 'spec.plugins.ecs.input' : 'spec.input';
    reader.error(['spec'], `${place} is missing`, 'Write there which files describe the service and its tasks.');
    return undefined;
  }
  sayWhatIsNotUsed(reader, spec);
  checkInput(reader, found, inputPath);
  if (spec.quickSync?.recreate) reader.error(['spec', 'quickSync', 'recreate'], ...RECREATE);
  if (plugins.ecs?.quickSync?.recreate) {
    reader.error(['spec', 'plugins', 'ecs', 'quickSync', 'recreate'], ...RECREATE);
  }
  return {
    spec,
    input: found,
    inputPath,
    trigger: readTrigger(reader, spec.trigger),
    commitMatcher: readCommitMatcher(reader, spec.commitMatcher),
    drift: readDrift(reader, spec.driftDetection),
    eventWatchers: readApplicationWatchers(reader, spec.eventWatcher ?? [], folder),
    appCustomArgs: plugins.analysis?.appCustomArgs ?? {},
  };
}

const plugin = {
  ecs: z.object({ input: input.optional(), quickSync: quickSync.optional() }),
  analysis: z.object({ appCustomArgs: z.record(z.string(), text).optional() }),
};

interface Plugins {
  ecs?: z.output<(typeof plugin)['ecs']> | undefined;
  analysis?: z.output<(typeof plugin)['analysis']> | undefined;
}

function readPlugins(reader: Reader, plugins: Record<string, unknown>): Plugins {
  const found: Plugins = {};
  for (const [key, value] of Object.entries(plugins)) {
    const path = ['spec', 'plugins', key];
    if (key.toLowerCase() === 'ecs') found.ecs = reader.read(plugin.ecs, value ?? {}, path);
    if (key.toLowerCase() === 'analysis') found.analysis = reader.read(plugin.analysis, value ?? {}, path);
  }
  return found;
}

function sayWhatIsNotUsed(reader: Reader, spec: Spec): void {
  for (const [field, why] of Object.entries(NOT_USED)) {
    if (spec[field as keyof typeof NOT_USED] === undefined) continue;
    reader.warning(['spec', field], `${field} is accepted and does nothing: ${why}`);
  }
  for (const field of NOT_YET) {
    if (spec[field] === undefined) continue;
    const message = `${field} is not supported yet: the files would be deployed with their placeholders`;
    reader.error(['spec', field], message, 'Send files in which the values stand already, or ECS secrets (valueFrom).');
  }
}

function checkInput(reader: Reader, found: Input, path: Path): void {
  if (!found.serviceDefinitionFile) {
    const message = 'serviceDefinitionFile is missing; PipeCD then runs a standalone task, which is not supported yet';
    reader.error([...path, 'serviceDefinitionFile'], message, 'Write serviceDefinitionFile: servicedef.yaml.');
  }
  if (found.accessType !== undefined && found.accessType !== 'ELB') {
    const message =
      found.accessType === 'SERVICE_DISCOVERY'
        ? 'accessType SERVICE_DISCOVERY is not supported yet'
        : `there is no accessType ${found.accessType}`;
    reader.error([...path, 'accessType'], message, 'Write ELB, or delete it.');
  }
  for (const field of STANDALONE_ONLY) {
    if (found[field] === undefined) continue;
    const message = `${field} is used for standalone tasks alone; a service has its own in the service definition`;
    reader.warning([...path, field], message, 'Delete it.');
  }
}
