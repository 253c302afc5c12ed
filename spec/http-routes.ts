import type { z } from 'zod';
import * as answers from './http-answers.js';
import * as http from './http.js';

/** One route in a form short enough to read as a table. Paths are below `/api/v1` unless `root`. */
export interface Route {
  method: 'get' | 'post' | 'delete';
  path: string;
  summary: string;
  role: 'none' | 'viewer' | 'deployer';
  root?: true;
  body?: z.ZodObject;
  query?: z.ZodObject;
  headers?: readonly { name: string; description: string }[];
  /** Status → what it answers: a schema's name, or a media type that is no JSON. */
  answers: Readonly<Record<number, { description: string; schema?: keyof typeof SCHEMAS; media?: string }>>;
  /** Statuses of problems beyond those that every route has. */
  problems: readonly number[];
}

/** What answers hold, by the names of `components/schemas`. */
export const SCHEMAS = {
  Deployment: answers.deploymentAnswer,
  DeploymentList: answers.deploymentListAnswer,
  Application: answers.applicationAnswer,
  ApplicationList: answers.applicationListAnswer,
  MeasurementPage: answers.measurementPageAnswer,
  LogPage: answers.logPageAnswer,
  DoctorReport: answers.doctorAnswer,
  EncryptionKey: answers.encryptionKeyAnswer,
  RepositoryList: answers.repositoryListAnswer,
  Event: answers.eventAnswer,
  EventList: answers.eventListAnswer,
  Chain: answers.chainAnswer,
  ChainList: answers.chainListAnswer,
  TaskSets: answers.taskSetsAnswer,
  Insights: answers.insightsAnswer,
  Look: answers.lookAnswer,
  Plan: answers.planAnswer,
  Drift: answers.driftAnswer,
  ControlAnswer: answers.controlAnswer,
  Session: answers.sessionAnswer,
  Problem: answers.problemAnswer,
} as const;

const CHANGE_PROBLEMS = [400, 413, 415, 422, 503] as const;
const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  description: 'The id of the last event seen: the stream goes on after it.',
};
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  description: 'Same key and body: the same answer, and one deployment. Same key and another body: 422.',
};

const WEBHOOK_HEADERS = [
  { name: 'X-Hub-Signature-256', description: 'GitHub: the HMAC of the body.' },
  { name: 'X-Gitlab-Token', description: 'GitLab: the secret itself.' },
];

const CONTROLS = {
  approve: 'Approve the stage that waits',
  reject: 'Refuse the stage that waits, which rolls back',
  skip: 'Skip the current stage',
  pause: 'Hold the deployment before its next stage',
  resume: 'Let a paused deployment go on',
  cancel: 'Stop, and roll back unless told to keep what was done',
  rollback: 'Stop and roll back',
} as const;

/** Every route of the HTTP API (design, Contract). */
export const ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: '/applications/{app}/deployments',
    summary: 'Start a deployment; the first one creates the application',
    role: 'deployer',
    body: http.StartDeployment,
    headers: [IDEMPOTENCY_KEY],
    answers: { 202: { description: 'Accepted; Location names the deployment.', schema: 'Deployment' } },
    problems: [409, ...CHANGE_PROBLEMS],
  },
  read('/applications', 'All applications', 'ApplicationList'),
  read(
    '/applications/{app}/task-sets',
    'What stands in AWS: task sets, tasks, health, why tasks stopped',
    'TaskSets',
    [404],
  ),
  read('/applications/{app}', 'State, last good version and history', 'Application', [404]),
  {
    method: 'post',
    path: '/applications/{app}/rollback',
    summary: 'Go back to an earlier good version, then hold',
    role: 'deployer',
    body: http.RollbackApplication,
    answers: { 202: { description: 'The deployment that goes back.', schema: 'Deployment' } },
    problems: [404, 409, ...CHANGE_PROBLEMS],
  },
  change(
    '/applications/{app}/rename',
    'Go on under another name, which takes over the service and the memory',
    http.RenameApplication,
    'Application',
    [404, 409],
  ),
  change('/applications/{app}/hold', 'Start no deployment until released', http.Hold, 'Application', [404]),
  change('/applications/{app}/release', 'Let deployments start again', http.Hold, 'Application', [404]),
  {
    method: 'post',
    path: '/applications/{app}/drift',
    summary: 'Look whether what runs is what was deployed last; changes nothing',
    role: 'viewer',
    answers: { 200: { description: 'What was seen.', schema: 'Drift' } },
    problems: [404, 503],
  },
  { ...read('/deployments', 'Deployments, newest first', 'DeploymentList', [400]), query: http.ListDeployments },
  read('/deployments/{id}', 'One deployment', 'Deployment', [404]),
  {
    ...read('/deployments/{id}/measurements', 'Every judged window', 'MeasurementPage', [400, 404]),
    query: http.ListMeasurements,
  },
  {
    ...read('/deployments/{id}/log', 'Every log line and AWS change', 'LogPage', [400, 404]),
    query: http.ListLog,
  },
  {
    method: 'get',
    path: '/deployments/{id}/events',
    summary: 'Server-sent events: snapshot, then stage, traffic, measurement, log and status, each with an id',
    role: 'viewer',
    headers: [LAST_EVENT_ID],
    answers: { 200: { description: 'The stream; it ends after the final status.', media: 'text/event-stream' } },
    problems: [404, 503],
  },
  {
    method: 'get',
    path: '/live/applications',
    summary: 'Server-sent events: list, then changed with the applications that did and those that are gone',
    role: 'viewer',
    answers: { 200: { description: 'The stream.', media: 'text/event-stream' } },
    problems: [503],
  },
  ...Object.entries(CONTROLS).map(([name, summary]) => {
    const body = name === 'cancel' ? http.CancelControl : http.Control;
    return change(`/deployments/{id}/${name}`, summary, body, 'ControlAnswer', [404, 409]);
  }),
  {
    method: 'post',
    path: '/plan',
    summary: 'What a deployment of these files would do now; changes nothing',
    role: 'viewer',
    body: http.PlanDeployment,
    answers: { 200: { description: 'The plan.', schema: 'Plan' } },
    problems: [...CHANGE_PROBLEMS],
  },
  read('/chains', 'Deployments that follow others, newest first', 'ChainList'),
  read('/chains/{id}', 'What follows this deployment, block after block', 'Chain', [404]),
  change('/chains/{id}/cancel', 'Begin no further deployment of the chain', http.Hold, 'Chain', [404, 409]),
  read('/repositories', 'Watched repositories, and how each application file in them stands', 'RepositoryList'),
  {
    method: 'post',
    path: '/repositories/{repoId}/sync',
    summary: 'Look at the repository now',
    role: 'deployer',
    answers: { 202: { description: 'It is looked at.', schema: 'Look' } },
    problems: [404, 503],
  },
  {
    method: 'post',
    path: '/webhooks/{repoId}',
    summary: 'GitHub’s or GitLab’s push: signed with the repository’s webhookSecret',
    role: 'none',
    headers: WEBHOOK_HEADERS,
    answers: { 202: { description: 'Whether it makes the repository be looked at, and why.', schema: 'Look' } },
    problems: [401, 404, 413, 503],
  },
  {
    method: 'post',
    path: '/events',
    summary: 'Register an event: the event watchers of its name and labels commit its data',
    role: 'deployer',
    body: http.RegisterEvent,
    answers: { 202: { description: 'Taken in; Location names it.', schema: 'Event' } },
    problems: [409, ...CHANGE_PROBLEMS],
  },
  read('/events', 'The last events, newest first', 'EventList'),
  read('/events/{id}', 'One event, and what became of it', 'Event', [404]),
  {
    ...read('/insights', 'How often, how fast and how well is deployed', 'Insights', [400]),
    query: http.ReadInsights,
  },
  read('/encryption-key', 'The public key that secrets for repositories are encrypted with', 'EncryptionKey', [404]),
  read('/doctor', 'Whether everything that a deployment needs is there', 'DoctorReport'),
  read('/session', 'Whose key is shown, and what it may do', 'Session'),
  {
    method: 'post',
    path: '/session',
    summary: 'Exchange a key for the page’s cookie',
    role: 'none',
    body: http.CreateSession,
    answers: { 200: { description: 'The cookie is set.', schema: 'Session' } },
    problems: [400, 401, 413, 415, 422],
  },
  {
    method: 'delete',
    path: '/session',
    summary: 'End the session',
    role: 'none',
    answers: { 204: { description: 'The cookie is gone.' } },
    problems: [],
  },
  root('/healthz', 'Whether the process answers', 'none', 'application/json'),
  { ...root('/readyz', 'Whether Temporal and a worker are there', 'none', 'application/json'), problems: [503] },
  root('/metrics', 'Counters for Prometheus', 'viewer', 'text/plain'),
  root('/openapi.json', 'This document', 'none', 'application/json'),
];

function read(path: string, summary: string, schema: keyof typeof SCHEMAS, problems: readonly number[] = []): Route {
  return {
    method: 'get',
    path,
    summary,
    role: 'viewer',
    answers: { 200: { description: summary, schema } },
    problems: [...problems, 503],
  };
}

function change(
  path: string,
  summary: string,
  body: z.ZodObject,
  schema: keyof typeof SCHEMAS,
  problems: readonly number[],
): Route {
  return {
    method: 'post',
    path,
    summary,
    role: 'deployer',
    body,
    answers: { 200: { description: 'Done.', schema } },
    problems: [...problems, ...CHANGE_PROBLEMS],
  };
}

function root(path: string, summary: string, role: Route['role'], media: string): Route {
  return {
    method: 'get',
    path,
    summary,
    role,
    root: true,
    answers: { 200: { description: summary, media } },
    problems: [],
  };
}
