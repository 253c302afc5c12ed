import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import { EVENT_GROUPS, EVENT_NAMES } from '../../model/notification.js';
import type { EventName } from '../../model/notification.js';
import type { WaitApprovalStage } from '../../model/stage.js';
import { deploymentUpdates, supersedeSignal } from '../../workflows/messages.js';
import { analysisStage, canaryPipeline, release } from '../support/release.js';
import { routeTo, routingTo } from '../support/routes.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, pass, start } = rollouts();
const ann = { by: 'ann', reason: 'because' };

const approvalStage = (over: Partial<WaitApprovalStage> = {}): WaitApprovalStage => ({
  id: 'stage-2',
  name: 'WAIT_APPROVAL',
  timeout: 24 * HOUR,
  approvers: [],
  minApprovers: 1,
  ...over,
});
const withApproval = (over: Partial<WaitApprovalStage> = {}) => {
  const pipeline = canaryPipeline();
  pipeline[2] = approvalStage(over);
  return release({ pipeline, timeout: 48 * HOUR });
};
/** What a receiver was told, in order. */
const told = (receiver: string): EventName[] =>
  world.told.filter((one) => one.receiver === receiver).map(({ notice }) => notice.event);
const others = (receiver: string): EventName[] => told(receiver).filter((event) => !event.startsWith('STAGE_'));

describe('a deployment tells', () => {
  test('its whole way to success, in order, and where the new version was seen healthy', async () => {
    world.routing = routingTo(routeTo('all'));
    const handle = await start({ release: withApproval() });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await handle.executeUpdate(deploymentUpdates.approve, { args: [ann] });
    expect(await handle.result()).toMatchObject({ status: 'SUCCEEDED', warnings: [] });
    expect(others('all')).toEqual([
      'DEPLOYMENT_TRIGGERED',
      'DEPLOYMENT_PLANNED',
      'DEPLOYMENT_STARTED',
      'DEPLOYMENT_WAIT_APPROVAL',
      'DEPLOYMENT_APPROVED',
      'DEPLOYMENT_SUCCEEDED',
      'APPLICATION_HEALTHY',
    ]);
    expect(told('all').filter((event) => event === 'STAGE_STARTED')).toHaveLength(6);
    expect(told('all').filter((event) => event === 'STAGE_SUCCEEDED')).toHaveLength(6);
    const approved = world.told.find(({ notice }) => notice.event === 'DEPLOYMENT_APPROVED')?.notice;
    expect(approved).toMatchObject({ app: 'shop', reason: 'Approved by ann.', labels: { team: 'xyz' }, by: 'ci' });
    expect(new Set(world.told.map(({ notice }) => notice.id)).size).toBe(world.told.length);
  });

  test('that it goes back, and that it has', async () => {
    world.routing = routingTo(routeTo('all'));
    world.outcome = () => 'FAIL';
    const document = await (await start()).result();
    expect(others('all').slice(3)).toEqual(['DEPLOYMENT_ROLLING_BACK', 'DEPLOYMENT_FAILED']);
    expect(told('all').slice(-5)).toEqual([
      'STAGE_FAILED',
      'DEPLOYMENT_ROLLING_BACK',
      'STAGE_STARTED',
      'STAGE_SUCCEEDED',
      'DEPLOYMENT_FAILED',
    ]);
    expect(world.told.at(-1)?.notice).toMatchObject({ status: 'ROLLED_BACK', reason: document.reason });
  });

  test('that nothing could be judged, whatever is done about it', async () => {
    world.routing = routingTo(routeTo('all', { events: ['INCONCLUSIVE'] }));
    world.outcome = () => 'NO_DATA';
    const document = await (await start()).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(world.told).toMatchObject([{ receiver: 'all', notice: { event: 'INCONCLUSIVE', reason: document.reason } }]);
  });

  test('that a rollback fails, once, with what to do by hand', async () => {
    world.routing = routingTo(routeTo('all', { events: ['ROLLBACK_FAILED'] }));
    world.outcome = () => 'FAIL';
    world.rollbackFailures = 2;
    await (await start()).result();
    expect(told('all')).toEqual(['ROLLBACK_FAILED']);
    expect(world.told[0]?.notice).toHaveProperty('commands');
  });

  test('that it was cancelled, with the stage that it had come to', async () => {
    world.routing = routingTo(routeTo('all'));
    world.endless.add('CANARY_READY');
    const handle = await start();
    await until(handle, stageIs('stage-0', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [ann] });
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
    expect(told('all')).toContain('STAGE_CANCELLED');
    expect(told('all').at(-1)).toBe('DEPLOYMENT_CANCELLED');
  });

  test('that it was superseded before it began, and nothing of a pipeline', async () => {
    world.routing = routingTo(routeTo('all'));
    const handle = await start({}, false);
    await handle.signal(supersedeSignal, { by: 'shop-99' });
    await handle.result();
    expect(told('all')).toEqual(['DEPLOYMENT_TRIGGERED', 'DEPLOYMENT_CANCELLED']);
  });

  test('of a stage that was left out for its commit', async () => {
    world.routing = routingTo(routeTo('all', { events: ['STAGE_SKIPPED'] }));
    const pipeline = canaryPipeline(analysisStage({ skipOn: { commitMessagePrefixes: ['hotfix'], paths: [] } }));
    await (await start({ release: release({ pipeline }), commit: { hash: 'c', message: 'hotfix: it' } })).result();
    expect(world.told).toMatchObject([
      { notice: { event: 'STAGE_SKIPPED', stage: { id: 'stage-2', name: 'ANALYSIS' } } },
    ]);
  });

  test('no health where no stage saw it', async () => {
    world.routing = routingTo(routeTo('all'));
    world.preflight = { unchanged: true };
    await (await start()).result();
    expect(told('all')).toEqual(['DEPLOYMENT_TRIGGERED', 'DEPLOYMENT_SUCCEEDED']);
  });

  test('those whom the application’s file wants called, with the events that it names', async () => {
    world.routing = routingTo(routeTo('all', { groups: ['DEPLOYMENT'] }));
    const mentions = [{ event: 'DEPLOYMENT_SUCCEEDED', users: ['U1'], groups: ['S1'] }] as const;
    await (
      await start({
        release: release({ mentions: mentions.map((m) => ({ ...m, users: [...m.users], groups: [...m.groups] })) }),
      })
    ).result();
    const called = world.told.filter(({ notice }) => 'mention' in notice);
    expect(called).toMatchObject([
      { notice: { event: 'DEPLOYMENT_SUCCEEDED', mention: { users: ['U1'], groups: ['S1'] } } },
    ]);
  });
});

test('of all names, those that no deployment sends are sent from git, by the worker and from drift', async () => {
  // What this file's other tests see of each; together they are all that a deployment can say.
  const sent = new Set<EventName>();
  const note = (): void => world.told.forEach(({ notice }) => void sent.add(notice.event));
  world.routing = routingTo(routeTo('all'));
  const going = await start({ release: withApproval({ skipOn: { commitMessagePrefixes: ['no'], paths: [] } }) });
  await until(going, (d) => d.status === 'WAITING_APPROVAL');
  await pass('61 minutes');
  await going.executeUpdate(deploymentUpdates.approve, { args: [ann] });
  await going.result();
  note();
  const skipping = await start({
    release: withApproval({ skipOn: { commitMessagePrefixes: ['no'], paths: [] } }),
    commit: { hash: 'c', message: 'no' },
  });
  await skipping.result();
  world.outcome = () => 'NO_DATA';
  world.rollbackFailures = 1;
  await (await start()).result();
  note();
  world.endless.add('CANARY_READY');
  const stopped = await start();
  await until(stopped, stageIs('stage-0', 'RUNNING'));
  await stopped.executeUpdate(deploymentUpdates.cancel, { args: [ann] });
  await stopped.result();
  note();
  expect(EVENT_NAMES.filter((event) => !sent.has(event))).toEqual([
    'DEPLOYMENT_TRIGGER_FAILED',
    'CHAIN_FAILED',
    'APPLICATION_SYNCED',
    'APPLICATION_OUT_OF_SYNC',
    'EVENT_FAILED',
    'PIPED_STARTED',
    'PIPED_STOPPED',
  ]);
});

describe('a receiver', () => {
  test('is told nothing that no route leads to it, and costs nothing then', async () => {
    world.routing = routingTo(
      routeTo('other team', { labels: { team: 'abc' } }),
      routeTo('stages', { groups: ['STAGE'] }),
    );
    const handle = await start();
    await handle.result();
    expect(new Set(world.told.map(({ receiver }) => receiver))).toEqual(new Set(['stages']));
    expect(new Set(told('stages').map((event) => EVENT_GROUPS[event]))).toEqual(new Set(['STAGE']));
    const { events } = await handle.fetchHistory();
    const deliveries = events?.filter((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === 'deliver');
    expect(deliveries).toHaveLength(world.told.length);
  });

  test('with threads has one for each deployment, which begins with the first message', async () => {
    world.routing = routingTo(
      routeTo('slack', { groups: ['DEPLOYMENT'] }),
      routeTo('hook', { groups: ['DEPLOYMENT'] }),
    );
    world.receive = ({ receiver, notice, thread }) =>
      receiver === 'slack' ? (thread ?? `thread of ${'deployment' in notice ? notice.deployment : ''}`) : undefined;
    const [first, second] = [await start(), await start()];
    // One after the other: the test server counts who waits, and not well.
    await first.result();
    await second.result();
    for (const { workflowId } of [first, second]) {
      const id = workflowId.slice('deployment:'.length);
      const mine = world.told.filter(({ notice }) => 'deployment' in notice && notice.deployment === id);
      const threads = mine.filter(({ receiver }) => receiver === 'slack').map(({ thread }) => thread);
      expect(threads).toHaveLength(4);
      expect(threads).toEqual([undefined, ...Array<string>(3).fill(`thread of ${id}`)]);
      expect(mine.filter(({ receiver }) => receiver === 'hook').every(({ thread }) => thread === undefined)).toBe(true);
    }
  });

  test('that fails for a while is told all in order, and the others do not wait for it', async () => {
    world.routing = routingTo(
      routeTo('flaky', { groups: ['DEPLOYMENT'] }),
      routeTo('sound', { groups: ['DEPLOYMENT'] }),
    );
    let failures = 3;
    world.receive = ({ receiver }) => {
      if (receiver === 'flaky' && failures-- > 0) throw new Error('The webhook flaky at 127.0.0.1 answered 500.');
      return undefined;
    };
    const document = await (await start()).result();
    expect(document).toMatchObject({ status: 'SUCCEEDED', warnings: [] });
    expect(told('flaky')).toEqual(told('sound'));
    expect(told('flaky')).toHaveLength(4);
    const tenth = world.told.findIndex(({ receiver }) => receiver === 'flaky');
    expect(world.told.slice(0, tenth).some(({ receiver }) => receiver === 'sound')).toBe(true);
  });

  test('that is away fails and holds up nothing, is given up an hour after the end, and stands in the warnings', async () => {
    world.routing = routingTo(routeTo('away'), routeTo('there'));
    world.receive = ({ receiver }) => {
      if (receiver === 'away') throw new Error('The webhook away at 127.0.0.1 could not be reached: ECONNREFUSED.');
      return undefined;
    };
    const handle = await start();
    const { status, warnings, completedAt } = await handle.result();
    expect(status).toBe('SUCCEEDED');
    expect(told('there').at(-1)).toBe('APPLICATION_HEALTHY');
    expect(told('away')).toEqual([]);
    expect(world.ended).toHaveLength(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^The receiver away was not told DEPLOYMENT_TRIGGERED, .*APPLICATION_HEALTHY: (It was away for an hour|The webhook away at .* ECONNREFUSED)\.$/,
    );
    const { closeTime } = await handle.describe();
    const after = (closeTime?.getTime() ?? Infinity) - Date.parse(completedAt ?? '');
    expect(after).toBeGreaterThan(50 * MINUTE);
    expect(after).toBeLessThan(61 * MINUTE);
  });
});

describe('people are reminded of an approval', () => {
  const reminders = (receiver: string): string[] =>
    world.told
      .filter((one) => one.receiver === receiver && one.notice.event === 'WAITING_APPROVAL')
      .map(({ notice }) => notice.reason);

  test('at the configured interval, until it is decided', async () => {
    world.routing = {
      ...routingTo(routeTo('all'), routeTo('first', { events: ['DEPLOYMENT_WAIT_APPROVAL'] })),
      approvalReminder: 30 * MINUTE,
    };
    const handle = await start({ release: withApproval() });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await pass('95 minutes');
    await handle.executeUpdate(deploymentUpdates.approve, { args: [ann] });
    await handle.result();
    expect(reminders('all')).toEqual([
      'Waiting for 1 approval(s) by any deployer. It has waited for 30m.',
      'Waiting for 1 approval(s) by any deployer. It has waited for 1h.',
      'Waiting for 1 approval(s) by any deployer. It has waited for 1h30m.',
    ]);
    expect(told('first')).toEqual(['DEPLOYMENT_WAIT_APPROVAL']);
  });

  test('ever less often when nobody answers for days, for each costs the history events', async () => {
    world.routing = { ...routingTo(routeTo('all', { events: ['WAITING_APPROVAL'] })), approvalReminder: MINUTE };
    const handle = await start({ release: withApproval({ timeout: 96 * HOUR }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await pass('24 hours');
    await handle.executeUpdate(deploymentUpdates.approve, { args: [ann] });
    await handle.result();
    expect(
      reminders('all')
        .slice(99, 102)
        .map((words) => words.split(' for ').at(-1)),
    ).toEqual(['1h40m.', '1h42m.', '1h44m.']);
    expect(reminders('all').length).toBeLessThan(400);
  });

  test('not where reminders are switched off', async () => {
    world.routing = { ...routingTo(routeTo('all')), approvalReminder: 0 };
    const handle = await start({ release: withApproval() });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await pass('10 hours');
    await handle.executeUpdate(deploymentUpdates.approve, { args: [ann] });
    await handle.result();
    expect(reminders('all')).toEqual([]);
    expect(told('all')).toContain('DEPLOYMENT_APPROVED');
  });

  test('and no more when it expires or the deployment is stopped', async () => {
    world.routing = routingTo(routeTo('all', { events: ['WAITING_APPROVAL', 'DEPLOYMENT_FAILED'] }));
    const handle = await start({ release: withApproval({ timeout: 150 * MINUTE }) });
    expect(await handle.result()).toMatchObject({ status: 'ROLLED_BACK' });
    expect(told('all')).toEqual([
      'DEPLOYMENT_WAIT_APPROVAL',
      'WAITING_APPROVAL',
      'WAITING_APPROVAL',
      'DEPLOYMENT_FAILED',
    ]);
  });
});
