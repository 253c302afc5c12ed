import type { TaskDocument, TaskSetDocument, TaskSetsDocument } from '../../model/task-sets.js';
import { taskSetsAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

/** `sluice tasks`: what stands in AWS, and why tasks stopped. */
export function addTasks({ program, context }: CommandHost): void {
  program
    .command('tasks')
    .description('Show the task sets of an application in AWS: their tasks, health, and why tasks stopped.')
    .argument('<app>')
    .option('--json', 'answer as JSON')
    .action(async (app: string, { json }: { json?: true }) => {
      const path = `/applications/${encodeURIComponent(app)}/task-sets`;
      const found = await call(findServer(context), { path }, taskSetsAnswer);
      if (json) context.out(JSON.stringify(found));
      else for (const line of taskSetLines(found)) context.out(line);
    });
}

/** Each task set with its tasks below it. */
export function taskSetLines({ service, cluster, taskSets }: TaskSetsDocument): string[] {
  const head = `${plain(service)} in ${plain(cluster.split('/').at(-1) ?? cluster)}`;
  if (taskSets.length === 0) return [`${head}: no task set.`];
  return [head, ...taskSets.flatMap(setLines)];
}

function setLines(set: TaskSetDocument): string[] {
  const { id, status, role, deployment, taskDefinition, running, desired, scale, targetGroup, tasks, moreStopped } =
    set;
  const whose = deployment === undefined ? 'not of Sluice' : [role, 'of', deployment].filter(Boolean).join(' ');
  const more = moreStopped === undefined ? [] : [`     and ${moreStopped} more that stopped`];
  return [
    `  ${status.padEnd(8)} ${plain(id)}  ${plain(whose)}  ${plain(taskDefinition)}  ${running} of ${desired} run (${scale} %)${targetGroup === undefined ? '' : `  ${plain(targetGroup)}`}`,
    ...tasks.map((task) => `     ${taskLine(task)}`),
    ...more,
  ];
}

function taskLine({ id, status, health, address, target, stoppedReason, containers }: TaskDocument): string {
  const failed = containers.map(({ name, exitCode, reason }) =>
    [`${name}:`, exitCode === undefined ? '' : `exit code ${exitCode}`, reason ?? ''].filter(Boolean).join(' '),
  );
  const parts = [
    status.padEnd(8),
    id.slice(0, 12),
    address,
    health,
    target && `target ${target.state}${target.reason === undefined ? '' : ` (${target.reason})`}`,
    stoppedReason,
    ...failed,
  ];
  return plain(parts.filter((part) => part !== undefined && part !== '').join('  '));
}
