import { z } from 'zod';
import { duration, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { ChainMatcher } from '../model/chain.js';
import type { DriftSettings } from '../model/drift.js';
import type { EventWatcher } from '../model/event-watcher.js';
import type { Mention } from '../model/notification.js';
import type { CommitMatcher, Trigger } from '../model/trigger.js';
import { driftFields, readDrift } from './drift.js';
import { eventWatcherFields, readApplicationWatchers } from './event-watcher.js';
import { notificationFields, readMentions } from './notification.js';
import { postSyncFields, readChain } from './post-sync.js';
import { attachmentFields, encryptionFields } from './rendered-files.js';
import { SERVICE_DISCOVERY } from './service-discovery.js';
import { RECREATE } from './stage.js';
import { standaloneFields, warnOfStandaloneFields } from './standalone-task.js';
import { commitMatcherFields, readCommitMatcher, readTrigger, triggerFields } from './trigger.js';

const targetGroup = z.object({
  targetGroupArn: z.string().min(1),
  containerName: z.string().min(1),
  containerPort: z.int().min(1).max(65_535),
  loadBalancerName: z.string().optional(),
});

export const inputFields = z.object({
  serviceDefinitionFile: z.string().optional(),
  taskDefinitionFile: z.string().optional(),
  targetGroups: z
    .object({ primary: targetGroup.optional(), canary: targetGroup.optional(), baseline: targetGroup.optional() })
    .optional(),
  accessType: z.string().optional(),
  autoRollback: z.boolean().optional(),
  strictRules: z.boolean().optional(),
  ...standaloneFields,
});

export const quickSyncFields = z.object({ recreate: z.boolean().optional() });

export const applicationShape = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.enum(['ECSApp', 'Application']),
  spec: z.object({
    name: z.string().optional(),
    labels: z.record(z.string(), text).optional(),
    description: z.string().optional(),
    planner: z.object({ alwaysUsePipeline: z.boolean().optional(), autoRollback: z.boolean().optional() }).optional(),
    pipeline: z.object({ stages: z.array(z.unknown()).optional() }).optional(),
    timeout: duration.optional(),
    input: inputFields.optional(),
    quickSync: quickSyncFields.optional(),
    plugins: z.record(z.string(), z.unknown()).optional(),
    encryption: encryptionFields.optional(),
    attachment: attachmentFields.optional(),
    commitMatcher: commitMatcherFields.optional(),
    trigger: triggerFields.optional(),
    postSync: postSyncFields.optional(),
    notification: notificationFields.optional(),
    eventWatcher: eventWatcherFields.optional(),
    driftDetection: driftFields.optional(),
  }),
});

type Spec = z.output<typeof applicationShape>['spec'];
type Input = z.output<typeof inputFields>;

/** The application file in both of PipeCD's shapes, brought to one. */
export interface Application {
  spec: Omit<
    Spec,
    | 'input'
    | 'plugins'
    | 'quickSync'
    | 'trigger'
    | 'commitMatcher'
    | 'eventWatcher'
    | 'postSync'
    | 'notification'
    | 'driftDetection'
  >;
  input: Input;
  trigger: Trigger;
  commitMatcher: CommitMatcher;
  drift: DriftSettings;
  /** Files are named from the application's folder. */
  eventWatchers: EventWatcher[];
  /** What follows a good deployment. */
  chain: ChainMatcher[];
  mentions: Mention[];
  /** Where `input` stands in the file. */
  inputPath: Path;
  /** For `.AppCustomArgs` in queries. */
  appCustomArgs: Readonly<Record<string, string>>;
}

/** Reads `app.pipecd.yaml`: `kind: ECSApp`, or `kind: Application` with the plugin `ecs` (pipecd.md §1.0, §1.1). */
export function readApplication(reader: Reader, folder = '.'): Application | undefined {
  const read = reader.read(applicationShape, reader.document.value, []);
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
    chain: readChain(reader, spec.postSync),
    commitMatcher: readCommitMatcher(reader, spec.commitMatcher),
    drift: readDrift(reader, spec.driftDetection),
    eventWatchers: readApplicationWatchers(reader, spec.eventWatcher ?? [], folder),
    mentions: readMentions(reader, spec.notification),
    appCustomArgs: plugins.analysis?.appCustomArgs ?? {},
  };
}

export const plugin = {
  ecs: z.object({ input: inputFields.optional(), quickSync: quickSyncFields.optional() }),
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

function checkInput(reader: Reader, found: Input, path: Path): void {
  if (found.accessType !== undefined && found.accessType !== 'ELB' && found.accessType !== SERVICE_DISCOVERY) {
    const message = `there is no accessType ${found.accessType}`;
    reader.error([...path, 'accessType'], message, `Write ELB or ${SERVICE_DISCOVERY}.`);
  }
  if (found.serviceDefinitionFile) warnOfStandaloneFields(reader, found, path);
}
