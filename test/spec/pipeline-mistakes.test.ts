import { describe } from 'vitest';
import { APP, refuses } from './mistake.js';
import type { Mistake } from './mistake.js';

const MISTAKES: Mistake[] = [
  {
    title: 'another kind of application',
    edits: [[APP, 'ECSApp', 'KubernetesApp']],
    at: [APP, 'kind:'],
    field: 'kind',
    message: 'must be "ECSApp" or "Application", not "KubernetesApp"',
  },
  {
    title: 'another version of the format',
    edits: [[APP, 'v1beta1', 'v2']],
    at: [APP, 'apiVersion'],
    field: 'apiVersion',
    message: /must be "pipecd\.dev\/v1beta1"/,
  },
  {
    title: 'an unknown field of spec',
    edits: [[APP, '  labels:', '  lables:']],
    at: [APP, 'lables'],
    field: 'spec.lables',
    message: '"lables" is not a known field here',
    fix: 'Did you mean "labels"?',
  },
  {
    title: 'a mistyped field inside with, which PipeCD reads as 100 % on the primary',
    edits: [[APP, 'canary: 20', 'canry: 20']],
    at: [APP, 'canry'],
    field: 'spec.pipeline.stages[1].with.canry',
    message: '"canry" is not a known field here',
    fix: 'Did you mean "canary"?',
  },
  {
    title: 'a mistyped field beside with',
    edits: [[APP, '- name: ECS_PRIMARY_ROLLOUT', '- name: ECS_PRIMARY_ROLLOUT\n        timeoutt: 3m']],
    at: [APP, 'timeoutt'],
    field: 'spec.pipeline.stages[3].timeoutt',
    message: /not a known field/,
    fix: 'Did you mean "timeout"?',
  },
  {
    title: 'a stage that nobody knows',
    edits: [[APP, 'ECS_CANARY_CLEAN', 'ECS_CANARY_CLEEN']],
    at: [APP, 'ECS_CANARY_CLEEN'],
    field: 'spec.pipeline.stages[5].name',
    message: 'there is no stage "ECS_CANARY_CLEEN"',
    fix: 'Did you mean ECS_CANARY_CLEAN?',
  },
  ...['CUSTOM_SYNC'].map((name): Mistake => ({
    title: `the stage ${name}, which is not supported yet`,
    edits: [[APP, '- name: ECS_PRIMARY_ROLLOUT', `- name: ${name}\n      - name: ECS_PRIMARY_ROLLOUT`]],
    at: [APP, name],
    field: 'spec.pipeline.stages[3].name',
    message: `the stage ${name} is not supported yet`,
  })),
  {
    title: 'no scale',
    edits: [[APP, '        with:\n          scale: 30\n', '']],
    at: [APP, 'ECS_CANARY_ROLLOUT'],
    field: 'spec.pipeline.stages[0].with.scale',
    message: /scale is missing; PipeCD reads that as 0/,
    fix: /scale: 30/,
  },
  {
    title: 'scale 0',
    edits: [[APP, 'scale: 30', 'scale: 0']],
    at: [APP, 'scale: 0'],
    field: 'spec.pipeline.stages[0].with.scale',
    message: 'scale is 0: the canary would be empty',
  },
  {
    title: 'shares that do not add up',
    edits: [[APP, 'canary: 20', 'canary: 20\n          primary: 70']],
    at: [APP, 'primary: 70'],
    field: 'spec.pipeline.stages[1].with.primary',
    message: 'primary 70 and canary 20 do not add up to 100',
  },
  {
    title: 'primary 0, which PipeCD reads as 100',
    edits: [[APP, 'canary: 20', 'primary: 0']],
    at: [APP, 'primary: 0'],
    field: 'spec.pipeline.stages[1].with.primary',
    message: 'primary: 0 is read as primary 100 by PipeCD',
    fix: 'Write canary: 100.',
  },
  {
    title: 'no share at all',
    edits: [[APP, '          canary: 20', '          allowUndersized: true']],
    at: [APP, 'with:\n          allowUndersized'],
    field: 'spec.pipeline.stages[1].with',
    message: /neither primary nor canary/,
  },
  {
    title: 'all requests on a canary of 30 %',
    edits: [[APP, 'canary: 20', 'canary: 100']],
    at: [APP, '- name: ECS_TRAFFIC_ROUTING'],
    field: 'spec.pipeline.stages[1]',
    message: 'the canary gets 100 % of the requests with 30 % of the tasks',
    fix: /allowUndersized: true/,
  },
  {
    title: 'requests for a canary that does not stand',
    edits: [[APP, '      - name: ECS_CANARY_ROLLOUT\n        with:\n          scale: 30\n', '']],
    at: [APP, '- name: ECS_TRAFFIC_ROUTING'],
    field: 'spec.pipeline.stages[0]',
    message: 'no canary stands here that could take requests',
  },
  {
    title: 'a canary that is removed while it serves',
    edits: [[APP, '      - name: ECS_TRAFFIC_ROUTING\n        with:\n          primary: 100\n', '']],
    at: [APP, '- name: ECS_CANARY_CLEAN'],
    field: 'spec.pipeline.stages[4]',
    message: 'the canary still gets 20 % of the requests when it is removed',
  },
  {
    title: 'a pipeline that brings nothing out',
    edits: [[APP, '      - name: ECS_PRIMARY_ROLLOUT\n', '']],
    at: [APP, 'stages:'],
    field: 'spec.pipeline.stages',
    message: 'the pipeline never brings the new version out as the primary',
  },
  {
    title: 'two stages of one id',
    edits: [
      [APP, '- name: ECS_CANARY_ROLLOUT', '- name: ECS_CANARY_ROLLOUT\n        id: one'],
      [APP, '- name: ECS_PRIMARY_ROLLOUT', '- name: ECS_PRIMARY_ROLLOUT\n        id: one # again'],
    ],
    at: [APP, 'id: one # again'],
    field: 'spec.pipeline.stages[3].id',
    message: 'a second stage has the id "one"',
  },
  {
    title: 'a stage with the id of the rollback',
    edits: [[APP, '- name: ECS_PRIMARY_ROLLOUT', '- name: ECS_PRIMARY_ROLLOUT\n        id: rollback']],
    at: [APP, 'id: rollback'],
    field: 'spec.pipeline.stages[3].id',
    message: /kept for the rollback/,
  },
  {
    title: 'stages that take longer than the deployment may',
    edits: [[APP, '  name: canary', '  timeout: 5m\n  name: canary']],
    at: [APP, 'stages:'],
    field: 'spec.pipeline.stages',
    message: /the stages take at least 10m, and the deployment.s timeout is 5m/,
  },
  {
    title: 'more approvals than approvers',
    edits: [
      [
        APP,
        '- name: ECS_PRIMARY_ROLLOUT',
        '- name: WAIT_APPROVAL\n        with: {approvers: [ann], minApproverNum: 2}\n      - name: ECS_PRIMARY_ROLLOUT',
      ],
    ],
    at: [APP, 'minApproverNum'],
    field: 'spec.pipeline.stages[3].with.minApproverNum',
    message: '2 approvals are needed, and only 1 may approve',
  },
  {
    title: 'recreate',
    edits: [[APP, '  input:', '  quickSync: {recreate: true}\n  input:']],
    at: [APP, 'recreate'],
    field: 'spec.quickSync.recreate',
    message: /recreate is not supported yet/,
  },
];

describe('an application or pipeline that cannot be delivered is refused', () => {
  refuses(MISTAKES);
});
