import { described } from '../document/described.js';
import type { JsonSchema, Notes } from '../document/described.js';
import { formatDuration } from '../model/duration.js';
import type { quickSyncFields } from './application.js';
import { applicationShape, inputFields, plugin } from './application.js';
import { JUDGED } from './described-metric.js';
import { STAGE } from './described-stage.js';
import { DEPLOYMENT_TIMEOUT, TASK_DEFINITION_FILE } from './release.js';
import { MIN_WINDOW } from './trigger.js';

const STANDALONE = 'Of a service, the service definition says it.';

function groupOf(means: string) {
  return {
    means,
    fields: {
      targetGroupArn: 'ARN of the target group.',
      containerName: 'The container of the task definition that takes the requests.',
      containerPort: 'Its port.',
      loadBalancerName: 'Not used: the target group says which load balancer it is.',
    },
  };
}

const INPUT: Notes<typeof inputFields.shape> = {
  serviceDefinitionFile: 'The file with the service, beside this one.',
  taskDefinitionFile: { means: 'The file with the task definition, beside this one.', default: TASK_DEFINITION_FILE },
  targetGroups: {
    means: 'Where each version takes its requests; each needs a group of its own.',
    fields: {
      primary: groupOf('The group that serves.'),
      canary: groupOf('The group of the canary; a pipeline with a canary needs it.'),
      baseline: groupOf('The group of the baseline; a pipeline with a baseline needs it.'),
    },
  },
  accessType: {
    means: 'How the service is reached.',
    is: { type: 'string', enum: ['ELB', 'SERVICE_DISCOVERY'] },
    default: 'ELB',
  },
  autoRollback: { means: 'Goes back when a stage fails; also in planner.', default: true },
  strictRules: {
    means: 'Refuses, in place of a warning, other rules that reach one of the groups without weights.',
    default: false,
  },
  clusterArn: `The cluster of a standalone task: name or ARN. ${STANDALONE}`,
  launchType: {
    means: `How a standalone task runs. ${STANDALONE}`,
    is: { type: 'string', enum: ['FARGATE', 'EC2', 'EXTERNAL'] },
    default: 'FARGATE',
  },
  awsvpcConfiguration: {
    means: `The network of a standalone task. ${STANDALONE}`,
    fields: {
      subnets: 'Subnets; needed with networkMode awsvpc.',
      securityGroups: 'Security groups.',
      assignPublicIp: { means: 'A public address.', is: { type: 'string', enum: ['ENABLED', 'DISABLED'] } },
    },
  },
  runStandaloneTask: `False registers the task definition and runs nothing. Left out, true for ECSApp and false for Application. ${STANDALONE}`,
};

const QUICK_SYNC: Notes<typeof quickSyncFields.shape> = {
  recreate: { means: 'Stopping the old version first is not supported yet.', is: { const: false }, default: false },
};

const PLUGINS: JsonSchema = {
  type: 'object',
  properties: {
    ecs: {
      description: 'input and quickSync, as kind Application has them.',
      ...described(plugin.ecs, {
        input: { means: 'As spec.input.', is: { $ref: '#/definitions/input' } },
        quickSync: { means: 'As spec.quickSync.', fields: QUICK_SYNC },
      }),
    },
    analysis: {
      description: 'For the queries of all metrics.',
      ...described(plugin.analysis, { appCustomArgs: '{{ .AppCustomArgs.NAME }} in queries.' }),
    },
  },
};

/** The JSON Schema of `app.pipecd.yaml`, made from the schemas that read it. Names are in the documented case; the reader takes any. */
export function applicationSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'app.pipecd.yaml',
    ...described(applicationShape, {
      apiVersion: 'PipeCD’s version of this format.',
      kind: 'ECSApp, or Application with plugins.ecs.',
      spec: { means: 'The application.', is: specSchema() },
    }),
    definitions: { input: described(inputFields, INPUT), stage: STAGE, ...JUDGED },
  };
}

function specSchema(): JsonSchema {
  return {
    ...described(applicationShape.shape.spec, {
      name: 'The application’s name: lower-case letters, digits and dashes. From git it is required.',
      labels: 'To find it by, and for chains.',
      description: 'For people.',
      planner: {
        means: 'How a deployment goes.',
        fields: {
          alwaysUsePipeline: {
            means: 'Runs the pipeline also when nothing changed or commitMatcher.quickSync fits.',
            default: false,
          },
          autoRollback: { means: 'Goes back when a stage fails; also in input.', default: true },
        },
      },
      pipeline: {
        means: 'The stages of a progressive deployment; without them each is a quick sync.',
        fields: {
          stages: { means: 'In this order.', is: { type: 'array', items: { $ref: '#/definitions/stage' } } },
        },
      },
      timeout: {
        means: 'The whole deployment rolls back when it takes longer.',
        default: formatDuration(DEPLOYMENT_TIMEOUT),
      },
      input: { means: 'Which files and target groups.', is: { $ref: '#/definitions/input' } },
      quickSync: { means: 'How a quick sync goes.', fields: QUICK_SYNC },
      plugins: { means: 'What kind Application has; those that are not ours are left alone.', is: PLUGINS },
      encryption: {
        means: 'Encrypted secrets that are put into files.',
        fields: {
          encryptedSecrets: 'Name → what sluice encrypt printed.',
          decryptionTargets: 'Files with {{ .encryptedSecrets.NAME }}.',
        },
      },
      attachment: {
        means: 'Files that are put into other files.',
        fields: { sources: 'Name → file.', targets: 'Files with {{ .attachment.NAME }}.' },
      },
      commitMatcher: {
        means: 'Chooses the strategy by the commit’s message.',
        fields: { pipeline: 'Regular expression for the pipeline.', quickSync: 'Regular expression for a quick sync.' },
      },
      trigger: {
        means: 'What deploys the application.',
        fields: {
          onCommit: {
            means: 'Commits.',
            fields: {
              disabled: { means: 'Commits do not deploy it.', default: false },
              paths:
                'What else deploys it beside its own folder: folders, files or globs from the root of the repository.',
              ignores: 'A commit that touches one of these does not deploy it at all.',
            },
          },
          onCommand: {
            means: 'Requests by people and CI.',
            fields: { disabled: { means: 'Requests are refused.', default: false } },
          },
          onOutOfSync: {
            means: 'Drift.',
            fields: {
              disabled: { means: 'Drift does not deploy it.', default: true },
              minWindow: {
                means: 'Nothing is deployed for drift so soon after a deployment.',
                default: formatDuration(MIN_WINDOW),
              },
            },
          },
          onChain: {
            means: 'Chains of other applications.',
            fields: { disabled: { means: 'Chains do not deploy it.', default: true } },
          },
        },
      },
      postSync: {
        means: 'What follows a good deployment.',
        fields: {
          chain: {
            means: 'Deployments of other applications, one block after the other.',
            fields: {
              applications: {
                means: 'The blocks; each needs a name or labels.',
                fields: {
                  name: 'The application of this name.',
                  kind: 'ECS, or nothing.',
                  labels: 'All applications with these labels.',
                },
              },
            },
          },
        },
      },
      notification: {
        means: 'Whom notices call.',
        fields: {
          mentions: {
            means: 'Who is called when.',
            fields: {
              event: 'Name of the event, or * for all.',
              slackUsers: 'Ids of people in Slack.',
              slackGroups: 'Ids of groups in Slack.',
              slack: 'PipeCD’s older name of slackUsers.',
              email: null,
            },
          },
        },
      },
      eventWatcher: {
        means: 'Writes what an event brings into files of the repository.',
        fields: {
          matcher: {
            means: 'Which events.',
            fields: { name: 'Name of the event.', labels: 'Exactly the labels of the event.' },
          },
          handler: {
            means: 'What is done.',
            fields: {
              type: { means: 'A commit.', default: 'GIT_UPDATE' },
              config: {
                means: 'Which commit.',
                fields: {
                  commitMessage: 'With {{ .Value }} and {{ .EventName }}.',
                  makePullRequest: { means: 'Opens a pull request in place of a push to the branch.', default: false },
                  replacements: {
                    means: 'What is written where; each says one way to find the value.',
                    fields: {
                      file: 'The file, from the application’s folder.',
                      yamlField: 'Path in a YAML file: $.a.b[0].c.',
                      jsonField: 'Path in a JSON file.',
                      HCLField: 'Path in an HCL file: resource.TYPE.NAME.field.',
                      regex: 'Regular expression (RE2); its first group is replaced.',
                    },
                  },
                },
              },
            },
          },
        },
      },
      driftDetection: {
        means: 'Whether what runs is still what was deployed.',
        fields: { ignoreFields: 'Fields that may differ: service#desiredCount.' },
      },
    }),
    anyOf: [{ required: ['input'] }, { required: ['plugins'] }],
  };
}
