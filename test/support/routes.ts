import { MINUTE } from '../../model/duration.js';
import type { Route, Routing } from '../../model/notification.js';

/** A route to one receiver, for what it asks for. */
export function routeTo(receiver: string, over: Partial<Route> = {}): Route {
  return {
    name: `to ${receiver}`,
    receiver,
    events: [],
    ignoreEvents: [],
    groups: [],
    ignoreGroups: [],
    apps: [],
    ignoreApps: [],
    labels: {},
    ignoreLabels: {},
    ...over,
  };
}

/** A configuration with these routes. */
export function routingTo(...routes: Route[]): Routing {
  return { routes, webhook: false, approvalReminder: 60 * MINUTE };
}
