import { CancellationScope } from '@temporalio/workflow';
import type { Notice } from '../model/notification.js';
import { telling } from './proxies.js';

/**
 * Tells people of what is of no deployment. In the background: a receiver that is away holds nothing up, and nobody needs to wait for the end,
 * which is never an error.
 */
export async function announce(notice: Notice): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    telling.notify.executeWithOptions({ summary: `tell people: ${notice.event}` }, [notice]),
  ).catch(() => undefined);
}
