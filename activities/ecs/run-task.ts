import type { Progress } from '../../model/delivery.js';
import { formatDuration, SECOND } from '../../model/duration.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import type { RunTaskInput } from '../task.js';
import { stageFailed } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { ensureTask } from './ensure-task.js';
import { nameOfTask } from './find-standalone.js';
import { openDefinition, type Secrets } from './task-definition.js';
import { judgeTask } from './task-outcome.js';
import { readTask, type Task } from './tasks.js';

/** A task that was just run may hide from reads. It is gone when it was missing for this many times the time that proves absence. */
const PATIENCE = 6;

function essentialOf({ release }: TaskHandle, secrets: Secrets): string[] {
  const { containerDefinitions } = openDefinition(release.taskDefinition, secrets);
  return containerDefinitions.filter((container) => container['essential'] !== false).map(({ name }) => name);
}

/** Waits for the end, heartbeating with the task's state on the way. */
async function untilStopped(run: Run, { release }: TaskHandle, taskArn: string): Promise<Task> {
  const { report, ctx } = run;
  const name = nameOfTask(taskArn);
  const polls = poller(run);
  const since = ctx.clock.now();
  let seen = false;
  for (;;) {
    const task = await readTask(run, release.task.cluster, taskArn);
    if (task?.lastStatus === 'STOPPED') return task;
    if (!task && (seen || ctx.clock.now() - since > PATIENCE * run.settings.absence)) {
      throw stageFailed(
        `ECS no longer knows task ${name}, and its exit code was not read before: it keeps stopped tasks for about an hour. Look in the task's logs for how it ended.`,
      );
    }
    seen ||= task !== undefined;
    const age = Math.floor((ctx.clock.now() - ctx.scheduledAt) / SECOND) * SECOND;
    report.detail(
      `Task ${name} is ${task?.lastStatus ?? 'not listed yet'}, ${formatDuration(age)} after it was asked for`,
    );
    await polls.next();
  }
}

/** Runs the task once and waits for its end; its exit codes are the outcome. */
export async function runTask(run: Run, { handle, stage }: RunTaskInput, secrets: Secrets): Promise<Progress> {
  const { report } = run;
  const essential = essentialOf(handle, secrets);
  const taskArn = await ensureTask(run, handle, stage);
  report.info(`Task ${nameOfTask(taskArn)} runs; waiting for its end`);
  const { passed, words, notice } = judgeTask(await untilStopped(run, handle, taskArn), essential);
  if (notice !== undefined) report.warn(notice);
  if (!passed) throw stageFailed(words);
  report.info(words);
  report.detail(words);
  return report.progress();
}
