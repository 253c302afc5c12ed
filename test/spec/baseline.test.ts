import { describe, expect, it } from 'vitest';
import { APP, refuses, warnsOf } from './mistake.js';
import type { Mistake } from './mistake.js';
import { edited, errors, parse } from './support.js';
import type { Edit } from './support.js';

const GROUP = `      baseline:
        targetGroupArn: arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/white/3333333333333333
        containerName: web
        containerPort: 80
`;
const WITH_GROUP: Edit = [APP, '  pipeline:\n', `${GROUP}  pipeline:\n`];
const ROLLOUT: Edit = [
  APP,
  '      - name: ECS_TRAFFIC_ROUTING\n',
  '      - name: ECS_BASELINE_ROLLOUT\n      - name: ECS_TRAFFIC_ROUTING\n',
];
const SHARE: Edit = [APP, 'canary: 20', 'canary: 20\n          baseline: 20'];
const CLEAN: Edit = [
  APP,
  '      - name: ECS_CANARY_CLEAN',
  '      - name: ECS_BASELINE_CLEAN\n      - name: ECS_CANARY_CLEAN',
];
/** The seed's pipeline with a baseline; each test spoils it. */
const GOOD: Edit[] = [WITH_GROUP, ROLLOUT, SHARE, CLEAN];

describe('a pipeline with a baseline', () => {
  it('is read: the canary’s scale, and the primary gets what the two leave', () => {
    const parsed = parse(edited(...GOOD));
    expect(errors(parsed)).toEqual([]);
    expect(parsed.release?.targetGroups.baseline).toMatchObject({ containerName: 'web', containerPort: 80 });
    expect(parsed.release?.pipeline).toMatchObject([
      { id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', scale: 30 },
      { id: 'stage-1', name: 'ECS_BASELINE_ROLLOUT', scale: 30, timeout: 30 * 60_000 },
      { id: 'stage-2', name: 'ECS_TRAFFIC_ROUTING', canary: 20, baseline: 20 },
      { name: 'ANALYSIS' },
      { name: 'ECS_PRIMARY_ROLLOUT' },
      { name: 'ECS_TRAFFIC_ROUTING', canary: 0 },
      { id: 'stage-6', name: 'ECS_BASELINE_CLEAN' },
      { name: 'ECS_CANARY_CLEAN' },
    ]);
    expect(parsed.release?.pipeline[5]).not.toHaveProperty('baseline');
  });

  it.each([
    ['primary: 60\n          baseline: 20', { canary: 20, baseline: 20 }],
    ['primary: 50\n          canary: 30\n          baseline: 20', { canary: 30, baseline: 20 }],
    ['canary: 20\n          baseline: 0', { canary: 20 }],
    ['canary: 20\n          baseline: "10%"', { canary: 20, baseline: 10 }],
  ])('reads the shares of %j', (written, shares) => {
    const { release } = parse(edited(WITH_GROUP, ROLLOUT, [APP, 'canary: 20', written], CLEAN));
    const { canary, baseline } = release?.pipeline[2] as { canary: number; baseline?: number };
    expect({ canary, ...(baseline !== undefined && { baseline }) }).toEqual(shares);
  });

  it('has a scale of its own where the file gives one', () => {
    const own: Edit = [APP, 'ECS_BASELINE_ROLLOUT\n', 'ECS_BASELINE_ROLLOUT\n        with:\n          scale: 45\n'];
    expect(parse(edited(...GOOD, own)).release?.pipeline[1]).toMatchObject({ scale: 45 });
  });

  it('complains of the canary’s missing scale alone', () => {
    const parsed = parse(edited(...GOOD, [APP, '        with:\n          scale: 30\n', '']));
    expect(errors(parsed).map(({ field }) => field)).toEqual(['spec.pipeline.stages[0].with.scale']);
  });
});

const MISTAKES: Mistake[] = [
  {
    title: 'no third group',
    edits: [ROLLOUT, SHARE, CLEAN],
    at: [APP, 'targetGroups'],
    field: 'spec.input.targetGroups.baseline',
    message: 'targetGroups.baseline is missing, which ECS_BASELINE_ROLLOUT needs',
    fix: /Write baseline: \{targetGroupArn: …, containerName: …, containerPort: …\}.*weight 0/,
  },
  {
    title: 'a share for a baseline without a third group',
    edits: [SHARE],
    at: [APP, 'targetGroups'],
    field: 'spec.input.targetGroups.baseline',
    message: 'targetGroups.baseline is missing, which ECS_TRAFFIC_ROUTING needs',
  },
  {
    title: 'the canary’s group once more',
    edits: [...GOOD, [APP, 'white/3333333333333333', 'green/2222222222222222']],
    at: [APP, 'baseline:'],
    field: 'spec.input.targetGroups.baseline',
    message: 'canary and baseline are the same target group',
  },
  {
    title: 'a third group in another account',
    edits: [...GOOD, [APP, '123456789012:targetgroup/white', '999999999999:targetgroup/white']],
    at: [APP, 'targetGroups'],
    field: 'spec.input.targetGroups',
    message: /targetGroups\.baseline in 999999999999/,
  },
  {
    title: 'a baseline of no size, before any canary',
    edits: [
      WITH_GROUP,
      [APP, '      - name: ECS_CANARY_ROLLOUT', '      - name: ECS_BASELINE_ROLLOUT\n      - name: ECS_CANARY_ROLLOUT'],
      SHARE,
      CLEAN,
    ],
    at: [APP, '- name: ECS_BASELINE_ROLLOUT'],
    field: 'spec.pipeline.stages[0].with.scale',
    message: /scale is missing, and no ECS_CANARY_ROLLOUT before it/,
    fix: /Put ECS_CANARY_ROLLOUT before it, or write, for example, scale: 30/,
  },
  {
    title: 'an empty baseline',
    edits: [...GOOD, [APP, 'ECS_BASELINE_ROLLOUT\n', 'ECS_BASELINE_ROLLOUT\n        with: {scale: 0} # none\n']],
    at: [APP, 'scale: 0} # none'],
    field: 'spec.pipeline.stages[1].with.scale',
    message: 'scale is 0: the baseline would be empty',
  },
  {
    title: 'shares of three that do not add up',
    edits: [...GOOD, [APP, 'canary: 20', 'primary: 70\n          canary: 20']],
    at: [APP, 'baseline: 20'],
    field: 'spec.pipeline.stages[2].with.baseline',
    message: 'primary 70, canary 20 and baseline 20 do not add up to 100',
    fix: /Leave primary out/,
  },
  {
    title: 'shares of two that are more than all',
    edits: [...GOOD, [APP, 'canary: 20', 'canary: 90']],
    at: [APP, 'baseline: 20'],
    field: 'spec.pipeline.stages[2].with.baseline',
    message: 'canary 90 and baseline 20 are more than 100',
  },
  {
    title: 'a share for the baseline alone',
    edits: [WITH_GROUP, ROLLOUT, [APP, 'canary: 20', 'baseline: 20'], CLEAN],
    at: [APP, 'with:\n          baseline: 20'],
    field: 'spec.pipeline.stages[2].with',
    message: 'baseline 20 is given alone: what the canary gets is not said',
    fix: 'Write canary: 20 too, for example.',
  },
  {
    title: 'requests for a baseline that does not stand',
    edits: [WITH_GROUP, SHARE],
    at: [APP, '- name: ECS_TRAFFIC_ROUTING'],
    field: 'spec.pipeline.stages[1]',
    message: 'no baseline stands here that could take requests',
    fix: 'Put ECS_BASELINE_ROLLOUT before it.',
  },
  {
    title: 'a baseline that is removed while it serves',
    edits: [
      WITH_GROUP,
      ROLLOUT,
      SHARE,
      [APP, '      - name: ECS_PRIMARY_ROLLOUT', '      - name: ECS_BASELINE_CLEAN\n      - name: ECS_PRIMARY_ROLLOUT'],
    ],
    at: [APP, '- name: ECS_BASELINE_CLEAN'],
    field: 'spec.pipeline.stages[4]',
    message: 'the baseline still gets 20 % of the requests when it is removed',
  },
  {
    title: 'a baseline that is never removed',
    edits: [WITH_GROUP, ROLLOUT, SHARE],
    at: [APP, 'stages:'],
    field: 'spec.pipeline.stages',
    message: 'the pipeline leaves the baseline standing',
    fix: 'Add ECS_BASELINE_CLEAN at its end.',
  },
  {
    title: 'requests for the baseline at the end',
    edits: [WITH_GROUP, ROLLOUT, SHARE, [APP, 'primary: 100', 'canary: 0\n          baseline: 20']],
    at: [APP, 'stages:'],
    field: 'spec.pipeline.stages',
    message: 'the pipeline ends with 20 % of the requests on the baseline',
    fix: /then ECS_BASELINE_CLEAN/,
  },
];

describe('a baseline that cannot be delivered is refused', () => {
  refuses(MISTAKES);
});

describe('a baseline that is not of much use is warned of', () => {
  warnsOf([
    {
      title: 'a share above the scale',
      edits: [WITH_GROUP, ROLLOUT, [APP, 'canary: 20', 'canary: 20\n          baseline: 40'], CLEAN],
      at: [APP, '- name: ECS_TRAFFIC_ROUTING'],
      field: 'spec.pipeline.stages[2]',
      message: 'the baseline gets 40 % of the requests with 30 % of the tasks',
    },
    {
      title: 'a clean-up of nothing',
      edits: [WITH_GROUP, CLEAN],
      at: [APP, '- name: ECS_BASELINE_CLEAN'],
      field: 'spec.pipeline.stages[5]',
      message: 'no baseline stands here that could be removed',
    },
    {
      title: 'a baseline after the promotion',
      edits: [
        WITH_GROUP,
        [APP, '- name: ECS_PRIMARY_ROLLOUT\n', '- name: ECS_PRIMARY_ROLLOUT\n      - name: ECS_BASELINE_ROLLOUT\n'],
        CLEAN,
      ],
      at: [APP, '- name: ECS_BASELINE_ROLLOUT'],
      field: 'spec.pipeline.stages[4]',
      message: /after the promotion there is no gate left/,
    },
  ]);
});
