import { described } from '../document/described.js';
import type { JsonSchema, Notes } from '../document/described.js';
import { formatDuration } from '../model/duration.js';
import { SKIPPABLE } from '../model/stage.js';
import type { StageName } from '../model/stage.js';
import type { analysisShape } from './analysis-stage.js';
import { DEFAULT_ALPHA, watchShape } from './analysis-stage.js';
import { LISTS } from './described-metric.js';
import { SCRIPT_TIMEOUT } from './script-stage.js';
import { skipOnShape } from './skip-on.js';
import { DEFAULT_WAIT, LONG_TIMEOUT, ROLLOUT_TIMEOUT, STAGE_FIELDS, stageHead } from './stage.js';

const SKIP_ON = {
  means: 'Leaves the stage out for some commits; on the stage or in with.',
  is: described(skipOnShape, {
    commitMessagePrefixes: 'When the commit’s message begins with one of these.',
    paths: 'When all files that changed are among these: folders, files or globs from the root of the repository.',
  }),
};
const SHARE_OF_TASKS = 'Percent of the service’s tasks that it gets, above 0.';
const NOT_USED_BY_WATCH = 'Not used: people decide here.';

const JUDGED: Pick<
  Notes<typeof analysisShape.shape>,
  'metrics' | 'logs' | 'https' | 'restartThreshold' | 'initialDelay' | 'alpha'
> = {
  metrics: { means: 'What is measured and judged.', is: LISTS.metrics },
  logs: null,
  https: { means: 'Addresses that must answer as expected.', is: LISTS.https },
  restartThreshold: 'Does nothing, as in PipeCD.',
  initialDelay: { means: 'The first window begins so long after the traffic was verified.', default: '0s' },
  alpha: { means: 'How often a good version may be rolled back, over the whole stage.', default: DEFAULT_ALPHA },
};

const WATCH = described(watchShape, {
  ...JUDGED,
  skipOn: null,
  duration: 'How long it is judged; left out, until people have decided.',
  onNoData: NOT_USED_BY_WATCH,
  onNotEnoughData: NOT_USED_BY_WATCH,
  maxDuration: NOT_USED_BY_WATCH,
});

/** What each stage takes in `with`. */
export const WITH: Readonly<Record<StageName, JsonSchema>> = {
  ECS_SYNC: described(STAGE_FIELDS.ECS_SYNC, {
    recreate: { means: 'Stopping the old version first is not supported yet.', is: { const: false }, default: false },
    skipOn: null,
  }),
  ECS_CANARY_ROLLOUT: described(STAGE_FIELDS.ECS_CANARY_ROLLOUT, {
    scale: { means: SHARE_OF_TASKS, required: true },
    skipOn: null,
  }),
  ECS_TRAFFIC_ROUTING: {
    ...described(STAGE_FIELDS.ECS_TRAFFIC_ROUTING, {
      primary: 'Percent of the requests that the primary gets; left out, what the others leave.',
      canary: 'Percent of the requests that the canary gets; left out, what the others leave.',
      baseline: { means: 'Percent of the requests that the baseline gets.', default: 0 },
      allowUndersized: { means: 'A share above the scale is meant: no warning.', default: false },
      skipOn: null,
    }),
    anyOf: [{ required: ['primary'] }, { required: ['canary'] }],
  },
  ECS_PRIMARY_ROLLOUT: described(STAGE_FIELDS.ECS_PRIMARY_ROLLOUT, { skipOn: null }),
  ECS_CANARY_CLEAN: described(STAGE_FIELDS.ECS_CANARY_CLEAN, { skipOn: null }),
  ECS_BASELINE_ROLLOUT: described(STAGE_FIELDS.ECS_BASELINE_ROLLOUT, {
    scale: `${SHARE_OF_TASKS} Left out, the canary’s.`,
    skipOn: null,
  }),
  ECS_BASELINE_CLEAN: described(STAGE_FIELDS.ECS_BASELINE_CLEAN, { skipOn: null }),
  WAIT: described(STAGE_FIELDS.WAIT, {
    duration: { means: 'How long.', default: formatDuration(DEFAULT_WAIT) },
    skipOn: SKIP_ON,
  }),
  WAIT_APPROVAL: described(STAGE_FIELDS.WAIT_APPROVAL, {
    timeout: {
      means: 'Without an approval until then, the deployment rolls back.',
      default: formatDuration(LONG_TIMEOUT),
    },
    approvers: 'Names of the keys that may approve; none: every deployer.',
    minApproverNum: { means: 'How many must approve.', default: 1 },
    skipOn: SKIP_ON,
    analysis: { means: 'Judged while people decide: what fails rolls back, and nothing it sees approves.', is: WATCH },
  }),
  ANALYSIS: described(STAGE_FIELDS.ANALYSIS, {
    ...JUDGED,
    duration: 'How long is judged; the stage ends when its last window is.',
    skipOn: SKIP_ON,
    onNoData: { means: 'What happens when nothing could be measured.', default: 'ROLLBACK' },
    onNotEnoughData: { means: 'What happens when too little could be measured.', default: 'WAIT_APPROVAL' },
    maxDuration: 'It may extend itself for want of data up to this; left out, not at all.',
  }),
  SCRIPT_RUN: described(STAGE_FIELDS.SCRIPT_RUN, {
    run: 'The command, for /bin/sh on the worker. The server must allow scripts.',
    env: 'Its environment variables.',
    timeout: { means: 'The stage fails when it takes longer.', default: formatDuration(SCRIPT_TIMEOUT) },
    onRollback: 'Run when the deployment goes back after this stage has begun.',
    skipOn: SKIP_ON,
  }),
};

const NAMES = Object.keys(WITH) as StageName[];

/** What each stage does, in a line. */
const DOES: Readonly<Record<StageName, string>> = {
  ECS_SYNC: 'The new version takes the place of the old one at once.',
  ECS_CANARY_ROLLOUT:
    'Some tasks run the new version beside the old one, on the canary’s target group; they get no requests yet.',
  ECS_TRAFFIC_ROUTING: 'Moves the requests between primary, canary and baseline, and reads the weights back.',
  ECS_PRIMARY_ROLLOUT: 'The new version takes the place of the old one on the primary’s target group.',
  ECS_CANARY_CLEAN: 'Removes the canary’s tasks, which must get no requests any more.',
  ECS_BASELINE_ROLLOUT: 'Fresh tasks of the old version to compare the canary with, on a target group of their own.',
  ECS_BASELINE_CLEAN: 'Removes the baseline’s tasks.',
  WAIT: 'Waits for a time.',
  WAIT_APPROVAL: 'Waits until people approve; a rejection rolls back.',
  ANALYSIS: 'Judges metrics window by window; what fails rolls back, and what was not measured never passes.',
  SCRIPT_RUN: 'Runs a command of yours on the worker, where the server allows scripts.',
};

/** One stage of the pipeline. */
export const STAGE: JsonSchema = {
  ...described(stageHead, {
    id: 'Unique in the pipeline; left out, stage-0, stage-1 and so on.',
    name: {
      means: 'Which stage.',
      is: { type: 'string', enum: NAMES, enumDescriptions: NAMES.map((name) => DOES[name]) },
    },
    desc: 'A line for people.',
    timeout: `The stage fails when it takes longer; left out, ${formatDuration(ROLLOUT_TIMEOUT)} for one that changes AWS, ${formatDuration(LONG_TIMEOUT)} or more for the others.`,
    with: { means: 'What the stage does; its fields depend on the name.', is: { type: 'object' } },
    skipOn: SKIP_ON,
  }),
  allOf: NAMES.map((name) => ({
    if: { properties: { name: { const: name } }, required: ['name'] },
    then: {
      properties: { with: WITH[name], ...(!SKIPPABLE.has(name) && { skipOn: false }) },
      ...(needsWith(WITH[name]) && { required: ['with'] }),
    },
  })),
};

function needsWith({ required, anyOf }: JsonSchema): boolean {
  return required !== undefined || anyOf !== undefined;
}
