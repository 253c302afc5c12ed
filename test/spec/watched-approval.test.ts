import { describe, expect, it } from 'vitest';
import type { WaitApprovalStage } from '../../model/stage.js';
import { APP, refuses, warnsOf } from './mistake.js';
import { edited, errors, parse, seedFiles, type Edit } from './support.js';

const AT = 'spec.pipeline.stages[2].with.analysis';
/** The seed's ANALYSIS as the `analysis` of a WAIT_APPROVAL. */
const WATCHED: Edit = [
  APP,
  '      - name: ANALYSIS\n        with:\n          duration: 10m\n          metrics:',
  '      - name: WAIT_APPROVAL\n        with:\n         timeout: 2h\n         analysis:\n          metrics:',
];

function watched(...more: Edit[]): WaitApprovalStage {
  const parsed = parse(edited(WATCHED, ...more));
  expect(errors(parsed)).toEqual([]);
  const stage = parsed.release!.pipeline[2]!;
  if (stage.name !== 'WAIT_APPROVAL') throw new Error(stage.name);
  return stage;
}

describe('an approval’s analysis', () => {
  it('goes on for as long as the approval may take', () => {
    expect(watched()).toMatchObject({
      timeout: 7_200_000,
      approvers: [],
      minApprovers: 1,
      analysis: {
        name: 'ANALYSIS',
        duration: 7_200_000,
        maxDuration: 7_200_000,
        initialDelay: 0,
        metrics: [{ name: 'metrics-0', interval: 60_000, expected: { max: 10 }, errorLimit: 60 }],
      },
    });
  });

  it('has a length of its own where the file gives one', () => {
    expect(watched([APP, 'analysis:', 'analysis:\n          duration: 20m']).analysis?.duration).toBe(1_200_000);
  });

  it('is absent where the file has none', () => {
    const plain = edited([
      APP,
      /      - name: ANALYSIS[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0],
      '      - name: WAIT_APPROVAL\n',
    ]);
    expect(parse(plain).release!.pipeline[2]).not.toHaveProperty('analysis');
  });
});

describe('an approval’s analysis that cannot work is refused', () => {
  refuses([
    {
      title: 'without a metric',
      edits: [
        WATCHED,
        [
          APP,
          /          metrics:[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0],
          '          alpha: 5%\n',
        ],
      ],
      at: [APP, 'analysis:'],
      field: `${AT}.metrics`,
      message: /no metrics/,
    },
    {
      title: 'a mistake in a metric',
      edits: [WATCHED, [APP, 'max: 10', 'maxi: 10']],
      at: [APP, 'maxi:'],
      field: `${AT}.metrics[0].expected.maxi`,
      message: /not a known field/,
    },
    {
      title: 'a comparison with a version that gets no requests',
      edits: [
        WATCHED,
        [APP, 'canary: 20', 'canary: 100\n          allowUndersized: true'],
        [APP, 'strategy: THRESHOLD', 'strategy: CANARY_PRIMARY\n              metric: http-5xx-rate'],
        [APP, /              query: \|[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0], ''],
      ],
      at: [APP, '- name: WAIT_APPROVAL'],
      field: 'spec.pipeline.stages[2]',
      message: /metrics-0 cannot be judged by CANARY_PRIMARY here: the primary gets no requests/,
    },
  ]);
});

describe('an approval’s analysis warns', () => {
  warnsOf([
    {
      title: 'of what only a gate would use',
      edits: [WATCHED, [APP, 'analysis:', 'analysis:\n          onNoData: PROCEED']],
      at: [APP, 'onNoData'],
      field: `${AT}.onNoData`,
      message: 'onNoData is not used: people decide here',
    },
    {
      title: 'of a length that the approval cuts off',
      edits: [WATCHED, [APP, 'analysis:', 'analysis:\n          duration: 3h']],
      at: [APP, 'duration: 3h'],
      field: `${AT}.duration`,
      message: /longer than the stage.s timeout 2h/,
    },
    {
      title: 'of a canary without requests',
      edits: [WATCHED, [APP, '          canary: 20', '          primary: 100']],
      at: [APP, '- name: WAIT_APPROVAL'],
      field: 'spec.pipeline.stages[2]',
      message: /the new version gets no requests here/,
    },
  ]);
});
