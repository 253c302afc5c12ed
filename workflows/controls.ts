import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { isTask } from '../model/release.js';
import { SKIPPABLE } from '../model/stage.js';
import { hasEnded, iso } from '../model/wire.js';
import { deploymentSignals, deploymentUpdates } from './messages.js';
import type { CancelControl, Control, ControlAnswer, ControlName } from './messages.js';
import { SOMEBODY } from './deployment-state.js';
import type { DeploymentState, Gate } from './deployment-state.js';

/** Far more than people do; bounds for what a script may send. */
const TRAIL_LENGTH = 200;
const WORDS_LENGTH = 1_000;

const PURPOSE: Record<ControlName, string> = {
  approve: 'Approve the stage that waits.',
  reject: 'Reject the stage that waits: the deployment rolls back.',
  skip: 'Skip the running ANALYSIS, WAIT, WAIT_APPROVAL or SCRIPT_RUN.',
  pause: 'Hold the next step; windows go on being judged and may roll back.',
  resume: 'Go on after a pause.',
  cancel: 'Stop and roll back, or keep what was done with "rollback": false.',
  rollback: 'Stop and roll back.',
};

/**
 * Why a control cannot be done now, in words that name what can be done instead; undefined when it can. Pure, so that it serves as
 * the synchronous validator of the Update (an async one would wedge the workflow) and as the guard of the Signal.
 */
export function refusal(state: DeploymentState, name: ControlName, control: Control): string | undefined {
  const { id, app } = state.input;
  if (state.phase === 'CLOSING' && !hasEnded(state.status)) {
    return `${id} has all of the traffic and only removes what is left of the old version: to go back use \`sluice rollback ${app}\`.`;
  }
  if (state.phase === 'CLOSING') {
    return `${id} has ended its work (${state.status}): to go back use \`sluice rollback ${app}\`.`;
  }
  if (state.phase === 'ROLLING_BACK') return `${id} is rolling back already, and a rollback is not interrupted.`;
  const row = state.stages.find((s) => s.id === state.current);
  if (control.stage !== undefined && control.stage !== state.current) {
    return `Stage ${control.stage} does not run; ${row ? `${row.id} (${row.name}) does` : 'none does'}.`;
  }
  switch (name) {
    case 'approve':
    case 'reject': {
      const gate = state.gate;
      if (!gate) return `${row ? `Stage ${row.id} (${row.name})` : id} is not waiting for an approval.`;
      const stranger = noApprover(gate, control);
      if (stranger) return stranger;
      if (name === 'approve' && gate.approvedBy.includes(control.by)) {
        return `${control.by} has approved ${gate.stage} already; ${gate.minApprovers - gate.approvedBy.length} more must.`;
      }
      return undefined;
    }
    case 'skip':
      if (!row || !SKIPPABLE.has(row.name)) {
        return `Only ANALYSIS, WAIT, WAIT_APPROVAL and SCRIPT_RUN can be skipped; ${row ? `${row.id} is ${row.name}` : 'no stage runs'}.`;
      }
      return state.gate && noApprover(state.gate, control);
    case 'pause':
      return state.paused ? `${id} is paused already, by ${state.paused.by}.` : undefined;
    case 'resume':
      return state.paused ? undefined : `${id} is not paused.`;
    case 'cancel':
    case 'rollback':
      return state.ending ? `${id} is stopping already: ${state.ending.reason}` : undefined;
    default:
      return name satisfies never;
  }
}

/** Why a person may not decide on a gate; to skip it is to decide. */
function noApprover({ stage, approvers }: Gate, { by }: Control): string | undefined {
  if (approvers.length === 0 || approvers.includes(by)) return undefined;
  return `${by} is not among the approvers of ${stage}: ${approvers.join(', ')}.`;
}

/** Carries out a control that was not refused. `stop` cancels the scope in which the pipeline runs. */
function apply(state: DeploymentState, name: ControlName, control: CancelControl, stop: () => void): string {
  const why = control.reason ? `: ${control.reason}` : '';
  switch (name) {
    case 'approve':
      state.gate?.approvedBy.push(control.by);
      return `Approved by ${control.by}${why}.`;
    case 'reject':
      if (state.gate) state.gate.rejected = control;
      return `Rejected by ${control.by}${why}; rolling back.`;
    case 'skip':
      if (state.current !== undefined) state.skipped.push(state.current);
      return `Skipped by ${control.by}${why}.`;
    case 'pause':
      state.paused = control;
      return `Paused by ${control.by}${why}.`;
    case 'resume':
      delete state.paused;
      return `Resumed by ${control.by}${why}.`;
    case 'cancel':
    case 'rollback': {
      const rollback = name === 'rollback' || control.rollback !== false;
      // Of a task nothing is rolled back: it is stopped.
      const done = name === 'rollback' && !isTask(state.input.release) ? 'Rolled back' : 'Cancelled';
      state.ending = {
        why: name === 'rollback' ? 'ROLLBACK' : 'CANCEL',
        rollback,
        reason: `${done} by ${control.by}${why}${rollback ? '' : '; what was done is kept'}.`,
      };
      delete state.paused;
      stop();
      return state.phase === 'PENDING'
        ? 'Cancelled before it began.'
        : rollback
          ? 'Rolling back.'
          : 'Stopping; what was done is kept.';
    }
    default:
      return name satisfies never;
  }
}

/** A person in Temporal's UI may send a signal or an update with no payload, or a half one. */
export function readControl(payload: unknown): CancelControl {
  const given = (typeof payload === 'object' && payload !== null ? payload : {}) as Partial<CancelControl>;
  return {
    by: typeof given.by === 'string' && given.by ? given.by.slice(0, WORDS_LENGTH) : SOMEBODY,
    reason: typeof given.reason === 'string' ? given.reason.slice(0, WORDS_LENGTH) : '',
    ...(typeof given.stage === 'string' && { stage: given.stage }),
    ...(typeof given.rollback === 'boolean' && { rollback: given.rollback }),
  };
}

/** Registers each control as an Update and as a Signal of the same name. To be called before the workflow's first await. */
export function installControls(state: DeploymentState, stop: () => void, publish: () => void): void {
  const note = (action: string, { by, reason }: Control): void => {
    // The first entry says who asked for the deployment; of the others the newest count.
    if (state.trail.length >= TRAIL_LENGTH) state.trail.splice(1, 1);
    const stage = state.current;
    state.trail.push({ at: iso(Date.now()), action, by, reason, ...(stage !== undefined && { stage }) });
  };
  const act = (name: ControlName, control: CancelControl): ControlAnswer => {
    const text = apply(state, name, control, stop);
    note(name, control);
    publish();
    return { status: state.status, text };
  };
  for (const name of Object.keys(deploymentUpdates) as ControlName[]) {
    setHandler(deploymentUpdates[name], (payload: Control) => act(name, readControl(payload)), {
      description: PURPOSE[name],
      validator: (payload: Control) => {
        const why = refusal(state, name, readControl(payload));
        if (why) throw ApplicationFailure.nonRetryable(why, 'Refused');
      },
    });
    setHandler(
      deploymentSignals[name],
      (payload: Control) => {
        const control = readControl(payload);
        const why = refusal(state, name, control);
        if (!why) {
          act(name, control);
          return;
        }
        note(`${name} (refused: ${why})`, control);
      },
      { description: `${PURPOSE[name]} {"by": "your name", "reason": "why"}` },
    );
  }
}
