import { ALL_PRIMARY } from '../model/delivery.js';
import type { DeliveryHandle, Progress, Traffic, Weights } from '../model/delivery.js';
import { formatFinding } from '../model/finding.js';
import type { Stood } from '../model/drift.js';
import { isTask, placeOf, type AnyRelease } from '../model/release.js';
import type { Stage } from '../model/stage.js';
import type { TaskHandle } from '../model/standalone-task.js';
import { hasEnded, iso } from '../model/wire.js';
import { analysisWorkflowId } from '../model/workflow-id.js';
import type {
  AnalysisDocument,
  DeploymentDocument,
  DeploymentStatus,
  StageDocument,
  TrailEntry,
} from '../model/wire.js';
import type { Control, DeploymentInput, OpenDeployment } from './messages.js';

const TRAIL_IN_MEMO = 20;

/**
 * Why a deployment stops before its pipeline's end: a fact that a handler, the root scope or a stage sets, and never something
 * concluded from the type of an error (with a dead worker a cancelled stage ends in a time-out).
 */
export interface Ending {
  why: 'CANCEL' | 'ROLLBACK' | 'FAILED_STAGE';
  rollback: boolean;
  reason: string;
}

/** Who acts in Temporal's own UI, where nobody says who they are. */
export const SOMEBODY = 'somebody in the Temporal UI';

/** A gate that waits for people. */
export interface Gate {
  stage: string;
  approvers: string[];
  minApprovers: number;
  approvedBy: string[];
  rejected?: Control;
}

/** All that a deployment knows while it runs. One object, made by the workflow function; nothing lives in the module. */
export interface DeploymentState {
  readonly input: DeploymentInput;
  /** What may still be done with it: nothing has been touched, the pipeline runs, it goes back, or it is over. */
  phase: 'PENDING' | 'FORWARD' | 'ROLLING_BACK' | 'CLOSING';
  status: DeploymentStatus;
  reason: string;
  startedAt?: number;
  completedAt?: number;
  stages: StageDocument[];
  /** Id of the stage that runs. */
  current?: string;
  /** What the driver last said of the traffic; absent until it said something. */
  traffic?: Progress['traffic'];
  analysis: AnalysisDocument[];
  warnings: string[];
  trail: TrailEntry[];
  taskDefinition?: string;
  handle?: DeliveryHandle;
  /** In the place of `handle` where there is no service. */
  task?: TaskHandle;
  /** The rules that the preflight saw, whose weights are its to move. */
  rules?: Stood['rules'];
  go: boolean;
  /** What an earlier deployment kept and this one has to undo before it begins; gone when that is done. */
  restore?: DeliveryHandle;
  /** The deployment whose evidence PREVIOUS compares with. */
  previous?: string;
  /** Receiver → the thread of this deployment's notices. */
  threads?: Record<string, string>;
  supersededBy?: string;
  ending?: Ending;
  paused?: Control;
  gate?: Gate;
  /** Ids of stages that somebody skipped. */
  skipped: string[];
}

/** The state at the start: PENDING, with the file's warnings. */
export function pendingState(input: DeploymentInput): DeploymentState {
  return {
    input,
    phase: 'PENDING',
    status: 'PENDING',
    reason: 'Waiting for its turn.',
    stages: [],
    analysis: [],
    warnings: input.release.warnings.map(formatFinding),
    trail: [
      {
        at: iso(input.trigger.at),
        action: actionOf(input),
        by: input.trigger.by,
        reason: input.drift ?? input.commit?.message?.split('\n')[0] ?? '',
      },
    ],
    go: false,
    skipped: [],
  };
}

function actionOf({ rollbackTo, drift }: DeploymentInput): string {
  if (!rollbackTo) return 'deploy';
  return drift === undefined ? `rollback to ${rollbackTo.deployment}` : `deploy ${rollbackTo.deployment} again`;
}

/** How others know a rollback. The version that should be running, brought out once more, is none: a newer one may take its place. */
export function asRollback({
  rollbackTo,
  drift,
}: Pick<DeploymentInput, 'rollbackTo' | 'drift'>): Pick<OpenDeployment, 'rollbackTo'> {
  return rollbackTo && drift === undefined ? { rollbackTo: rollbackTo.deployment } : {};
}

/** The stage rows of a plan, none started. */
export function stageRows(stages: readonly Stage[]): StageDocument[] {
  return stages.map((stage) => ({
    id: stage.id,
    name: stage.name,
    status: 'NOT_STARTED',
    ...(stage.desc !== undefined && { detail: stage.desc }),
  }));
}

/** Takes over what an activity reported of the traffic. */
export function noteProgress(state: DeploymentState, progress: Progress, row?: StageDocument): void {
  if (row) row.detail = progress.detail;
  if (progress.traffic) state.traffic = { ...state.traffic, ...progress.traffic };
}

/** What the rules must say while a delivery stands at these weights. */
export function trafficOf({ app, deployment, release, snapshot }: DeliveryHandle, wanted: Weights): Traffic {
  const { region, accountId, loadBalancerArn, rules } = snapshot;
  return {
    provider: release.provider,
    app,
    deployment,
    snapshot: { region, accountId, ...(loadBalancerArn !== undefined && { loadBalancerArn }), rules },
    targetGroups: release.targetGroups,
    wanted,
  };
}

/** Sets the final state. What comes after it is telling, not doing. */
export function end(state: DeploymentState, status: DeploymentStatus, reason: string): void {
  state.phase = 'CLOSING';
  state.status = status;
  state.reason = reason;
  state.completedAt = Date.now();
}

/** The chain that the deployment is a part of, or begins when it succeeds: a rollback begins none, and neither does a part of one. */
export function chainOf({ input }: DeploymentState): string | undefined {
  const begins = (input.release.chain?.length ?? 0) > 0 && !input.rollbackTo;
  return input.chain ?? (begins ? input.id : undefined);
}

/** What has no weights says so: its `traffic` says nothing. */
function kindOf(release: AnyRelease): Pick<DeploymentDocument, 'kind'> {
  if (isTask(release)) return { kind: 'STANDALONE_TASK' };
  return release.targetGroups.primary ? {} : { kind: 'SERVICE_DISCOVERY' };
}

/** The deployment document of the contract, without the links that only the api knows. */
export function documentOf(state: DeploymentState): DeploymentDocument {
  const { input } = state;
  const chain = chainOf(state);
  const taskDefinition = state.taskDefinition ?? input.rollbackTo?.taskDefinitionArn;
  return {
    id: input.id,
    app: input.app,
    status: state.status,
    reason: state.reason,
    version: {
      image: input.release.image,
      ...(input.commit && { commit: input.commit.hash }),
      ...(taskDefinition !== undefined && { taskDefinition }),
    },
    ...(input.rollbackTo && { rollbackTo: input.rollbackTo.deployment }),
    ...(chain !== undefined && { chain }),
    trigger: { by: input.trigger.by, at: iso(input.trigger.at) },
    ...(state.startedAt !== undefined && { startedAt: iso(state.startedAt) }),
    ...(state.completedAt !== undefined && { completedAt: iso(state.completedAt) }),
    stages: state.stages,
    ...kindOf(input.release),
    traffic: { wanted: state.traffic?.wanted ?? ALL_PRIMARY, verified: state.traffic?.verified ?? null },
    analysis: state.analysis,
    warnings: state.warnings,
    trail: state.trail,
    ...(!isTask(input.release) && { service: placeOf(input.release) }),
    links: { ...(input.commit?.url !== undefined && { commit: input.commit.url }) },
  };
}

/**
 * The document as the memo keeps it for lists and for when no worker answers: without points and evidence, and with the newest of
 * the trail. It is written anew at each change, so it is kept small.
 */
export function memoOf(state: DeploymentState): DeploymentDocument {
  const document = documentOf(state);
  const [asked, ...acts] = document.trail;
  return {
    ...document,
    trail: asked ? [asked, ...acts.slice(-TRAIL_IN_MEMO)] : [],
    analysis: document.analysis.map(({ settings: _settings, calibration: _calibration, ...metric }) => ({
      ...metric,
      measurements: [],
    })),
  };
}

const MARK: Record<StageDocument['status'], string> = {
  NOT_STARTED: '·',
  RUNNING: '▶',
  SUCCEEDED: '✔',
  FAILED: '✖',
  SKIPPED: '↷',
  CANCELLED: '◼',
};

/** A stage's words: why it ended so or what it did, without the sentence that stands above the table already. */
function wordsOf({ id, name, status, reason, detail }: StageDocument, state: DeploymentState): string {
  if (name === 'ANALYSIS' && status === 'RUNNING') return `windows: ${analysisWorkflowId(state.input.id, id)}`;
  return [reason, detail].find((words) => words !== undefined && words !== state.reason) ?? '';
}

const PAYLOAD = 'with the input `{"by": "your name", "reason": "why"}`';
const DECIDE = `To decide: *More Actions*, *Send a Signal*, \`approve\` or \`reject\` ${PAYLOAD}.`;
const STEP_IN = `To step in: *More Actions*, *Send a Signal*, \`rollback\`, \`cancel\`, \`pause\`, \`resume\` or \`skip\` ${PAYLOAD}.`;

/** Temporal's UI has a font that would set 80/20 as a fraction. */
function spaced(text: string): string {
  return text.replace(/(?<=\d)\/(?=\d)/g, ' / ');
}

/** What Temporal's own UI shows of the deployment: Markdown. */
export function detailsOf(state: DeploymentState): string {
  const weights = (w?: Weights): string =>
    w ? spaced([w.primary, w.canary, ...(w.baseline === undefined ? [] : [w.baseline])].join('/')) : 'not read yet';
  const sides = state.traffic?.wanted.baseline === undefined ? 'primary/canary' : 'primary/canary/baseline';
  const { kind } = kindOf(state.input.release);
  const traffic = kind
    ? kind.toLowerCase().replace('_', ' ')
    : `traffic ${sides}: wanted ${weights(state.traffic?.wanted)}, verified ${weights(state.traffic?.verified)}`;
  // Flat lists: Temporal's UI sets the columns of a table without a space between them, and a list in a list as one paragraph.
  const stages = state.stages.flatMap((s) => {
    const metrics = state.analysis.filter((m) => m.stage === s.id);
    // What passed is said by its metrics.
    const passed = s.name === 'ANALYSIS' && metrics.length > 0 && metrics.every((m) => m.verdict === 'PASS');
    const words = passed ? '' : spaced(wordsOf(s, state));
    return [
      `- ${MARK[s.status]} **${s.name}** ${s.status}${words ? `: ${words}` : ''}`,
      // One that is not decided was stopped by another.
      ...metrics.map((m) => `- ↳ ${m.metric} ${m.verdict === 'RUNNING' ? 'not decided' : m.verdict}: ${m.reason}`),
    ];
  });
  return [
    `### ${state.input.id}: ${state.status}`,
    state.reason,
    '',
    `Version \`${state.input.release.image}\` · ${traffic}`,
    '',
    ...stages,
    '',
    ...(hasEnded(state.status) ? [] : [state.status === 'WAITING_APPROVAL' ? DECIDE : STEP_IN]),
  ].join('\n');
}
