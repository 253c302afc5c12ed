import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { TaskDocument, TaskSetDocument, TaskSetsDocument } from '../../model/task-sets.js';
import { ask } from '../api.js';
import { now } from '../clock.js';
import { ago, time } from '../format.js';
import { Status } from '../status.js';
import { ProblemNote } from './problem.js';
import { Table } from './table.js';

const LOOK_EACH = 10_000;

/**
 * What stands in AWS: task sets with their tasks, health and why they stopped. Looked at while it is open, again and again only while
 * something moves.
 */
export function TaskSets({ app, moving }: { app: string; moving: boolean }): JSX.Element {
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<TaskSetsDocument | undefined>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    if (!open) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let closed = false;
    const look = async (): Promise<void> => {
      try {
        const answer = await ask<TaskSetsDocument>('GET', `/applications/${app}/task-sets`);
        if (closed) return;
        setFound(answer);
        setError(undefined);
      } catch (failure) {
        if (closed) return;
        setError(failure);
      }
      if (moving) timer = setTimeout(() => void look(), LOOK_EACH);
    };
    void look();
    return () => {
      closed = true;
      clearTimeout(timer);
    };
  }, [app, open, moving]);
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks in AWS</h2>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{found ? `As of ${time(found.at)}` : 'Look at the task sets'}</summary>
        {error !== undefined && <ProblemNote error={error} />}
        {!found && error === undefined && open && <p class="quiet">A worker is looking…</p>}
        {found?.taskSets.length === 0 && <p class="quiet">There is no task set.</p>}
        {found?.taskSets.map((set) => (
          <Set key={set.id} set={set} />
        ))}
      </details>
    </section>
  );
}

function Set({ set }: { set: TaskSetDocument }): JSX.Element {
  const { id, status, role, deployment, taskDefinition, running, desired, pending, scale, targetGroup, tasks } = set;
  return (
    <div class="task-set">
      <h3>
        {status === 'PRIMARY' ? 'Primary' : status === 'DRAINING' ? 'Draining' : 'Active'}{' '}
        <code title={id}>{taskDefinition}</code>
      </h3>
      <p class="quiet">
        {deployment === undefined ? 'Not made by Sluice' : `${role ?? 'made'} of ${deployment}`}; {running} of {desired}{' '}
        run{pending > 0 && `, ${pending} start`} ({scale} %){targetGroup !== undefined && `, in ${targetGroup}`}
      </p>
      {tasks.length > 0 && (
        <Table label={`Tasks of ${taskDefinition}`} heads={['Task', 'State', 'Target', 'Why']}>
          {tasks.map((task) => (
            <Task key={task.id} task={task} />
          ))}
        </Table>
      )}
      {set.moreStopped !== undefined && <p class="quiet">and {set.moreStopped} more that stopped</p>}
    </div>
  );
}

function Task({ task }: { task: TaskDocument }): JSX.Element {
  const { id, status, health, address, target, startedAt, stoppedAt, stoppedReason, containers } = task;
  const since = stoppedAt ?? startedAt;
  return (
    <tr>
      <td>
        <code title={id}>{id.slice(0, 8)}</code> <span class="quiet">{address}</span>
      </td>
      <td>
        <Status status={status} />
        {since !== undefined && <span class="quiet"> {ago(since, now.value)}</span>}
        {health !== undefined && <span class="quiet"> {health.toLowerCase()}</span>}
      </td>
      <td>
        {target && <Status status={target.state.toUpperCase()} />}
        {target?.reason !== undefined && <span class="quiet"> {target.reason}</span>}
      </td>
      <td>
        {stoppedReason}
        {containers.map(({ name, exitCode, reason }) => (
          <div key={name} class="quiet">
            {name}
            {exitCode !== undefined && `: exit code ${exitCode}`} {reason}
          </div>
        ))}
      </td>
    </tr>
  );
}
