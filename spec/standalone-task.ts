import { z } from 'zod';
import { text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { StandaloneTask } from '../model/release.js';
import type { Stage, StageName } from '../model/stage.js';
import type { Application } from './application.js';
import { parseArn } from './arn.js';
import type { TaskDefinition } from './task-definition.js';

/** Fields of `input` that PipeCD reads for standalone tasks alone (pipecd.md §1.2). */
export const standaloneFields = {
  clusterArn: z.string().optional(),
  launchType: z.string().optional(),
  awsvpcConfiguration: z
    .object({
      subnets: z.array(text).optional(),
      securityGroups: z.array(text).optional(),
      assignPublicIp: z.string().optional(),
    })
    .optional(),
  runStandaloneTask: z.boolean().optional(),
};

type Field = keyof typeof standaloneFields;

const LAUNCH_TYPES = ['FARGATE', 'EC2', 'EXTERNAL'] as const;
const PUBLIC_IP = ['ENABLED', 'DISABLED'] as const;

/** What the pipeline of a standalone task may hold: there is no service whose requests could be moved or watched. */
const STAGES: ReadonlySet<StageName> = new Set(['ECS_SYNC', 'WAIT', 'WAIT_APPROVAL', 'SCRIPT_RUN']);

/** An application with a service that has the other kind's fields. */
export function warnOfStandaloneFields(reader: Reader, found: Partial<Record<Field, unknown>>, path: Path): void {
  for (const field of Object.keys(standaloneFields) as Field[]) {
    if (found[field] === undefined) continue;
    const message = `${field} is used for standalone tasks alone; a service has its own in the service definition`;
    reader.warning([...path, field], message, 'Delete it.');
  }
}

/**
 * Reads how a task without a service is run. PipeCD takes a file without `serviceDefinitionFile` for one; whoever forgot that field has
 * target groups or no cluster, and hears of it.
 */
export function readStandaloneTask(reader: Reader, { input, inputPath }: Application): StandaloneTask {
  const { clusterArn, launchType = 'FARGATE', awsvpcConfiguration } = input;
  const path = inputPath;
  if (!clusterArn) {
    const message = 'clusterArn is missing, which a standalone task needs: there is no serviceDefinitionFile';
    const fix = 'Write the name or ARN of the ECS cluster, or serviceDefinitionFile: servicedef.yaml for a service.';
    reader.error([...path, 'clusterArn'], message, fix);
  } else if (clusterArn.startsWith('arn:') && !isCluster(clusterArn)) {
    const fix = 'Write arn:aws:ecs:REGION:ACCOUNT:cluster/NAME, or the name alone.';
    reader.error([...path, 'clusterArn'], `"${clusterArn}" is not the ARN of a cluster`, fix);
  }
  if (input.targetGroups) {
    const message = 'targetGroups are given without a serviceDefinitionFile: a standalone task takes no requests';
    reader.error([...path, 'targetGroups'], message, 'Delete them, or write serviceDefinitionFile: servicedef.yaml.');
  }
  const known = LAUNCH_TYPES.find((type) => type === launchType);
  if (!known) {
    reader.error([...path, 'launchType'], `there is no launch type ${launchType}`, `Write ${LAUNCH_TYPES.join(', ')}.`);
  }
  return {
    cluster: clusterArn ?? '',
    launchType: known ?? 'FARGATE',
    ...(awsvpcConfiguration && { networkConfiguration: networkOf(reader, awsvpcConfiguration, path) }),
    run: runs(reader, input.runStandaloneTask, path),
  };
}

function networkOf(
  reader: Reader,
  { subnets = [], securityGroups, assignPublicIp }: NonNullable<Application['input']['awsvpcConfiguration']>,
  path: Path,
): NonNullable<StandaloneTask['networkConfiguration']> {
  const known = PUBLIC_IP.find((value) => value === assignPublicIp);
  if (assignPublicIp !== undefined && !known) {
    const message = `assignPublicIp is ${assignPublicIp}`;
    reader.error([...path, 'awsvpcConfiguration', 'assignPublicIp'], message, `Write ${PUBLIC_IP.join(' or ')}.`);
  }
  if (subnets.length === 0) {
    const message = 'awsvpcConfiguration names no subnets';
    reader.error([...path, 'awsvpcConfiguration', 'subnets'], message, 'Name the subnets that the task may run in.');
  }
  return {
    awsvpcConfiguration: {
      subnets,
      ...(securityGroups && { securityGroups }),
      ...(known && { assignPublicIp: known }),
    },
  };
}

function isCluster(text: string): boolean {
  const arn = parseArn(text);
  return arn?.service === 'ecs' && arn.resource.startsWith('cluster/');
}

/** Runs unless the file says no; PipeCD's v1 plugin is the other way round (pipecd.md §1.2). */
function runs(reader: Reader, asked: boolean | undefined, path: Path): boolean {
  const isPlugin = path[1] === 'plugins';
  if (isPlugin && asked === undefined) {
    const message = 'runStandaloneTask is false unless it is written in kind: Application: the task is not run';
    reader.warning(path, message, 'Write runStandaloneTask: true to run it, or false if that is meant.');
  }
  return asked ?? !isPlugin;
}

/** The launch type, the task definition and the network must fit, or ECS refuses the task. */
export function checkTaskNetwork(
  reader: Reader,
  { launchType, networkConfiguration }: StandaloneTask,
  { networkMode }: TaskDefinition,
  path: Path,
): void {
  if (launchType === 'FARGATE' && networkMode !== 'awsvpc') {
    const message = `launchType FARGATE needs a task definition with networkMode awsvpc; it has ${networkMode ?? 'none'}`;
    reader.error(
      [...path, 'launchType'],
      message,
      'Write networkMode: awsvpc in the task definition, or another type.',
    );
  } else if (networkMode === 'awsvpc' && networkConfiguration === undefined) {
    const message = 'awsvpcConfiguration is missing, which the task definition’s networkMode awsvpc needs';
    reader.error([...path, 'awsvpcConfiguration'], message, 'Write awsvpcConfiguration: {subnets: […]}.');
  } else if (networkMode !== 'awsvpc' && networkConfiguration !== undefined) {
    const message = `awsvpcConfiguration is for networkMode awsvpc; the task definition has ${networkMode ?? 'bridge'}`;
    reader.error([...path, 'awsvpcConfiguration'], message, 'Delete it, or write networkMode: awsvpc there.');
  }
}

/** Refuses what only a service can have. */
export function checkTaskStages(reader: Reader, stages: readonly Stage[], path: Path): void {
  for (const [i, stage] of stages.entries()) {
    const watches = stage.name === 'WAIT_APPROVAL' && stage.analysis !== undefined;
    if (STAGES.has(stage.name) && !watches) continue;
    const what = watches ? 'an analysis in WAIT_APPROVAL' : stage.name;
    const message = `${what} needs a service: a standalone task takes no requests that could be moved or watched`;
    reader.error([...path, i], message, `Its pipeline may hold ${[...STAGES].join(', ')}.`);
  }
  const syncs = stages.flatMap(({ name }, i) => (name === 'ECS_SYNC' ? [i] : []));
  for (const i of syncs.slice(1)) {
    reader.error([...path, i], 'a second ECS_SYNC would run the task a second time', 'Keep one of them.');
  }
}
