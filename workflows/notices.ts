import { CancellationScope } from '@temporalio/workflow';
import type { DeliveryHandle } from '../model/delivery.js';
import { rollbackCommands, stopTaskCommands } from '../model/by-hand.js';
import type { TaskHandle } from '../model/standalone-task.js';
import type { Notice } from '../activities/people.js';
import type { DeploymentState } from './deployment-state.js';
import { telling } from './proxies.js';
import { reasonOf } from './reason.js';

/** What people are told of a deployment, in the background: a webhook that is down holds nothing up. */
export interface Notices {
  tell: (event: Notice['event'], reason: string) => void;
  /** A rollback takes long: said once, with the commands to do by hand. */
  stuck: (handle: DeliveryHandle | TaskHandle, why: string) => void;
  /** Resolves when each notice was delivered or given up. */
  delivered: () => Promise<void>;
}

/** The notices of one deployment. */
export function notices(state: DeploymentState): Notices {
  const { app, id } = state.input;
  const sent: Promise<void>[] = [];
  let saidStuck = false;

  function send(event: Notice['event'], reason: string, commands?: string[]): void {
    const notice: Notice = {
      id: `${state.input.uid}-${sent.length + 1}`,
      event,
      app,
      deployment: id,
      at: Date.now(),
      reason,
      link: `/api/v1/deployments/${id}`,
      ...(commands && { commands }),
    };
    // Not in the caller's scope: a cancelled stage does not take its notice with it.
    const delivery = CancellationScope.nonCancellable(() =>
      telling.notify.executeWithOptions({ summary: `tell people: ${event}` }, [notice]),
    );
    sent.push(
      delivery.then(
        () => undefined,
        (error: unknown) => void state.warnings.push(`The webhook was not told ${event}: ${reasonOf(error)}`),
      ),
    );
  }

  return {
    tell: send,
    stuck: (handle, why) => {
      const beginning = `The rollback of ${handle.deployment} took long: `;
      const words = `${beginning}${why}`;
      // One warning, with the newest reason: each failure may name another request.
      state.warnings = [...state.warnings.filter((warning) => !warning.startsWith(beginning)), words];
      if (saidStuck) return;
      saidStuck = true;
      send('ROLLBACK_STUCK', words, 'snapshot' in handle ? rollbackCommands(handle) : stopTaskCommands(handle));
    },
    delivered: async () => {
      await Promise.all(sent);
    },
  };
}
