import { describe } from 'vitest';
import { APP, refuses, SERVICE, TASK } from './mistake.js';
import type { Mistake } from './mistake.js';
import { seedFiles } from './support.js';

const CANARY_ARN = 'arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/green/2222222222222222';

const MISTAKES: Mistake[] = [
  {
    title: 'no service definition, and no cluster for a standalone task',
    edits: [[APP, '    serviceDefinitionFile: servicedef.yaml\n', '']],
    at: [APP, 'input:'],
    field: 'spec.input.clusterArn',
    message: 'clusterArn is missing, which a standalone task needs: there is no serviceDefinitionFile',
    fix: /serviceDefinitionFile: servicedef\.yaml for a service/,
  },
  {
    title: 'no service definition, and target groups',
    edits: [[APP, '    serviceDefinitionFile: servicedef.yaml\n', '']],
    at: [APP, 'targetGroups:'],
    field: 'spec.input.targetGroups',
    message: /a standalone task takes no requests/,
  },
  {
    title: 'a file that was not sent',
    edits: [[APP, ': taskdef.yaml', ': task.yaml']],
    at: [APP, ': task.yaml'],
    field: 'spec.input.taskDefinitionFile',
    message: 'the file task.yaml is not among the files: app.pipecd.yaml, servicedef.yaml, taskdef.yaml',
  },
  {
    title: 'no primary group',
    edits: [[APP, '      primary:\n        targetGroupArn', '      unused:\n        targetGroupArn']],
    at: [APP, 'targetGroups:'],
    field: 'spec.input.targetGroups.primary',
    message: 'targetGroups.primary is missing',
  },
  {
    title: 'a canary without a group',
    edits: [[APP, /      canary:\n(        .*\n){3}/.exec(seedFiles()[APP])![0], '']],
    at: [APP, 'targetGroups:'],
    field: 'spec.input.targetGroups.canary',
    message: 'targetGroups.canary is missing, which ECS_CANARY_ROLLOUT needs',
  },
  {
    title: 'one group for both',
    edits: [[APP, CANARY_ARN, CANARY_ARN.replace('green/2222222222222222', 'blue/1111111111111111')]],
    at: [APP, 'canary:\n        targetGroupArn'],
    field: 'spec.input.targetGroups.canary',
    message: 'primary and canary are the same target group',
  },
  {
    title: 'a starred-out ARN',
    edits: [[APP, CANARY_ARN, CANARY_ARN.replace('123456789012', '********')]],
    at: [APP, '********'],
    field: 'spec.input.targetGroups.canary.targetGroupArn',
    message: /is not the ARN of a target group/,
  },
  {
    title: 'groups in different regions',
    edits: [[APP, CANARY_ARN, CANARY_ARN.replace('ap-northeast-1', 'eu-central-1')]],
    at: [APP, 'targetGroups:'],
    field: 'spec.input.targetGroups',
    message: 'the cluster is in 123456789012 ap-northeast-1, targetGroups.canary in 123456789012 eu-central-1',
  },
  {
    title: 'a container that the task definition does not have',
    edits: [[APP, 'containerName: web', 'containerName: wep']],
    at: [APP, 'wep'],
    field: 'spec.input.targetGroups.primary.containerName',
    message: 'the task definition has no container "wep"',
    fix: 'It has: web.',
  },
  {
    title: 'the ECS controller',
    edits: [[SERVICE, 'EXTERNAL', 'ECS']],
    at: [SERVICE, 'type: ECS'],
    field: 'deploymentController.type',
    message: /the deployment controller is ECS; Sluice delivers by task sets, which need EXTERNAL/,
  },
  {
    title: 'no controller',
    edits: [[SERVICE, 'deploymentController:\n  type: EXTERNAL\n', '']],
    at: [SERVICE, 'cluster:'],
    field: 'deploymentController.type',
    message: /is missing, which means ECS/,
  },
  {
    title: 'a daemon',
    edits: [[SERVICE, 'REPLICA', 'DAEMON']],
    at: [SERVICE, 'DAEMON'],
    field: 'schedulingStrategy',
    message: /DAEMON cannot be used with task sets/,
  },
  {
    title: 'both launchType and capacityProviderStrategy',
    edits: [[SERVICE, 'launchType', 'capacityProviderStrategy: [{capacityProvider: FARGATE_SPOT}]\nlaunchType']],
    at: [SERVICE, 'capacityProviderStrategy'],
    field: 'capacityProviderStrategy',
    message: /are both given/,
  },
  ...['serviceConnectConfiguration', 'volumeConfigurations', 'vpcLatticeConfigurations'].map((field): Mistake => ({
    title: field,
    edits: [[SERVICE, 'launchType', `${field}: {enabled: true}\nlaunchType`]],
    at: [SERVICE, field],
    field,
    message: new RegExp(`${field} does not work under the EXTERNAL controller`),
  })),
  {
    title: 'an unknown field of the service',
    edits: [[SERVICE, 'desiredCount', 'desiredCounts']],
    at: [SERVICE, 'desiredCounts'],
    field: 'desiredCounts',
    message: /not a known field/,
    fix: 'Did you mean "desiredCount"?',
  },
  {
    title: 'no network for awsvpc',
    edits: [[SERVICE, /networkConfiguration:[\s\S]*/.exec(seedFiles()[SERVICE])![0], '']],
    at: [SERVICE, 'cluster:'],
    field: 'networkConfiguration',
    message: /networkConfiguration is missing/,
  },
  {
    title: 'Fargate without awsvpc',
    edits: [[TASK, 'networkMode: awsvpc', 'networkMode: bridge']],
    at: [SERVICE, 'launchType'],
    field: 'launchType',
    message: /launchType FARGATE needs a task definition with networkMode awsvpc; it has bridge/,
  },
  {
    title: 'an unknown field of the task definition',
    edits: [[TASK, 'mountPoints', 'mountPoint']],
    at: [TASK, 'mountPoint'],
    field: 'containerDefinitions[0].mountPoint',
    message: /not a known field/,
    fix: 'Did you mean "mountPoints"?',
  },
  {
    title: 'a number that YAML would change',
    edits: [[TASK, 'name: web', 'name: web\n    environment: [{name: VERSION, value: 1.10}]']],
    at: [TASK, 'environment'],
    field: 'containerDefinitions[0].environment[0].value',
    message: '1.10 is read as the number 1.1',
    fix: 'Put it in quotes: "1.10".',
  },
  {
    title: 'a truth value that YAML would change',
    edits: [[TASK, 'name: web', 'name: web\n    environment: [{name: DEBUG, value: TRUE}]']],
    at: [TASK, 'environment'],
    field: 'containerDefinitions[0].environment[0].value',
    message: 'TRUE is read as the boolean true',
    fix: 'Put it in quotes: "TRUE".',
  },
  {
    title: 'text where a number belongs',
    edits: [[TASK, 'containerPort: 80', 'containerPort: "80"']],
    at: [TASK, 'containerPort'],
    field: 'containerDefinitions[0].portMappings[0].containerPort',
    message: 'must be a number, not "80"',
  },
];

describe('service, task definition and target groups that do not fit are refused', () => {
  refuses(MISTAKES);
});
