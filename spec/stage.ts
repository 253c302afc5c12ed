import { z } from 'zod';
import { closest } from '../document/closest.js';
import { duration, percentage } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, HOUR, MINUTE } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { ROLLBACK_STAGE } from '../model/stage.js';
import type { Stage, StageName } from '../model/stage.js';
import { analysisShape, readAnalysis, readWatch } from './analysis-stage.js';
import type { MetricContext } from './metric.js';
import { readScript, scriptShape } from './script-stage.js';
import type { ScriptContext } from './script-stage.js';
import { readSkipOn } from './skip-on.js';
import { canaryShare } from './traffic-shares.js';

/** What a stage is read against: that of its metrics, and what stands before it in the file. */
type StageContext = Omit<MetricContext, 'duration'> &
  ScriptContext & {
    /** The last stage before it that brings out a canary; its scale is unknown when that could not be read. */
    canary?: { scale: number | undefined } | undefined;
    /** There is no service: ECS_SYNC runs a task to its end. */
    standalone: boolean;
  };
/** What one kind of stage adds to what all have, and its timeout. */
type Own<S extends Stage = Stage> = S extends Stage ? Omit<S, 'id' | 'desc' | 'skipOn'> : never;
type ReadStage = (
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  context: StageContext,
) => Own | undefined;

/** A rollout that takes longer is stuck (ecs-alb-facts §11). */
export const ROLLOUT_TIMEOUT = 30 * MINUTE;
export const LONG_TIMEOUT = 6 * HOUR;
export const DEFAULT_WAIT = MINUTE;

const STAGES: Readonly<Record<StageName, ReadStage>> = {
  ECS_SYNC: readSync,
  ECS_CANARY_ROLLOUT: readCanaryRollout,
  ECS_TRAFFIC_ROUTING: readTrafficRouting,
  ECS_PRIMARY_ROLLOUT: readPlain('ECS_PRIMARY_ROLLOUT'),
  ECS_CANARY_CLEAN: readPlain('ECS_CANARY_CLEAN'),
  ECS_BASELINE_ROLLOUT: readBaselineRollout,
  ECS_BASELINE_CLEAN: readPlain('ECS_BASELINE_CLEAN'),
  WAIT: readWait,
  WAIT_APPROVAL: readWaitApproval,
  ANALYSIS: readAnalysis,
  SCRIPT_RUN: readScript,
};

/** Stages that PipeCD or a later version has, so that their names are no mistyping. */
const NOT_YET = ['CUSTOM_SYNC'];

/** On a stage (PipeCD v1) and in `with` (v0); read by itself. */
const SKIP_ON = z.unknown().optional();

export const stageHead = z.object({
  id: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, dots, dashes or underscores' })
    .optional(),
  name: z.string(),
  desc: z.string().optional(),
  timeout: duration.optional(),
  with: z.unknown().optional(),
  skipOn: SKIP_ON,
});

// What each stage takes in `with` (pipecd.md §1.3).
const nothing = z.object({ skipOn: SKIP_ON });
const sync = z.object({ recreate: z.boolean().optional(), skipOn: SKIP_ON });
const sideRollout = z.object({ scale: percentage.optional(), skipOn: SKIP_ON });
const trafficRouting = z.object({
  primary: percentage.optional(),
  canary: percentage.optional(),
  baseline: percentage.optional(),
  allowUndersized: z.boolean().optional(),
  skipOn: SKIP_ON,
});
const wait = z.object({ duration: duration.optional(), skipOn: SKIP_ON });
const waitApproval = z.object({
  timeout: duration.optional(),
  approvers: z.array(z.string().min(1)).optional(),
  minApproverNum: z.int().min(0).optional(),
  skipOn: SKIP_ON,
  analysis: z.unknown().optional(),
});

/** The same by the stage's name, for what describes them. */
export const STAGE_FIELDS = {
  ECS_SYNC: sync,
  ECS_CANARY_ROLLOUT: sideRollout,
  ECS_TRAFFIC_ROUTING: trafficRouting,
  ECS_PRIMARY_ROLLOUT: nothing,
  ECS_CANARY_CLEAN: nothing,
  ECS_BASELINE_ROLLOUT: sideRollout,
  ECS_BASELINE_CLEAN: nothing,
  WAIT: wait,
  WAIT_APPROVAL: waitApproval,
  ANALYSIS: analysisShape,
  SCRIPT_RUN: scriptShape,
} satisfies Record<StageName, z.ZodObject>;

/** Reads one stage of the pipeline. Gives its name alone when what it says cannot be used. */
export function readStage(
  reader: Reader,
  value: unknown,
  path: Path,
  index: number,
  context: StageContext,
): { name: string; stage?: Stage } | undefined {
  const fields = reader.read(stageHead, value, path);
  if (!fields) return undefined;
  const { name } = fields;
  const read = isStageName(name) ? STAGES[name] : undefined;
  if (!read) {
    reader.error([...path, 'name'], ...unknownStage(name));
    return { name };
  }
  const id = fields.id ?? `stage-${index}`;
  if (id === ROLLBACK_STAGE.id) {
    reader.error([...path, 'id'], `the id "${id}" is kept for the rollback itself`, 'Choose another.');
  }
  if (fields.timeout === 0) reader.warning([...path, 'timeout'], '0 means the default, as in PipeCD');
  const skipOn = readSkipOn(reader, name as StageName, [
    [[...path, 'skipOn'], fields.skipOn],
    [[...path, 'with', 'skipOn'], (fields.with as Record<string, unknown> | null | undefined)?.['skipOn']],
  ]);
  const own = read(reader, fields.with ?? {}, [...path, 'with'], fields.timeout || undefined, context);
  return { name, ...(own && { stage: { id, ...written({ desc: fields.desc, skipOn }), ...own } }) };
}

function isStageName(name: string): name is StageName {
  return Object.hasOwn(STAGES, name);
}

function unknownStage(name: string): [message: string, fix: string] {
  if (NOT_YET.includes(name)) return [`the stage ${name} is not supported yet`, 'Delete it.'];
  const near = closest(name, Object.keys(STAGES));
  const known = Object.keys(STAGES).join(', ');
  return [`there is no stage "${name}"`, near ? `Did you mean ${near}?` : `There are: ${known}.`];
}

function readPlain(name: 'ECS_PRIMARY_ROLLOUT' | 'ECS_CANARY_CLEAN' | 'ECS_BASELINE_CLEAN'): ReadStage {
  return (reader, value, path, timeout) =>
    reader.read(nothing, value, path) && { name, timeout: timeout ?? ROLLOUT_TIMEOUT };
}

function readSync(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  { standalone }: StageContext,
): Own | undefined {
  const fields = reader.read(sync, value, path);
  if (fields?.recreate) reader.error([...path, 'recreate'], ...RECREATE);
  return fields && { name: 'ECS_SYNC', timeout: timeout ?? (standalone ? LONG_TIMEOUT : ROLLOUT_TIMEOUT) };
}

/** Said wherever a file asks for it. */
export const RECREATE: [message: string, fix: string] = [
  'recreate is not supported yet: it would stop the old version before the new one starts',
  'Delete it; a quick sync replaces the old version without a gap.',
];

function readCanaryRollout(reader: Reader, value: unknown, path: Path, timeout?: Millis): Own | undefined {
  const fields = reader.read(sideRollout, value, path);
  if (!fields) return undefined;
  const { scale } = fields;
  if (!scale) {
    const message =
      scale === 0
        ? 'scale is 0: the canary would be empty'
        : 'scale is missing; PipeCD reads that as 0 and deploys an empty canary';
    reader.error([...path, 'scale'], message, 'Write, for example, scale: 30.');
    return undefined;
  }
  return { name: 'ECS_CANARY_ROLLOUT', timeout: timeout ?? ROLLOUT_TIMEOUT, scale };
}

function readBaselineRollout(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  { canary }: StageContext,
): Own | undefined {
  const fields = reader.read(sideRollout, value, path);
  if (!fields) return undefined;
  if (fields.scale === undefined && !canary) {
    const message = 'scale is missing, and no ECS_CANARY_ROLLOUT before it says how large the canary is';
    reader.error([...path, 'scale'], message, 'Put ECS_CANARY_ROLLOUT before it, or write, for example, scale: 30.');
  }
  if (fields.scale === 0) {
    reader.error([...path, 'scale'], 'scale is 0: the baseline would be empty', 'Delete it: it is the canary’s then.');
  }
  const scale = fields.scale ?? canary?.scale;
  return scale ? { name: 'ECS_BASELINE_ROLLOUT', timeout: timeout ?? ROLLOUT_TIMEOUT, scale } : undefined;
}

function readTrafficRouting(reader: Reader, value: unknown, path: Path, timeout?: Millis): Own | undefined {
  const fields = reader.read(trafficRouting, value, path);
  if (!fields) return undefined;
  const { primary, baseline = 0 } = fields;
  const canary = canaryShare(reader, { primary, canary: fields.canary, baseline }, path);
  if (canary === undefined) return undefined;
  return {
    name: 'ECS_TRAFFIC_ROUTING',
    timeout: timeout ?? ROLLOUT_TIMEOUT,
    canary,
    ...(baseline > 0 && { baseline }),
    allowUndersized: fields.allowUndersized ?? false,
  };
}

function readWait(reader: Reader, value: unknown, path: Path, timeout?: Millis): Own | undefined {
  const fields = reader.read(wait, value, path);
  if (!fields) return undefined;
  const length = reader.durationOr(DEFAULT_WAIT, fields.duration, [...path, 'duration']);
  if (timeout !== undefined && timeout < length) {
    const message = `the stage’s timeout ${formatDuration(timeout)} is shorter than its duration ${formatDuration(length)}`;
    reader.error([...path.slice(0, -1), 'timeout'], message, 'Delete it.');
  }
  return { name: 'WAIT', timeout: timeout ?? Math.max(LONG_TIMEOUT, length + MINUTE), duration: length };
}

function readWaitApproval(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  context: StageContext,
): Own | undefined {
  const fields = reader.read(waitApproval, value, path);
  if (!fields) return undefined;
  const approvers = fields.approvers ?? [];
  const minApprovers = fields.minApproverNum || 1;
  if (approvers.length > 0 && minApprovers > approvers.length) {
    const message = `${minApprovers} approvals are needed, and only ${approvers.length} may approve`;
    reader.error([...path, 'minApproverNum'], message, `Write at most ${approvers.length}, or name more approvers.`);
  }
  if (fields.minApproverNum === 0) {
    reader.warning([...path, 'minApproverNum'], '0 means the default, 1, as in PipeCD');
  }
  const own = reader.durationOr(timeout ?? LONG_TIMEOUT, fields.timeout, [...path, 'timeout']);
  const longest = Math.min(own, timeout ?? own);
  const analysis =
    fields.analysis === undefined
      ? undefined
      : readWatch(reader, fields.analysis, [...path, 'analysis'], longest, context);
  return { name: 'WAIT_APPROVAL', timeout: longest, approvers, minApprovers, ...(analysis && { analysis }) };
}
