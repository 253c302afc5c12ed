import type { z } from 'zod';
import { described } from '../document/described.js';
import type { JsonSchema, Notes } from '../document/described.js';
import { formatDuration } from '../model/duration.js';
import { DATADOG_ADDRESS, DATADOG_MAX_DELAY, DATADOG_RESOLUTION, datadogFields } from './analysis-provider.js';
import { CLOUDWATCH_MAX_DELAY, CLOUDWATCH_RESOLUTION, cloudWatchFields } from './cloudwatch-provider.js';
import type { ecsProviderFields } from './ecs-provider.js';
import { environmentShape, readEnvironment } from './environment.js';
import { APPROVAL_REMINDER, DELIVERY, DRIFT_INTERVAL, SYNC_INTERVAL } from './load.js';
import { SIGNATURE_HEADER, SLACK_API } from './notifications.js';
import {
  PROMETHEUS_DELAY,
  PROMETHEUS_MAX_DELAY,
  PROMETHEUS_RESOLUTION,
  prometheusFields,
} from './prometheus-provider.js';
import { providerHead, sluiceShape } from './sluice.js';
import { impliedTasks, tasksFields } from './tasks-provider.js';

const ACCESS: Notes<typeof ecsProviderFields> = {
  region: 'The region.',
  profile: 'Profile of the AWS files; left out, the SDK’s usual chain.',
  credentialsFile: 'Credentials file in place of the usual one.',
  roleARN: 'Role to assume.',
  tokenFile: 'Web identity token for the role.',
  externalId: 'External ID for the role.',
};

const KEPT = 'File, environment variable or base64 text: one of the three.';

/** The fields that say how late and how fine a source is. */
function timesOf(defaults: { delay?: number; maxDelay: number; resolution: number }) {
  return {
    delay: {
      means: 'A window’s data is complete so long after its end, also where no later point shows it.',
      default: defaults.delay === undefined ? undefined : formatDuration(defaults.delay),
    },
    maxDelay: {
      means: 'A window that is not complete after so long is given up.',
      default: formatDuration(defaults.maxDelay),
    },
    resolution: { means: 'Length of a bucket.', default: formatDuration(defaults.resolution) },
  };
}

const DATADOG: Notes<typeof datadogFields> = {
  address: { means: 'A host such as datadoghq.eu, or a base URL.', default: DATADOG_ADDRESS },
  apiKeyFile: `The API key. ${KEPT}`,
  apiKeyEnv: 'As above.',
  apiKeyData: 'As above.',
  applicationKeyFile: `The application key. ${KEPT}`,
  applicationKeyEnv: 'As above.',
  applicationKeyData: 'As above.',
  apiVersion: { means: 'Which query endpoint is asked.', default: 'v1' },
  ...timesOf({ maxDelay: DATADOG_MAX_DELAY, resolution: DATADOG_RESOLUTION }),
};

const CLOUDWATCH: Notes<typeof cloudWatchFields> = {
  ...ACCESS,
  ...timesOf({ maxDelay: CLOUDWATCH_MAX_DELAY, resolution: CLOUDWATCH_RESOLUTION }),
};

const PROMETHEUS: Notes<typeof prometheusFields> = {
  address: 'Base URL, up to what stands before /api/v1.',
  username: 'User name for basic authentication; or from a file or the environment.',
  usernameFile: 'As above.',
  usernameEnv: 'As above.',
  passwordFile: `The password. ${KEPT}`,
  passwordEnv: 'As above.',
  passwordData: 'As above.',
  bearerTokenFile: `A bearer token in place of user and password. ${KEPT}`,
  bearerTokenEnv: 'As above.',
  bearerTokenData: 'As above.',
  headers: 'Further headers: name → value.',
  headersFile: 'Further headers: name → file with the value.',
  headersEnv: 'Further headers: name → environment variable with the value.',
  tls: {
    means: 'For https.',
    fields: {
      caFile: 'Authorities that are believed (PEM).',
      certFile: 'Certificate of the client (PEM); with keyFile.',
      keyFile: 'Its key (PEM).',
      serverName: 'Name in the server’s certificate, where it is another.',
      insecureSkipVerify: null,
    },
  },
  ...timesOf({ delay: PROMETHEUS_DELAY, maxDelay: PROMETHEUS_MAX_DELAY, resolution: PROMETHEUS_RESOLUTION }),
};

function tasksNotes(): Notes<typeof tasksFields> {
  const [implied] = impliedTasks([]);
  if (!implied) throw new Error('no provider of the tasks is implied');
  return {
    path: { means: 'Of the Prometheus exposition, on each task’s private address.', default: implied.path },
    port: 'Left out, the container’s port in the target group.',
    scrapeInterval: 'Left out, half the resolution, at most 5s.',
    timeout: { means: 'For one scrape.', default: formatDuration(implied.timeout) },
    ...timesOf(implied),
  };
}

type ProviderType = z.output<typeof providerHead>['type'];

function provider(): JsonSchema {
  const head = (...types: ProviderType[]): Notes<typeof providerHead.shape> => ({
    name: 'What files call it by.',
    type: { means: 'Its kind.', is: { type: 'string', enum: types } },
  });
  const kinds: Record<ProviderType, JsonSchema> = {
    DATADOG: described(providerHead.extend(datadogFields), { ...head('DATADOG'), ...DATADOG }),
    CLOUDWATCH: described(providerHead.extend(cloudWatchFields), { ...head('CLOUDWATCH'), ...CLOUDWATCH }),
    PROMETHEUS: described(providerHead.extend(prometheusFields), { ...head('PROMETHEUS'), ...PROMETHEUS }),
    TASKS: described(providerHead.extend(tasksFields), { ...head('TASKS'), ...tasksNotes() }),
  };
  return {
    ...described(providerHead, head(...(Object.keys(kinds) as ProviderType[]))),
    additionalProperties: true,
    allOf: Object.entries(kinds).map(([type, schema]) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      then: schema,
    })),
  };
}

/** The JSON Schema of a server configuration of kind Sluice, made from the schemas that read it. */
export function serverSchema(): JsonSchema {
  const delivery = (field: keyof typeof DELIVERY, means: string) => ({
    means,
    default: formatDuration(DELIVERY[field]),
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'sluice.yaml',
    ...described(sluiceShape, {
      apiVersion: 'The version of this format.',
      kind: 'Our own; kind Piped is taken too.',
      spec: {
        means: 'The configuration. Files that it names lie beside it.',
        fields: {
          ecsProviders: {
            means: 'AWS accounts and regions that are deployed to.',
            fields: { ...ACCESS, name: 'What people call it by.' },
          },
          analysisProviders: {
            means:
              'Metrics sources. Without one of CLOUDWATCH, each ECS provider’s account is one under its name; `tasks` is always there.',
            is: { type: 'array', items: provider() },
          },
          apiKeys: {
            means: 'Who may call the API.',
            fields: {
              name: 'Who it is: stands at what they do.',
              role: 'A viewer reads; a deployer also changes.',
              sha256: 'SHA-256 of the key, in hex.',
              expiresAt: 'Until when it is taken; left out, for good.',
            },
          },
          webhook: {
            means: 'Told what people must hear of.',
            fields: {
              url: 'Where to.',
              secretFile: 'What the body is signed with; a file or an environment variable.',
              secretEnv: 'As above.',
            },
          },
          notifications: {
            means: 'Who is told of what: PipeCD’s routes and receivers.',
            fields: {
              routes: {
                means: 'Which events go to which receiver; all that a route asks for must fit.',
                fields: {
                  name: 'For people.',
                  receiver: 'Name of the receiver.',
                  events: 'Names of events.',
                  ignoreEvents: 'Names of events that it leaves out.',
                  groups: 'Groups of events.',
                  ignoreGroups: 'Groups that it leaves out.',
                  apps: 'Applications.',
                  ignoreApps: 'Applications that it leaves out.',
                  labels: 'Labels that the application must have.',
                  ignoreLabels: 'Labels of applications that it leaves out.',
                },
              },
              receivers: {
                means: 'Where notices go.',
                fields: {
                  name: 'What routes call it.',
                  slack: {
                    means: 'A channel in Slack, by hook or by token; by token each deployment has one thread.',
                    fields: {
                      hookURL: `The incoming webhook. ${KEPT}`,
                      hookURLFile: 'As above.',
                      hookURLEnv: 'As above.',
                      oauthTokenData: `The token of an app, in base64. ${KEPT}`,
                      oauthTokenFile: 'As above.',
                      oauthTokenEnv: 'As above.',
                      channelID: 'The channel, with a token.',
                      apiURL: { means: 'Another address of Slack’s API.', default: SLACK_API },
                      mentionedAccounts: 'Ids of people who are called each time.',
                      mentionedGroups: 'Ids of groups that are called each time.',
                    },
                  },
                  webhook: {
                    means: 'A POST of JSON.',
                    fields: {
                      url: `Where to. ${KEPT}`,
                      urlFile: 'As above.',
                      urlEnv: 'As above.',
                      signatureKey: {
                        means: 'Header with a fixed value, as PipeCD sends it.',
                        default: SIGNATURE_HEADER,
                      },
                      signatureValue: `That value. ${KEPT}`,
                      signatureValueFile: 'As above.',
                      signatureValueEnv: 'As above.',
                      secretFile: `Key of an HMAC over the body. ${KEPT}`,
                      secretEnv: 'As above.',
                    },
                  },
                },
              },
              approvalReminder: {
                means: 'Between two reminders of an approval that waits; 0s for none.',
                default: formatDuration(APPROVAL_REMINDER),
              },
            },
          },
          drift: {
            means: 'Looks whether what was deployed still runs.',
            fields: {
              interval: { means: 'Between two looks.', default: formatDuration(DRIFT_INTERVAL) },
              disabled: { means: 'Nobody looks unasked.', default: false },
            },
          },
          git: {
            means: 'How repositories are reached, and as whom commits are made.',
            fields: {
              username: 'Name in commits; over https also the user of the token.',
              email: 'Address in commits.',
              sshKeyFile: 'Private key for ssh.',
              sshKeyData: 'The same in base64.',
              knownHostsFile: 'Host keys that are believed; left out, those of the worker’s user.',
              password: 'Password or token for https, in base64.',
              tokenFile: 'Token for https.',
              tokenEnv: 'The same from the environment.',
            },
          },
          repositories: {
            means: 'Repositories whose commits deploy.',
            fields: {
              repoId: 'What it is called here.',
              remote: 'Its address, by https or ssh.',
              branch: 'The branch that deploys.',
              username: 'User of its own token; where it has one.',
              sshKeyFile: 'Its own private key for ssh, in place of that of git.',
              sshKeyData: 'The same in base64.',
              tokenFile: 'Its own token for https, in place of that of git.',
              tokenEnv: 'The same from the environment.',
              webhookSecretFile: 'What its host signs webhooks with.',
              webhookSecretEnv: 'As above.',
              host: {
                means: 'Whose API opens pull requests, where the address does not tell.',
                fields: { type: 'Which kind.', apiUrl: 'Base URL of its API.' },
              },
            },
          },
          syncInterval: {
            means: 'Between two looks at a branch.',
            default: formatDuration(SYNC_INTERVAL),
          },
          delivery: {
            means: 'Waits of a delivery. The defaults are for AWS.',
            fields: {
              trafficSettle: delivery('trafficSettle', 'Between weights read back and the first window.'),
              drainSettle: delivery('drainSettle', 'Between weight 0 read back and the first task that goes.'),
              rollbackRecheck: delivery(
                'rollbackRecheck',
                'A rollback reads all rules once more so long after its first write.',
              ),
              pollMin: delivery('pollMin', 'First pause between two looks at AWS.'),
              pollMax: delivery('pollMax', 'Longest pause between two looks at AWS.'),
              absence: delivery('absence', 'What was just made is absent only after looks over this time.'),
            },
          },
          publicUrl: 'Where people reach the page, for links; left out, the listening address.',
          temporalUiUrl: 'Where people reach Temporal’s page, for links.',
          archive: {
            means: 'Where ended deployments are kept for good.',
            fields: {
              folder: 'A folder that every worker sees; this or s3. Without archive: archive in SLUICE_DATA.',
              s3: {
                means: 'A bucket of S3, in place of a folder.',
                fields: {
                  ...ACCESS,
                  region: 'The bucket’s region.',
                  bucket: 'Its name.',
                  prefix: 'What the keys begin with, such as sluice/production.',
                },
              },
            },
          },
          sealKeyFile: 'The key that seals what must not stand in histories; left out, seal.key in SLUICE_DATA.',
          allowScripts: { means: 'SCRIPT_RUN may run commands on the worker, with its rights.', default: false },
          secretManagement: {
            means: 'The key that opens encrypted secrets.',
            fields: {
              type: 'KEY_PAIR, or NONE.',
              config: {
                means: 'The keys of KEY_PAIR.',
                fields: {
                  privateKeyFile: `The private key. ${KEPT}`,
                  privateKeyData: 'As above.',
                  privateKeyEnv: 'As above.',
                  publicKeyFile: 'The public key, for sluice encrypt; a file or base64 text.',
                  publicKeyData: 'As above.',
                },
              },
            },
          },
        },
      },
    }),
  };
}

/** Sluice's own environment variables as the properties of an object. Temporal's and the AWS SDK's are theirs. */
export function environmentSchema(): JsonSchema {
  return described(environmentShape, {
    SLUICE_CONFIG: 'Configuration files, divided by commas or colons.',
    SLUICE_HOST: 'Where the API listens.',
    SLUICE_PORT: { means: 'Its port.', default: readEnvironment({}).port },
    SLUICE_DATA: 'Folder of the embedded Temporal’s state, the generated keys and the archive.',
    SLUICE_API_KEY: 'For the server one more deployer’s key, for the command line the key that it shows.',
    SLUICE_URL: 'Where the command line finds the API.',
  });
}
