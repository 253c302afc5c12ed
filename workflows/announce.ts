import { CancellationScope } from '@temporalio/workflow';
import type { Notice } from '../model/notification.js';
import { telling } from './proxies.js';

/** Tells people of what is of no deployment. In the background: a receiver that is away holds nothing up. */
export function announce(notice: Notice): void {
  void CancellationScope.nonCancellable(() =>
    telling.notify.executeWithOptions({ summary: `tell people: ${notice.event}` }, [notice]),
  ).catch(() => undefined);
}
