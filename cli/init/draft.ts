import type { JsonObject } from '../../model/json.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { Prompt } from '../prompt.js';
import { ANSWERED, answersSchema, problemWith, type Answers, type Typed } from './answers.js';
import type { Draft } from './files.js';
import { completeAnswers } from './questions.js';
import type { RunningService } from './running-service.js';

/** An application of answers alone. */
export async function draftOf(given: Typed, proposals: Typed, prompt: Prompt | undefined): Promise<Draft> {
  const answers = answersSchema.parse(await completeAnswers(ANSWERED, given, proposals, prompt));
  return {
    ...answers,
    service: serviceOf(answers),
    taskDefinition: taskDefinitionOf(answers),
    origin: 'Written by `sluice init`.',
    notes: [],
  };
}

const ASKED_BESIDE_SERVICE = {
  app: true,
  service: true,
  primaryTargetGroup: true,
  canaryTargetGroup: true,
  metrics: true,
  metricsProvider: true,
} as const;

/** An application that a service runs already; what the service does not say is asked. */
export async function draftOfService(
  running: RunningService,
  given: Typed,
  proposals: Typed,
  prompt: Prompt | undefined,
): Promise<Draft> {
  const { primary, besidePrimary, external, serviceName } = running;
  const [beside, other] = besidePrimary;
  const typed = await completeAnswers(
    ANSWERED.filter((key) => key in ASKED_BESIDE_SERVICE),
    { ...(external && { service: serviceName }), ...given, primaryTargetGroup: primary.targetGroupArn },
    {
      ...proposals,
      service: `${serviceName}-sluice`,
      // Of several it cannot be told which one is free.
      ...(beside !== undefined && other === undefined && { canaryTargetGroup: beside }),
    },
    prompt,
  );
  const answers = answersSchema.pick(ASKED_BESIDE_SERVICE).parse(typed);
  if (!external && answers.service === serviceName) {
    throw new CommandFailure(
      EXIT.wrongUse,
      `${serviceName} cannot be delivered by task sets: the controller of a service that exists cannot be changed.`,
      'Give the files another --service.',
    );
  }
  return {
    ...answers,
    container: primary.containerName,
    port: primary.containerPort,
    service: { ...running.service, serviceName: answers.service },
    taskDefinition: withImage(running.taskDefinition, primary.containerName, given.image),
    origin: `Read from the service ${serviceName} by \`sluice init\`.`,
    notes: running.notes,
  };
}

/** How many tasks, until somebody says otherwise. */
const TASKS = 2;

/** A service on Fargate. */
function serviceOf({ cluster, service, subnets, securityGroups, publicIp }: Answers): JsonObject {
  return {
    cluster,
    serviceName: service,
    desiredCount: TASKS,
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'EXTERNAL' },
    enableECSManagedTags: true,
    propagateTags: 'SERVICE',
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: {
        assignPublicIp: publicIp === 'yes' ? 'ENABLED' : 'DISABLED',
        ...(securityGroups.length > 0 && { securityGroups }),
        subnets,
      },
    },
  };
}

/** The smallest task of Fargate. */
function taskDefinitionOf({ app, container, port, image, executionRole }: Answers): JsonObject {
  return {
    family: app,
    ...(executionRole !== '' && { executionRoleArn: executionRole }),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: container, image, essential: true, portMappings: [{ containerPort: port }] }],
  };
}

function withImage(definition: JsonObject, container: string, image: string | undefined): JsonObject {
  const { containerDefinitions: containers } = definition;
  if (image === undefined || !Array.isArray(containers)) return definition;
  const problem = problemWith('image', image);
  if (problem !== undefined) throw new CommandFailure(EXIT.wrongUse, `--image ${problem}, not "${image}".`);
  const replaced = containers.map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && one['name'] === container
      ? { ...one, image }
      : one,
  );
  return { ...definition, containerDefinitions: replaced };
}
