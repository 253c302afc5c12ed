import type { Millis } from './duration.js';
import type { DeploymentStatus } from './wire.js';

/** Everything that people can be told, and the group that it belongs to. Most names are PipeCD's (pipecd.md §4.7). */
export const EVENT_GROUPS = {
  DEPLOYMENT_TRIGGERED: 'DEPLOYMENT',
  DEPLOYMENT_PLANNED: 'DEPLOYMENT',
  DEPLOYMENT_STARTED: 'DEPLOYMENT',
  DEPLOYMENT_WAIT_APPROVAL: 'DEPLOYMENT',
  DEPLOYMENT_APPROVED: 'DEPLOYMENT',
  DEPLOYMENT_ROLLING_BACK: 'DEPLOYMENT',
  DEPLOYMENT_SUCCEEDED: 'DEPLOYMENT',
  DEPLOYMENT_FAILED: 'DEPLOYMENT',
  DEPLOYMENT_CANCELLED: 'DEPLOYMENT',
  DEPLOYMENT_TRIGGER_FAILED: 'DEPLOYMENT',
  /** Ours: what was to follow a good deployment did not all succeed. */
  CHAIN_FAILED: 'DEPLOYMENT',
  /** Ours: the approval is still waited for. */
  WAITING_APPROVAL: 'DEPLOYMENT',
  /** Ours: an analysis neither passed nor failed. */
  INCONCLUSIVE: 'DEPLOYMENT',
  /** Ours: a rollback failed once, or takes long; it goes on trying. */
  ROLLBACK_FAILED: 'DEPLOYMENT',
  STAGE_STARTED: 'STAGE',
  STAGE_SKIPPED: 'STAGE',
  STAGE_SUCCEEDED: 'STAGE',
  STAGE_FAILED: 'STAGE',
  STAGE_CANCELLED: 'STAGE',
  APPLICATION_SYNCED: 'APPLICATION_SYNC',
  APPLICATION_OUT_OF_SYNC: 'APPLICATION_SYNC',
  APPLICATION_HEALTHY: 'APPLICATION_HEALTH',
  /** Ours: an event could not be committed, or has to wait. */
  EVENT_FAILED: 'EVENT',
  PIPED_STARTED: 'PIPED',
  PIPED_STOPPED: 'PIPED',
} as const;

export type EventName = keyof typeof EVENT_GROUPS;
export type EventGroup = (typeof EVENT_GROUPS)[EventName];

/** The names whose group it is. */
type InGroup<G extends EventGroup> = { [E in EventName]: (typeof EVENT_GROUPS)[E] extends G ? E : never }[EventName];

export const EVENT_NAMES = Object.keys(EVENT_GROUPS) as EventName[];
export const GROUP_NAMES: EventGroup[] = [...new Set(Object.values(EVENT_GROUPS))];

interface Common {
  /** The same for each attempt, so that a receiver can drop a repeat. */
  id: string;
  at: number;
  /** One sentence. */
  reason: string;
  /** Paths below the public address: of the API, and of the page for people. */
  link: string;
  page?: string;
}

/** Slack ids of those whom a message calls. */
export interface Mentioned {
  users: string[];
  groups: string[];
}

/** What is told of one deployment, whichever event it is. */
export interface AboutDeployment {
  app: string;
  deployment: string;
  labels: Record<string, string>;
  status: DeploymentStatus;
  image: string;
  /** It runs a task once, and has no service. */
  task?: true;
  commit?: string;
  /** Who asked for it. */
  by: string;
  /** Whom the application's file wants called. */
  mention?: Mentioned;
}

export type DeploymentEvent = Exclude<InGroup<'DEPLOYMENT'>, 'DEPLOYMENT_TRIGGER_FAILED' | 'CHAIN_FAILED'>;

export interface DeploymentNotice extends Common, AboutDeployment {
  event: DeploymentEvent;
  /** Commands to do by hand, when a rollback is stuck. */
  commands?: string[];
}

export interface StageNotice extends Common, AboutDeployment {
  event: InGroup<'STAGE'>;
  stage: { id: string; name: string };
}

export interface ApplicationNotice extends Common {
  event: InGroup<'APPLICATION_SYNC' | 'APPLICATION_HEALTH'>;
  app: string;
  labels: Record<string, string>;
  /** Set where a deployment is what brought it about. */
  deployment?: string;
  mention?: Mentioned;
}

/** Of what follows a good deployment, which is named; its application's file says who is called. */
export interface ChainNotice extends Common {
  event: 'CHAIN_FAILED';
  app: string;
  deployment: string;
  labels: Record<string, string>;
  mention?: Mentioned;
}

/** From what is watched in git: the application is set where one is meant, not the whole repository. */
export interface RepositoryNotice extends Common {
  event: 'DEPLOYMENT_TRIGGER_FAILED' | 'EVENT_FAILED';
  repository: string;
  app?: string;
  /** Absent where the application's file cannot tell. */
  labels?: Record<string, string>;
  mention?: Mentioned;
}

/** Of a worker, which PipeCD calls a piped. */
export interface PipedNotice extends Common {
  event: InGroup<'PIPED'>;
  worker: string;
}

/** What a receiver is told. */
export type Notice = DeploymentNotice | StageNotice | ApplicationNotice | ChainNotice | RepositoryNotice | PipedNotice;

/** Which notices go to a receiver. A list that is empty asks for nothing. */
export interface Route {
  name: string;
  receiver: string;
  events: EventName[];
  ignoreEvents: EventName[];
  groups: EventGroup[];
  ignoreGroups: EventGroup[];
  apps: string[];
  ignoreApps: string[];
  labels: Record<string, string>;
  ignoreLabels: Record<string, string>;
}

/** What a workflow has to know of the server's configuration to tell people. */
export interface Routing {
  routes: Route[];
  /** Whether the one webhook of `webhook:` is configured, which hears the older names. */
  webhook: boolean;
  /** Between two reminders of one approval; 0 for none. */
  approvalReminder: Millis;
}

/** The name under which the webhook of `webhook:` stands among the receivers. */
export const WEBHOOK = 'webhook';

/** Another name that a route or a mention may ask by: who wants the reminders wants the first word too. */
const ALSO: Partial<Record<EventName, EventName>> = { DEPLOYMENT_WAIT_APPROVAL: 'WAITING_APPROVAL' };

function isMeant(asked: readonly EventName[], event: EventName): boolean {
  const also = ALSO[event];
  return asked.includes(event) || (also !== undefined && asked.includes(also));
}

/**
 * Whether a route takes a notice: all that it asks for must hold, and nothing that it ignores (pipecd.md §4.7). What is of no application, such
 * as a worker's start, or of one whose labels are not known, is not held back by `apps` and `labels`.
 */
export function takes(route: Route, notice: Notice): boolean {
  const { event } = notice;
  const group = EVENT_GROUPS[event];
  const app = 'app' in notice ? notice.app : undefined;
  const labels = 'labels' in notice ? notice.labels : undefined;
  if (route.ignoreEvents.includes(event) || route.ignoreGroups.includes(group)) return false;
  if (route.events.length > 0 && !isMeant(route.events, event)) return false;
  if (route.groups.length > 0 && !route.groups.includes(group)) return false;
  if (app !== undefined) {
    if (route.ignoreApps.includes(app)) return false;
    if (route.apps.length > 0 && !route.apps.includes(app)) return false;
  }
  if (labels) {
    if (Object.entries(route.ignoreLabels).some(([key, value]) => labels[key] === value)) return false;
    if (!Object.entries(route.labels).every(([key, value]) => labels[key] === value)) return false;
  }
  return true;
}

/** The receivers of a notice, each once, however many routes lead to it. */
export function receiversOf({ routes, webhook }: Routing, notice: Notice): string[] {
  const names = routes.filter((route) => takes(route, notice)).map(({ receiver }) => receiver);
  if (webhook && oldNotice(notice)) names.push(WEBHOOK);
  return [...new Set(names)];
}

/** Whom an application's file wants called in Slack, and when (`notification.mentions`). */
export interface Mention extends Mentioned {
  event: EventName | '*';
}

/** Who is told of an application, as its own file says. */
export interface Audience {
  labels: Record<string, string>;
  mentions?: Mention[];
}

/** Those who are called for an event, each once; undefined when nobody is. */
export function mentionedFor(mentions: readonly Mention[], event: EventName): Mentioned | undefined {
  const meant = mentions.filter((mention) => mention.event === '*' || isMeant([mention.event], event));
  const users = [...new Set(meant.flatMap((mention) => mention.users))];
  const groups = [...new Set(meant.flatMap((mention) => mention.groups))];
  return users.length + groups.length > 0 ? { users, groups } : undefined;
}

/** What the one webhook of `webhook:` is told: seven things, under names that are older than PipeCD's among ours. */
export interface OldNotice {
  id: string;
  event:
    | 'ROLLED_BACK'
    | 'TASK_FAILED'
    | 'OUT_OF_SYNC'
    | 'WAITING_APPROVAL'
    | 'ROLLBACK_STUCK'
    | 'TRIGGER_FAILED'
    | 'EVENT_FAILED';
  app?: string;
  deployment?: string;
  repository?: string;
  at: number;
  reason: string;
  commands?: string[];
  link: string;
}

const OLD_NAMES: Partial<Record<EventName, OldNotice['event']>> = {
  DEPLOYMENT_WAIT_APPROVAL: 'WAITING_APPROVAL',
  ROLLBACK_FAILED: 'ROLLBACK_STUCK',
  DEPLOYMENT_TRIGGER_FAILED: 'TRIGGER_FAILED',
  EVENT_FAILED: 'EVENT_FAILED',
  APPLICATION_OUT_OF_SYNC: 'OUT_OF_SYNC',
};

function oldEnd({ status, task }: AboutDeployment): OldNotice['event'] | undefined {
  if (status === 'ROLLED_BACK') return 'ROLLED_BACK';
  return task && status === 'FAILED' ? 'TASK_FAILED' : undefined;
}

/** A notice in the older words; undefined when it is none of those seven. */
export function oldNotice(notice: Notice): OldNotice | undefined {
  const event = notice.event === 'DEPLOYMENT_FAILED' ? oldEnd(notice) : OLD_NAMES[notice.event];
  if (!event) return undefined;
  const { id, at, reason, link } = notice;
  return {
    id,
    event,
    ...('app' in notice && { app: notice.app }),
    ...('deployment' in notice && { deployment: notice.deployment }),
    ...('repository' in notice && { repository: notice.repository }),
    at,
    reason,
    ...('commands' in notice && { commands: notice.commands }),
    link,
  };
}

const ENDS: Partial<Record<DeploymentStatus, DeploymentEvent>> = {
  SUCCEEDED: 'DEPLOYMENT_SUCCEEDED',
  FAILED: 'DEPLOYMENT_FAILED',
  ROLLED_BACK: 'DEPLOYMENT_FAILED',
  CANCELLED: 'DEPLOYMENT_CANCELLED',
  SUPERSEDED: 'DEPLOYMENT_CANCELLED',
};

/** What a deployment of this status has come to, as an event; undefined while it has not ended. */
export function endEvent(status: DeploymentStatus): DeploymentEvent | undefined {
  return ENDS[status];
}
