import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_STATUSES, hasEnded } from '../../model/wire.js';
import {
  endEvent,
  EVENT_GROUPS,
  EVENT_NAMES,
  GROUP_NAMES,
  mentionedFor,
  oldNotice,
  receiversOf,
  takes,
  WEBHOOK,
} from '../../model/notification.js';
import type { EventName, Notice, Route } from '../../model/notification.js';
import { routeTo, routingTo } from '../support/routes.js';

/** PipeCD's own list, from its protocol (pkg/model/notificationevent.proto). */
const PIPECD: Record<string, string[]> = {
  DEPLOYMENT: [
    'DEPLOYMENT_TRIGGERED',
    'DEPLOYMENT_PLANNED',
    'DEPLOYMENT_STARTED',
    'DEPLOYMENT_APPROVED',
    'DEPLOYMENT_ROLLING_BACK',
    'DEPLOYMENT_SUCCEEDED',
    'DEPLOYMENT_FAILED',
    'DEPLOYMENT_CANCELLED',
    'DEPLOYMENT_WAIT_APPROVAL',
    'DEPLOYMENT_TRIGGER_FAILED',
  ],
  APPLICATION_SYNC: ['APPLICATION_SYNCED', 'APPLICATION_OUT_OF_SYNC'],
  APPLICATION_HEALTH: ['APPLICATION_HEALTHY'],
  PIPED: ['PIPED_STARTED', 'PIPED_STOPPED'],
  STAGE: ['STAGE_STARTED', 'STAGE_SKIPPED', 'STAGE_SUCCEEDED', 'STAGE_FAILED', 'STAGE_CANCELLED'],
};

const APPS = ['shop', 'web', 'api'];
const LABELS = ['team', 'env'];
const labels = fc.dictionary(fc.constantFrom(...LABELS), fc.constantFrom('a', 'b'));
const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength: 4 });

const common = { id: 'x', at: 0, reason: 'r', link: '/l' };
/** A notice of each event, with what such a one carries. */
const notice: fc.Arbitrary<Notice> = fc
  .record({ event: fc.constantFrom(...EVENT_NAMES), app: fc.constantFrom(...APPS), labels, of: fc.boolean() })
  .map(({ event, app, labels: own, of }): Notice => {
    const group = EVENT_GROUPS[event];
    if (group === 'PIPED') return { ...common, event, worker: 'w' } as Notice;
    if (event === 'DEPLOYMENT_TRIGGER_FAILED' || event === 'EVENT_FAILED') {
      return { ...common, event, repository: 'r', ...(of && { app }) };
    }
    const about = { app, deployment: `${app}-1`, labels: own, status: 'RUNNING', image: 'i', by: 'ci' };
    return { ...common, ...about, event, ...(group === 'STAGE' && { stage: { id: 's', name: 'WAIT' } }) } as Notice;
  });
const route: fc.Arbitrary<Route> = fc.record({
  name: fc.constant('r'),
  receiver: fc.constantFrom('one', 'two', 'three'),
  events: some(EVENT_NAMES),
  ignoreEvents: some(EVENT_NAMES),
  groups: some(GROUP_NAMES),
  ignoreGroups: some(GROUP_NAMES),
  apps: some(APPS),
  ignoreApps: some(APPS),
  labels,
  ignoreLabels: labels,
});
const named = (event: EventName, over: object = {}): Notice =>
  ({
    ...common,
    app: 'shop',
    deployment: 'shop-1',
    labels: {},
    status: 'RUNNING',
    image: 'i',
    by: 'ci',
    event,
    ...over,
  }) as Notice;

describe('the names', () => {
  it('are all of PipeCD’s, in its groups', () => {
    for (const [group, names] of Object.entries(PIPECD)) {
      for (const name of names) expect([name, EVENT_GROUPS[name as EventName]]).toEqual([name, group]);
    }
    expect(GROUP_NAMES).toEqual(expect.arrayContaining(Object.keys(PIPECD)));
  });

  it('and ours beside them', () => {
    const theirs = Object.values(PIPECD).flat();
    expect(EVENT_NAMES.filter((name) => !theirs.includes(name))).toEqual([
      'CHAIN_FAILED',
      'WAITING_APPROVAL',
      'INCONCLUSIVE',
      'ROLLBACK_FAILED',
      'EVENT_FAILED',
    ]);
  });
});

describe('a route', () => {
  it('that asks for nothing takes everything', () => {
    fc.assert(fc.property(notice, (one) => takes(routeTo('all'), one)));
  });

  it('never takes what it ignores', () => {
    fc.assert(
      fc.property(route, notice, (one, told) => {
        if (!takes(one, told)) return;
        expect(one.ignoreEvents).not.toContain(told.event);
        expect(one.ignoreGroups).not.toContain(EVENT_GROUPS[told.event]);
        if ('app' in told) expect(one.ignoreApps).not.toContain(told.app);
        if ('labels' in told) {
          for (const [key, value] of Object.entries(one.ignoreLabels)) expect(told.labels[key]).not.toBe(value);
        }
      }),
    );
  });

  it('takes only what it asks for, where it asks', () => {
    fc.assert(
      fc.property(route, notice, (one, told) => {
        if (!takes(one, told)) return;
        const asked = told.event === 'DEPLOYMENT_WAIT_APPROVAL' ? [told.event, 'WAITING_APPROVAL'] : [told.event];
        if (one.events.length > 0) expect(one.events.some((event) => asked.includes(event))).toBe(true);
        if (one.groups.length > 0) expect(one.groups).toContain(EVENT_GROUPS[told.event]);
        if ('app' in told && one.apps.length > 0) expect(one.apps).toContain(told.app);
        if ('labels' in told) expect(told.labels).toMatchObject(one.labels);
      }),
    );
  });

  it('takes less, never more, with each thing that it asks for or ignores', () => {
    fc.assert(
      fc.property(route, notice, (one, told) => {
        if (!takes(one, told)) return;
        const { name, receiver } = one;
        for (const field of ['events', 'ignoreEvents', 'groups', 'ignoreGroups', 'apps', 'ignoreApps'] as const) {
          expect(takes({ ...one, [field]: [] }, told)).toBe(true);
        }
        for (const field of ['labels', 'ignoreLabels'] as const)
          expect(takes({ ...one, [field]: {} }, told)).toBe(true);
        expect(takes(routeTo(receiver, { name }), told)).toBe(true);
      }),
    );
  });

  it.each(EVENT_NAMES)('by name or by group takes %s, and ignores it by either', (event) => {
    const group = EVENT_GROUPS[event];
    expect(takes(routeTo('r', { events: [event] }), named(event))).toBe(true);
    expect(takes(routeTo('r', { groups: [group] }), named(event))).toBe(true);
    expect(takes(routeTo('r', { ignoreEvents: [event] }), named(event))).toBe(false);
    expect(takes(routeTo('r', { groups: [group], ignoreGroups: [group] }), named(event))).toBe(false);
    const others = EVENT_NAMES.filter((name) => name !== event && name !== 'WAITING_APPROVAL');
    expect(takes(routeTo('r', { events: others }), named(event))).toBe(false);
  });

  it('for the reminders gets the first word too, and one for the first word no reminder', () => {
    const reminders = routeTo('r', { events: ['WAITING_APPROVAL'] });
    const first = routeTo('r', { events: ['DEPLOYMENT_WAIT_APPROVAL'] });
    expect(takes(reminders, named('DEPLOYMENT_WAIT_APPROVAL'))).toBe(true);
    expect(takes(first, named('WAITING_APPROVAL'))).toBe(false);
    const muted = routeTo('r', { ignoreEvents: ['WAITING_APPROVAL'] });
    expect(takes(muted, named('DEPLOYMENT_WAIT_APPROVAL'))).toBe(true);
    expect(takes(muted, named('WAITING_APPROVAL'))).toBe(false);
  });

  it('for some applications or labels lets through what is of none', () => {
    const narrow = routeTo('r', { apps: ['web'], labels: { team: 'a' } });
    expect(takes(narrow, { ...common, event: 'PIPED_STARTED', worker: 'w' })).toBe(true);
    expect(takes(narrow, { ...common, event: 'EVENT_FAILED', repository: 'r' })).toBe(true);
    expect(takes(narrow, named('DEPLOYMENT_FAILED', { app: 'web', labels: {} }))).toBe(false);
    expect(takes(narrow, named('DEPLOYMENT_FAILED', { app: 'web', labels: { team: 'a', env: 'b' } }))).toBe(true);
  });
});

describe('the receivers of a notice', () => {
  it('are those of the routes that take it, each once', () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 6 }), notice, (routes, told) => {
        const names = receiversOf(routingTo(...routes), told);
        expect(new Set(names).size).toBe(names.length);
        expect(new Set(names)).toEqual(
          new Set(routes.filter((one) => takes(one, told)).map(({ receiver }) => receiver)),
        );
      }),
    );
  });

  it('have the one webhook among them for its seven things alone', () => {
    fc.assert(
      fc.property(notice, (told) => {
        const old = { ...routingTo(), webhook: true };
        expect(receiversOf(old, told)).toEqual(oldNotice(told) ? [WEBHOOK] : []);
      }),
    );
    const words = EVENT_NAMES.map((event) => oldNotice(named(event, { status: 'ROLLED_BACK' }))?.event);
    expect(words.filter((word) => word !== undefined).sort()).toEqual([
      'EVENT_FAILED',
      'OUT_OF_SYNC',
      'ROLLBACK_STUCK',
      'ROLLED_BACK',
      'TRIGGER_FAILED',
      'WAITING_APPROVAL',
    ]);
    expect(oldNotice(named('DEPLOYMENT_FAILED', { status: 'FAILED' }))).toBeUndefined();
    expect(oldNotice(named('DEPLOYMENT_FAILED', { status: 'FAILED', task: true }))?.event).toBe('TASK_FAILED');
    expect(oldNotice(named('DEPLOYMENT_CANCELLED', { status: 'CANCELLED', task: true }))).toBeUndefined();
  });
});

describe('mentions', () => {
  it('are of those who asked for the event or for all, each once', () => {
    const mentions = [
      { event: '*', users: ['U1'], groups: [] },
      { event: 'DEPLOYMENT_FAILED', users: ['U1', 'U2'], groups: ['S1'] },
      { event: 'WAITING_APPROVAL', users: ['U3'], groups: [] },
    ] as const;
    const of = (event: EventName) =>
      mentionedFor(
        mentions.map((m) => ({ ...m, users: [...m.users], groups: [...m.groups] })),
        event,
      );
    expect(of('DEPLOYMENT_FAILED')).toEqual({ users: ['U1', 'U2'], groups: ['S1'] });
    expect(of('DEPLOYMENT_WAIT_APPROVAL')).toEqual({ users: ['U1', 'U3'], groups: [] });
    expect(of('STAGE_FAILED')).toEqual({ users: ['U1'], groups: [] });
    expect(mentionedFor([], 'STAGE_FAILED')).toBeUndefined();
  });
});

it('each end of a deployment is an event, and nothing else is', () => {
  for (const status of DEPLOYMENT_STATUSES) expect(endEvent(status) !== undefined).toBe(hasEnded(status));
});
