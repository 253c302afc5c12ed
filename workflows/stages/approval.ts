import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../model/duration.js';
import type { WaitApprovalStage } from '../../model/stage.js';
import { iso } from '../../model/wire.js';
import type { Gate } from '../deployment-state.js';
import { isSkipped, skippedEnd, stageFailed } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/**
 * Holds the deployment until enough people have approved, one has rejected, or the time is up. A gate that nobody opens fails: it
 * expires into a rollback.
 * @param question one sentence: what the approver decides.
 */
export async function approval(
  run: StageRun,
  asked: Pick<Gate, 'approvers' | 'minApprovers'>,
  question: string,
): Promise<StageEnd> {
  const { state, row, deadline } = run;
  const gate: Gate = { stage: row.id, ...asked, approvedBy: [] };
  state.gate = gate;
  state.status = 'WAITING_APPROVAL';
  state.reason = question;
  row.detail = question;
  row.expectedEndAt = iso(deadline);
  run.publish();
  run.tell('WAITING_APPROVAL', question);
  const allowed = Math.max(deadline - Date.now(), 0);
  try {
    const decided = await condition(
      () => gate.rejected !== undefined || gate.approvedBy.length >= gate.minApprovers || isSkipped(run),
      allowed,
      { summary: `approval of ${row.id}` },
    );
    if (gate.rejected) {
      const { by, reason } = gate.rejected;
      throw stageFailed(`${row.name} was rejected by ${by}${reason ? `: ${reason}` : '.'}`);
    }
    if (!decided) throw stageFailed(`Nobody decided on ${row.name} within ${formatDuration(allowed)}.`);
    if (isSkipped(run)) return skippedEnd(run);
    return { status: 'SUCCEEDED', reason: `Approved by ${gate.approvedBy.join(', ')}.` };
  } finally {
    delete state.gate;
    state.status = 'RUNNING';
  }
}

/** The WAIT_APPROVAL stage. */
export function waitApproval(run: StageRun, stage: WaitApprovalStage): Promise<StageEnd> {
  const people = stage.approvers.length ? stage.approvers.join(', ') : 'any deployer';
  return approval(run, stage, `Waiting for ${stage.minApprovers} approval(s) by ${people}.`);
}
