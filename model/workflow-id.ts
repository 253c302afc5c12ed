/** The one task queue of workflows and activities. */
export const TASK_QUEUE = 'sluice';

/** The one that looks for what is not archived. */
export const ARCHIVIST = 'archivist';

export const announcementWorkflowId = (notice: string): string => `announcement:${notice}`;
export const applicationWorkflowId = (app: string): string => `application:${app}`;
export const deploymentWorkflowId = (id: string): string => `deployment:${id}`;
export const analysisWorkflowId = (id: string, stage: string): string => `analysis:${id}:${stage}`;

export const chainWorkflowId = (id: string): string => `chain:${id}`;
export const driftWorkflowId = (app: string): string => `drift:${app}`;
export const eventWatcherWorkflowId = (repoId: string): string => `event-watcher:${repoId}`;
export const repositoryWorkflowId = (repoId: string): string => `repository:${repoId}`;

/** The deployment's name: `<app>-<n>`. */
export const deploymentId = (app: string, n: number): string => `${app}-${n}`;

/** The application's name in a deployment's: all before the last dash. */
export const appOf = (id: string): string => id.slice(0, id.lastIndexOf('-'));

/** The deployment whose workflow this is. */
export const deploymentOf = (workflowId: string): string => workflowId.slice(deploymentWorkflowId('').length);

/** The number in a deployment's name; undefined when it is no deployment of this application. */
export function deploymentNumber(app: string, id: string): number | undefined {
  const n = id.startsWith(`${app}-`) ? id.slice(app.length + 1) : '';
  return /^[1-9]\d*$/.test(n) ? Number(n) : undefined;
}
