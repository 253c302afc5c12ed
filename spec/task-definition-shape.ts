import { z } from 'zod';
import { filledText, text } from '../document/scalars.js';

/*
 * The members of RegisterTaskDefinition as the ECS API has them (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html).
 * Their order is the API's, so that the same content always gives the same body. Enums are strings here: AWS knows its own values.
 */

const name = filledText.optional();
const whole = z.int().optional();
const flag = z.boolean().optional();
const texts = z.array(text).optional();
const map = z.record(z.string(), text).optional();

const pair = z.object({ name: text, value: text.default('') });
const secret = z.object({ name: text, valueFrom: text });

const linuxParameters = z.object({
  capabilities: z.object({ add: texts, drop: texts }).optional(),
  devices: z.array(z.object({ hostPath: text, containerPath: name, permissions: texts })).optional(),
  initProcessEnabled: flag,
  sharedMemorySize: whole,
  tmpfs: z.array(z.object({ containerPath: text, size: z.int(), mountOptions: texts })).optional(),
  maxSwap: whole,
  swappiness: whole,
});

const portMapping = z.object({
  containerPort: whole,
  hostPort: whole,
  protocol: name,
  name,
  appProtocol: name,
  containerPortRange: name,
});

const container = z.object({
  name: z.string().min(1),
  image: z.string().min(1),
  repositoryCredentials: z.object({ credentialsParameter: text }).optional(),
  cpu: whole,
  memory: whole,
  memoryReservation: whole,
  links: texts,
  portMappings: z.array(portMapping).optional(),
  essential: flag,
  restartPolicy: z
    .object({ enabled: z.boolean(), ignoredExitCodes: z.array(z.int()).optional(), restartAttemptPeriod: whole })
    .optional(),
  entryPoint: texts,
  command: texts,
  environment: z.array(pair).optional(),
  environmentFiles: z.array(z.object({ value: text, type: text })).optional(),
  mountPoints: z.array(z.object({ sourceVolume: name, containerPath: name, readOnly: flag })).optional(),
  volumesFrom: z.array(z.object({ sourceContainer: name, readOnly: flag })).optional(),
  linuxParameters: linuxParameters.optional(),
  secrets: z.array(secret).optional(),
  dependsOn: z.array(z.object({ containerName: text, condition: text })).optional(),
  startTimeout: whole,
  stopTimeout: whole,
  versionConsistency: name,
  hostname: name,
  user: name,
  workingDirectory: name,
  disableNetworking: flag,
  privileged: flag,
  readonlyRootFilesystem: flag,
  dnsServers: texts,
  dnsSearchDomains: texts,
  extraHosts: z.array(z.object({ hostname: text, ipAddress: text })).optional(),
  dockerSecurityOptions: texts,
  interactive: flag,
  pseudoTerminal: flag,
  dockerLabels: map,
  ulimits: z.array(z.object({ name: text, softLimit: z.int(), hardLimit: z.int() })).optional(),
  logConfiguration: z.object({ logDriver: text, options: map, secretOptions: z.array(secret).optional() }).optional(),
  healthCheck: z
    .object({ command: z.array(text), interval: whole, timeout: whole, retries: whole, startPeriod: whole })
    .optional(),
  systemControls: z.array(z.object({ namespace: name, value: name })).optional(),
  resourceRequirements: z.array(z.object({ value: name, type: text, sharingStrategy: name })).optional(),
  firelensConfiguration: z.object({ type: text, options: map }).optional(),
  credentialSpecs: texts,
});

const volume = z.object({
  name,
  host: z.object({ sourcePath: name }).optional(),
  dockerVolumeConfiguration: z
    .object({ scope: name, autoprovision: flag, driver: name, driverOpts: map, labels: map })
    .optional(),
  efsVolumeConfiguration: z
    .object({
      fileSystemId: text,
      rootDirectory: name,
      transitEncryption: name,
      transitEncryptionPort: whole,
      authorizationConfig: z.object({ accessPointId: name, iam: name }).optional(),
    })
    .optional(),
  s3filesVolumeConfiguration: z
    .object({ fileSystemArn: text, rootDirectory: name, transitEncryptionPort: whole, accessPointArn: name })
    .optional(),
  fsxWindowsFileServerVolumeConfiguration: z
    .object({
      fileSystemId: text,
      rootDirectory: text,
      authorizationConfig: z.object({ credentialsParameter: text, domain: text }),
    })
    .optional(),
  configuredAtLaunch: flag,
});

/** RegisterTaskDefinition's request. */
export const taskDefinitionShape = z.object({
  family: z.string().min(1),
  taskRoleArn: name,
  executionRoleArn: name,
  networkMode: name,
  containerDefinitions: z.array(container).min(1),
  volumes: z.array(volume).optional(),
  placementConstraints: z.array(z.object({ type: name, expression: name })).optional(),
  requiresCompatibilities: texts,
  cpu: name,
  memory: name,
  tags: z.array(z.object({ key: text, value: text.default('') })).optional(),
  pidMode: name,
  ipcMode: name,
  proxyConfiguration: z.object({ type: name, containerName: text, properties: z.array(pair).optional() }).optional(),
  inferenceAccelerators: z.array(z.object({ deviceName: text, deviceType: text })).optional(),
  ephemeralStorage: z.object({ sizeInGiB: z.int() }).optional(),
  runtimePlatform: z.object({ cpuArchitecture: name, operatingSystemFamily: name }).optional(),
  enableFaultInjection: flag,
});

/** What DescribeTaskDefinition answers beyond that: people copy it into their files. */
export const OUTPUT_ONLY: readonly string[] = [
  'compatibilities',
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
];
