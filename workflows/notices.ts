import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { rollbackCommands, stopTaskCommands } from '../model/by-hand.js';
import type { DeliveryHandle } from '../model/delivery.js';
import { formatDuration } from '../model/duration.js';
import { endEvent, mentionedFor, oldNotice, receiversOf } from '../model/notification.js';
import type { DeploymentEvent, DeploymentNotice, EventName, Notice } from '../model/notification.js';
import { isTask } from '../model/release.js';
import type { TaskHandle } from '../model/standalone-task.js';
import type { StageDocument } from '../model/wire.js';
import { deliveries } from './deliveries.js';
import type { Deliveries, Losses } from './deliveries.js';
import type { DeploymentState } from './deployment-state.js';
import { telling } from './proxies.js';
import { reasonOf } from './reason.js';

/** What people are told of a deployment, in the background: a receiver that is away holds nothing up. */
export interface Notices {
  tell: (event: DeploymentEvent, reason: string) => void;
  /** A stage began or ended, as its row says. */
  stage: (row: StageDocument) => void;
  /** The deployment has ended, as its state says. */
  ended: () => void;
  /** A rollback takes long: said once, with the commands to do by hand. */
  stuck: (handle: DeliveryHandle | TaskHandle, why: string) => void;
  /** Repeats a question at the configured interval until the function that it gives is called. */
  remind: (question: string) => () => void;
  /** Resolves when each notice was delivered or given up. */
  delivered: () => Promise<void>;
}

const STAGE_EVENT = {
  RUNNING: 'STAGE_STARTED',
  SUCCEEDED: 'STAGE_SUCCEEDED',
  SKIPPED: 'STAGE_SKIPPED',
  FAILED: 'STAGE_FAILED',
  CANCELLED: 'STAGE_CANCELLED',
} as const;

/** Each costs ten events of the 50,000 that a deployment may have, and more with more receivers: of days, minute by minute, it would die. */
const REMINDERS_AT_ONE_PACE = 100;

/** Makes a notice of what is known of the deployment now. */
type Write = (event: DeploymentEvent, reason: string, commands?: string[]) => DeploymentNotice;

/** The notices of one deployment. To be called before the workflow's first await. @param all false for one that began when there were few */
export function notices(state: DeploymentState, all: boolean): Notices {
  const { input } = state;
  let count = 0;
  const common = (event: EventName, reason: string): Omit<DeploymentNotice, 'event'> => {
    const mention = mentionedFor(input.release.mentions ?? [], event);
    return {
      id: `${input.uid}-${++count}`,
      at: Date.now(),
      reason,
      link: `/api/v1/deployments/${input.id}`,
      page: `/deployments/${input.id}`,
      app: input.app,
      deployment: input.id,
      labels: input.release.labels,
      status: state.status,
      image: input.release.image,
      ...(input.commit && { commit: input.commit.hash }),
      by: input.trigger.by,
      ...(isTask(input.release) && { task: true as const }),
      ...(mention && { mention }),
    };
  };
  const write: Write = (event, reason, commands) => ({
    ...common(event, reason),
    event,
    ...(commands && { commands }),
  });

  // Deployments that began under an older version go on saying the few things that it said.
  if (!all) return fewNotices(state, write);

  const ours = deliveries((state.threads = {}), lossesOf(state));
  const tell = (event: DeploymentEvent, reason: string, commands?: string[]): void =>
    ours.send(write(event, reason, commands));
  return {
    tell,
    stage: ({ id, name, status, reason, detail }) => {
      if (status === 'NOT_STARTED') return;
      const event = STAGE_EVENT[status];
      const words = status === 'RUNNING' ? state.reason : (reason ?? detail ?? '');
      ours.send({ ...common(event, words), event, stage: { id, name } });
    },
    ended: () => {
      const event = endEvent(state.status);
      if (event) tell(event, state.reason);
      if (event !== 'DEPLOYMENT_SUCCEEDED' || isTask(input.release) || !state.stages.some(isPromotion)) return;
      const words = `All tasks of ${input.release.image} were healthy when it became the primary.`;
      ours.send({ ...common('APPLICATION_HEALTHY', words), event: 'APPLICATION_HEALTHY' });
    },
    stuck: stuckOnce(state, tell),
    remind: (question) => reminding(ours, write, question),
    delivered: ours.delivered,
  };
}

/** Stages that end only when every task of the new version is healthy. */
function isPromotion({ name, status }: StageDocument): boolean {
  return status === 'SUCCEEDED' && (name === 'ECS_PRIMARY_ROLLOUT' || name === 'ECS_SYNC');
}

/** What a receiver was not told stands in the deployment's warnings, one for each receiver. */
function lossesOf(state: DeploymentState): Losses {
  const all = new Map<string, EventName[]>();
  return {
    lost: (receiver, event, why) => {
      const beginning = `The receiver ${receiver} was not told `;
      const events = [...(all.get(receiver) ?? []), event];
      all.set(receiver, events);
      state.warnings = [
        ...state.warnings.filter((warning) => !warning.startsWith(beginning)),
        `${beginning}${[...new Set(events)].join(', ')}: ${why}`,
      ];
    },
    unknown: (why) => void state.warnings.push(`Nobody was told anything of this deployment: ${why}`),
  };
}

function stuckOnce(
  state: DeploymentState,
  tell: (event: DeploymentEvent, reason: string, commands: string[]) => void,
): Notices['stuck'] {
  let said = false;
  return (handle, why) => {
    const beginning = `The rollback of ${handle.deployment} took long: `;
    const words = `${beginning}${why}`;
    // One warning, with the newest reason: each failure may name another request.
    state.warnings = [...state.warnings.filter((warning) => !warning.startsWith(beginning)), words];
    if (said) return;
    said = true;
    tell('ROLLBACK_FAILED', words, 'snapshot' in handle ? rollbackCommands(handle) : stopTaskCommands(handle));
  };
}

/** Reminds whoever wants to be: where nobody does, there is no timer either. */
function reminding({ routing, send }: Deliveries, write: Write, question: string): () => void {
  const scope = new CancellationScope();
  scope
    .run(async () => {
      const known = await routing;
      if (!known || known.approvalReminder <= 0) return;
      let waited = 0;
      for (let n = 0; ; n++) {
        const pause = known.approvalReminder * 2 ** Math.floor(n / REMINDERS_AT_ONE_PACE);
        await sleep(pause, { summary: 'remind people of the approval' });
        waited += pause;
        const notice: Notice = write('WAITING_APPROVAL', `${question} It has waited for ${formatDuration(waited)}.`);
        if (receiversOf(known, notice).length === 0) return;
        send(notice);
      }
    })
    .catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  return () => scope.cancel();
}

/** The five things that were told before there were receivers, each by one activity. */
function fewNotices(state: DeploymentState, write: Write): Notices {
  const sent: Promise<void>[] = [];
  const tell = (event: DeploymentEvent, reason: string, commands?: string[]): void => {
    const notice = write(event, reason, commands);
    if (!oldNotice(notice)) return;
    const delivery = CancellationScope.nonCancellable(() =>
      telling.notify.executeWithOptions({ summary: `tell people: ${event}` }, [notice]),
    );
    sent.push(
      delivery.then(
        () => undefined,
        (error: unknown) => void state.warnings.push(`The webhook was not told ${event}: ${reasonOf(error)}`),
      ),
    );
  };
  return {
    tell,
    stage: () => undefined,
    ended: () => {
      const event = endEvent(state.status);
      if (event) tell(event, state.reason);
    },
    stuck: stuckOnce(state, tell),
    remind: () => () => undefined,
    delivered: async () => {
      await Promise.all(sent);
    },
  };
}
