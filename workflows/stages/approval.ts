import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../model/duration.js';
import { iso } from '../../model/wire.js';
import type { Gate } from '../deployment-state.js';
import { isSkipped, skippedEnd, stageFailed } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/**
 * Holds the deployment until enough people have approved, one has rejected, or the time is up. A gate that nobody opens fails: it
 * expires into a rollback.
 * @param question one sentence: what the approver decides.
 * @param harm why the gate must not be opened any more, as soon as something was seen
 */
export async function approval(
  run: StageRun,
  asked: Pick<Gate, 'approvers' | 'minApprovers'>,
  question: string,
  harm: () => string | undefined = () => undefined,
): Promise<StageEnd> {
  const { state, row, deadline } = run;
  const gate: Gate = { stage: row.id, ...asked, approvedBy: [] };
  state.gate = gate;
  state.status = 'WAITING_APPROVAL';
  state.reason = question;
  row.detail = question;
  row.expectedEndAt = iso(deadline);
  run.publish();
  run.people.tell('DEPLOYMENT_WAIT_APPROVAL', question);
  const stopReminding = run.people.remind(question);
  const allowed = Math.max(deadline - Date.now(), 0);
  try {
    const decided = await condition(
      () =>
        gate.rejected !== undefined ||
        gate.approvedBy.length >= gate.minApprovers ||
        isSkipped(run) ||
        harm() !== undefined,
      allowed,
      { summary: `until people decide on ${row.name}` },
    );
    if (gate.rejected) {
      const { by, reason } = gate.rejected;
      throw stageFailed(`${row.name} was rejected by ${by}${reason ? `: ${reason}` : '.'}`);
    }
    const seen = harm();
    if (seen !== undefined) throw stageFailed(seen);
    if (!decided) throw stageFailed(`Nobody decided on ${row.name} within ${formatDuration(allowed)}.`);
    if (isSkipped(run)) return skippedEnd(run);
    const reason = `Approved by ${gate.approvedBy.join(', ')}.`;
    run.people.tell('DEPLOYMENT_APPROVED', reason);
    return { status: 'SUCCEEDED', reason };
  } finally {
    stopReminding();
    delete state.gate;
    state.status = 'RUNNING';
  }
}
