import { SKIPPABLE } from '../../model/stage.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { ask } from '../api.js';
import type { Act } from '../parts/reason-dialog.js';
import { isOver } from './live.js';

/** What may be done with a deployment as it stands; the server decides again when it is asked. */
export function actsOn(document: DeploymentDocument): Act[] {
  const { id, app, status } = document;
  const control =
    (name: string, more: Record<string, unknown> = {}) =>
    (reason: string) =>
      ask('POST', `/deployments/${id}/${name}`, { reason, ...more });
  if (isOver(document)) {
    if (status !== 'SUCCEEDED') return [];
    return [
      {
        name: 'Roll back',
        consequence: `${app} goes back to its last good version at once, and is held: nothing is deployed until somebody releases it.`,
        dangerous: true,
        send: (reason) => ask('POST', `/applications/${app}/rollback`, { reason }),
      },
    ];
  }
  if (status === 'ROLLING_BACK') return [];
  const running = document.stages.find((stage) => stage.status === 'RUNNING');
  const acts: Act[] = [];
  if (status === 'WAITING_APPROVAL') {
    acts.push(
      { name: 'Approve', consequence: `${id} goes on with its next stage.`, send: control('approve') },
      {
        name: 'Reject',
        consequence: `${id} rolls back: the requests leave the new version first.`,
        dangerous: true,
        send: control('reject'),
      },
    );
  }
  if (running && SKIPPABLE.has(running.name)) {
    const verdict = running.name === 'ANALYSIS' ? ' without a verdict' : '';
    acts.push({
      name: 'Skip stage',
      consequence: `${running.name} ends now${verdict}, and the next stage begins.`,
      send: control('skip'),
    });
  }
  if (status === 'PAUSED') {
    acts.push({ name: 'Resume', consequence: `${id} goes on with its next stage.`, send: control('resume') });
  } else if (status === 'RUNNING') {
    acts.push({
      name: 'Pause',
      consequence: 'The next stage is held until somebody resumes. Windows go on being judged, and may roll back.',
      send: control('pause'),
    });
  }
  const began = document.stages.some((stage) => stage.status !== 'NOT_STARTED');
  if (!began)
    return [
      ...acts,
      {
        name: 'Cancel',
        consequence: 'It ends before it has changed anything.',
        dangerous: true,
        send: control('cancel'),
      },
    ];
  return [
    ...acts,
    {
      name: 'Roll back',
      consequence: 'The requests leave the new version first; then what it had brought out is removed.',
      dangerous: true,
      send: control('rollback'),
    },
    {
      name: 'Cancel, keep',
      consequence: `It stops and leaves everything as it stands now. ${app} is DIVERGED until its next deployment, which goes back first.`,
      dangerous: true,
      send: control('cancel', { rollback: false }),
    },
  ];
}
