import type { Preflight } from './delivery.js';
import { MINUTE } from './duration.js';
import type { Release, Strategy, TaskRelease } from './release.js';
import type { Stage } from './stage.js';

/** What a deployment will do, and why it does that. */
export interface Plan {
  kind: 'NOTHING_TO_DO' | 'QUICK_SYNC' | 'PIPELINE';
  reason: string;
  stages: Stage[];
}

const QUICK_SYNC_TIMEOUT = 30 * MINUTE;

/**
 * Decides what a deployment does (PipeCD's planner rules, pipecd.md §1.7, with one more: nothing changed is a named no-op).
 * A caller who asks for a strategy gets it, except a pipeline where nothing stands to compare with.
 * @param commitMessage what `commitMatcher` is held against; PipeCD does so for Kubernetes alone
 */
export function planDeployment(release: Release, strategy: Strategy, found: Preflight, commitMessage?: string): Plan {
  const quick = (reason: string): Plan => ({
    kind: 'QUICK_SYNC',
    reason,
    stages: [{ id: 'stage-0', name: 'ECS_SYNC', timeout: QUICK_SYNC_TIMEOUT }],
  });
  const pipeline = (reason: string): Plan => ({ kind: 'PIPELINE', reason, stages: release.pipeline });

  if (found.firstDeployment) return quick('First deployment: nothing runs yet that a canary could be compared with.');
  if (strategy === 'QUICK_SYNC') return quick('Quick sync was asked for.');
  if (strategy === 'PIPELINE') return pipeline('The pipeline was asked for.');
  if (found.unchanged && !release.alwaysUsePipeline) {
    return {
      kind: 'NOTHING_TO_DO',
      reason: 'Nothing to do: the service already runs this task definition.',
      stages: [],
    };
  }
  if (release.pipeline.length === 0) return quick('The file has no pipeline.');
  const { commitMatcher } = release;
  if (says(commitMatcher?.pipeline, commitMessage))
    return pipeline('commitMatcher.pipeline fits the commit’s message.');
  if (!release.alwaysUsePipeline && says(commitMatcher?.quickSync, commitMessage)) {
    return quick('commitMatcher.quickSync fits the commit’s message.');
  }
  return pipeline('The version changed.');
}

/** Decides what a deployment of a standalone task does: it is run each time, for what a task did once says nothing of now. */
export function planTask(release: TaskRelease, strategy: Strategy, commitMessage?: string): Plan {
  const does = release.task.run ? 'run once, to its end' : 'registered and not run (runStandaloneTask: false)';
  const { commitMatcher, pipeline } = release;
  const pipelineAsked = strategy === 'PIPELINE' || says(commitMatcher?.pipeline, commitMessage);
  const quickAsked =
    strategy === 'QUICK_SYNC' ||
    (!pipelineAsked && !release.alwaysUsePipeline && says(commitMatcher?.quickSync, commitMessage));
  if (pipeline.length === 0 || quickAsked) {
    return {
      kind: 'QUICK_SYNC',
      reason: `The task is ${does}.`,
      stages: [{ id: 'stage-0', name: 'ECS_SYNC', timeout: release.timeout }],
    };
  }
  return { kind: 'PIPELINE', reason: `The pipeline; its ECS_SYNC: the task is ${does}.`, stages: pipeline };
}

function says(expression: string | undefined, message: string | undefined): boolean {
  return expression !== undefined && message !== undefined && new RegExp(expression).test(message);
}
