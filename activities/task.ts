import type { Progress } from '../model/delivery.js';
import type { TaskRelease } from '../model/release.js';
import type { TaskHandle, TaskPreview, TaskStopped } from '../model/standalone-task.js';

export interface TaskInput {
  app: string;
  deployment: string;
  release: TaskRelease;
}

export interface RunTaskInput {
  handle: TaskHandle;
  /** Id of the stage that asks. */
  stage: string;
  /** Epoch ms, from the workflow: the stage's time-out. */
  deadline: number;
}

/**
 * The life of a task without a service, as activities. All of them may be run again at any moment: a task that was run without its
 * answer being heard is found again, and no second one is run.
 */
export interface TaskActivities {
  /** Reads only: whether this release can be run, and in what its definition differs from the one registered last. */
  inspectTask(input: TaskInput): Promise<TaskPreview>;
  /** Registers the task definition, once for each content. */
  registerTask(input: TaskInput & { uid: string }): Promise<{ handle: TaskHandle } & Progress>;
  /** Runs the task once and waits for its end. Fails with FAILURE.stage unless every essential container ends with exit code 0. */
  runTask(input: RunTaskInput): Promise<Progress>;
  /** Stops the task of a deployment that ends early, if it runs. Never gives up by itself. */
  stopTask(input: { handle: TaskHandle; reason: string }): Promise<TaskStopped>;
}
