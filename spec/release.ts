import { hasErrors } from '../document/check.js';
import { readerOf } from '../document/reader.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { HOUR } from '../model/duration.js';
import type { Finding } from '../model/finding.js';
import type { AnyRelease, ServiceDefinition, Release } from '../model/release.js';
import { readTemplates } from './analysis-template.js';
import { readApplication } from './application.js';
import type { Application } from './application.js';
import { applicationFile, findFile, readFile } from './files.js';
import type { Files } from './files.js';
import { notConfigured } from './known-providers.js';
import type { KnownProviders } from './known-providers.js';
import { checkTimeout, readPipeline } from './pipeline.js';
import { parseWithSecrets, STAND_IN } from './release-secrets.js';
import type { Decrypt } from './release-secrets.js';
import { renderFiles } from './rendered-files.js';
import type { SecretValue } from './rendered-files.js';
import { readServiceDefinition } from './service-definition.js';
import { checkDiscoveredStages, checkRegistries, containerOfRegistry, isDiscovered } from './service-discovery.js';
import { checkTaskNetwork, checkTaskStages, readStandaloneTask } from './standalone-task.js';
import { checkAccounts, checkContainers, checkSideGroups, readTargetGroups } from './target-groups.js';
import {
  imagesOf,
  mainContainer,
  mutableImages,
  readTaskDefinition,
  sealTaskDefinition,
  withImages,
} from './task-definition.js';
import type { ImageOverride, TaskDefinition } from './task-definition.js';

export interface ReleaseInput {
  /** The application's name: what `.App.Name` is in queries. */
  app: string;
  files: Files;
  image?: ImageOverride | undefined;
  /** The ECS provider to use; needed only when several are configured. */
  provider?: string | undefined;
  /** Left out where no server configuration is at hand (lint): then no provider's name is checked. */
  known?: KnownProviders | undefined;
  /** Seals what must not stand in histories in the clear. */
  seal: (plain: string) => string;
  /** Opens an encrypted secret. Left out where nobody holds the key: then what an application with secrets makes is judged and not told. */
  decrypt?: Decrypt | undefined;
}

/** The release, unless a finding is an error. */
export interface ParsedRelease {
  release?: AnyRelease;
  findings: Finding[];
  /** The files have encrypted secrets, and there was no key: they are in order, as far as that can be seen, and a worker has to read them. */
  encrypted?: true;
}

export const DEPLOYMENT_TIMEOUT = 6 * HOUR;
export const TASK_DEFINITION_FILE = 'taskdef.json';

/** Reads the user's files into a release. Gathers as many mistakes as can be found in one go; throws nothing. */
export function parseRelease(input: ReleaseInput): ParsedRelease {
  const secrets = new Map<string, string>();
  // What is said of the files is said of ones with stand-ins: no message can show a secret.
  const standIn = parseWith(input, (name, text) => {
    secrets.set(name, text);
    return STAND_IN;
  });
  if (secrets.size === 0 || !standIn.release) return standIn;
  return parseWithSecrets(input, standIn.findings, secrets, parseWith);
}

function parseWith(input: ReleaseInput, value: SecretValue): ParsedRelease {
  const findings: Finding[] = [];
  const release = read(input, value, findings);
  const told = withoutRepeats(findings);
  if (!release || hasErrors(told)) return { findings: told };
  return { release: { ...release, warnings: told }, findings: told };
}

function read(input: ReleaseInput, value: SecretValue, findings: Finding[]): AnyRelease | undefined {
  const provider = chooseProvider(input, findings);
  const name = applicationFile(input.files, findings);
  const document = name === undefined ? undefined : readFile(input.files, name, findings);
  if (!document) return undefined;
  const reader = readerOf(document, findings);
  const application = readApplication(reader);
  if (!application) return undefined;
  const { spec, inputPath } = application;
  if (spec.name !== undefined && spec.name !== input.app) {
    reader.warning(['spec', 'name'], `the file is of "${spec.name}", and it is deployed as "${input.app}"`);
  }
  const files = renderFiles(reader, spec, input.files, value, findings);
  const { serviceDefinitionFile, taskDefinitionFile = TASK_DEFINITION_FILE } = application.input;
  const task = serviceDefinitionFile ? undefined : readStandaloneTask(reader, application);
  const discovered = !task && isDiscovered(application);
  const targetGroups = task || discovered ? {} : readTargetGroups(reader, application);
  const timeout = reader.durationOr(DEPLOYMENT_TIMEOUT, spec.timeout, ['spec', 'timeout']);
  const stagesPath = ['spec', 'pipeline', 'stages'];
  const pipeline = readPipeline(reader, spec.pipeline?.stages ?? [], stagesPath, {
    app: input.app,
    appCustomArgs: application.appCustomArgs,
    known: input.known,
    targetGroups,
    templates: readTemplates(files, findings),
    scriptsAllowed: input.known?.allowScripts,
    seal: input.seal,
    standalone: task !== undefined,
    access: discovered ? 'DISCOVERY' : 'WEIGHTS',
  });
  checkTimeout(reader, pipeline, timeout, stagesPath);
  if (task) checkTaskStages(reader, pipeline, stagesPath);
  else if (discovered) checkDiscoveredStages(reader, application, pipeline, stagesPath);
  else checkSideGroups(reader, pipeline, targetGroups, inputPath);
  const open = (named: string, field: string): Reader | undefined =>
    openNamed(reader, files, named, [...inputPath, field], findings);
  const serviceReader = serviceDefinitionFile ? open(serviceDefinitionFile, 'serviceDefinitionFile') : undefined;
  const service = serviceReader && readServiceDefinition(serviceReader);
  if (service && discovered) checkRegistries(serviceReader, service);
  const taskReader = open(taskDefinitionFile, 'taskDefinitionFile');
  const container = targetGroups.primary?.containerName ?? (service && containerOfRegistry(service));
  const definition =
    taskReader &&
    readImages(taskReader, (written) => imagesOf(input.image, container ?? mainContainer(written)), findings);
  if (service && definition) checkNetwork(serviceReader, service, definition);
  checkAccounts(reader, targetGroups, service?.cluster, inputPath);
  if (definition) checkContainers(reader, targetGroups, definition, inputPath);
  if (!definition) return undefined;
  const brought = {
    app: input.app,
    labels: spec.labels ?? {},
    provider,
    taskDefinition: sealTaskDefinition(definition, input.seal),
    image: imageOf(definition, container ?? mainContainer(definition)),
    pipeline,
    ...switches(application),
    ...(Object.keys(application.commitMatcher).length > 0 && { commitMatcher: application.commitMatcher }),
    ...(application.trigger.onCommand.disabled && { noCommands: true as const }),
    ...(application.chain.length > 0 && { chain: application.chain }),
    ...(application.mentions.length > 0 && { mentions: application.mentions }),
    ...driftOf(application),
    timeout,
    warnings: [],
  };
  if (task) {
    checkTaskNetwork(reader, task, definition, inputPath);
    return { ...brought, task };
  }
  if (!service || (!targetGroups.primary && !discovered)) return undefined;
  const strictRules = application.input.strictRules ?? false;
  return { ...brought, service, targetGroups, strictRules };
}

/** Either of the two places may switch the rollback off: PipeCD v0 reads the one, v1 the other (pipecd.md §8.1). */
function switches({ spec, input }: Application): Pick<Release, 'alwaysUsePipeline' | 'autoRollback'> {
  return {
    alwaysUsePipeline: spec.planner?.alwaysUsePipeline ?? false,
    autoRollback: (input.autoRollback ?? true) && (spec.planner?.autoRollback ?? true),
  };
}

/** What the application says of drift; nothing where it says nothing. */
function driftOf({ drift, trigger: { onOutOfSync } }: Application): Pick<Release, 'drift'> {
  if (drift.ignoreFields.length === 0 && onOutOfSync.disabled) return {};
  return { drift: { ...drift, ...(!onOutOfSync.disabled && { redeploy: { minWindow: onOutOfSync.minWindow } }) } };
}

/** Opens a file that the application file names. */
function openNamed(reader: Reader, files: Files, named: string, path: Path, findings: Finding[]): Reader | undefined {
  const file = findFile(files, named);
  if (file === undefined) {
    const message = `the file ${named} is not among the files: ${Object.keys(files).join(', ')}`;
    reader.error(path, message, `Send ${named}, or write the name of the file that is meant.`);
    return undefined;
  }
  const document = readFile(files, file, findings);
  return document && readerOf(document, findings);
}

/** The task definition with the images that the caller asked for. */
function readImages(
  reader: Reader,
  imagesFor: (written: TaskDefinition) => Readonly<Record<string, string>>,
  findings: Finding[],
): TaskDefinition | undefined {
  const written = readTaskDefinition(reader);
  if (!written) return undefined;
  const images = imagesFor(written);
  const { definition, unknown } = withImages(written, images);
  const names = written.containerDefinitions.map(({ name }) => name).join(', ');
  for (const name of unknown) {
    const message = `the task definition has no container "${name}" that could get the image`;
    findings.push({ level: 'error', field: 'image', message, fix: `It has: ${names}.` });
  }
  findings.push(...mutableImages(reader, written, images));
  return definition;
}

/** The two files must agree on how tasks get their network, or ECS refuses the task set. */
function checkNetwork(reader: Reader, service: ServiceDefinition, { networkMode }: TaskDefinition): void {
  const { launchType, networkConfiguration } = service.createTaskSet;
  if (launchType === 'FARGATE' && networkMode !== 'awsvpc') {
    const message = `launchType FARGATE needs a task definition with networkMode awsvpc; it has ${networkMode ?? 'none'}`;
    reader.error(['launchType'], message, 'Write networkMode: awsvpc in the task definition.');
  } else if (networkMode === 'awsvpc' && networkConfiguration === undefined) {
    const message = 'networkConfiguration is missing, which the task definition’s networkMode awsvpc needs';
    reader.error(['networkConfiguration'], message, 'Write networkConfiguration.awsvpcConfiguration.subnets.');
  } else if (networkMode !== 'awsvpc' && networkConfiguration !== undefined) {
    const message = `networkConfiguration is for networkMode awsvpc; the task definition has ${networkMode ?? 'bridge'}`;
    reader.error(['networkConfiguration'], message, 'Delete it, or write networkMode: awsvpc there.');
  }
}

/** The provider to deliver with: the one that was asked for, else the only one there is. */
function chooseProvider({ provider, known }: ReleaseInput, findings: Finding[]): string {
  if (!known) return provider ?? '';
  const names = known.ecsProviders;
  const [only, second] = names;
  const refuse = (message: string, fix: string): string => {
    findings.push({ level: 'error', field: 'provider', message, fix });
    return '';
  };
  if (provider !== undefined) {
    if (names.includes(provider)) return provider;
    return refuse(notConfigured('ECS provider', provider, names), 'Name a configured one, or leave it out.');
  }
  if (only === undefined) {
    return refuse('no ECS provider is configured', 'Add one to ecsProviders in the server configuration.');
  }
  if (second === undefined) return only;
  return refuse(`several ECS providers are configured: ${names.join(', ')}`, 'Say which one to use.');
}

function imageOf(definition: TaskDefinition, container: string | undefined): string {
  return definition.containerDefinitions.find(({ name }) => name === container)?.image ?? '';
}

/** The same mistake is met twice where a part is read in two steps. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...seen.values()];
}
