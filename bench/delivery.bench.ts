import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  type Action,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, test } from 'vitest';
import { z } from 'zod';
import { SECOND } from '../model/duration.js';
import { errorShare, filesOf, pairAction, shopOf, worldOf, type Shop } from '../test/e2e/shop.js';
import { useStack } from '../test/e2e/stack.js';
import { until } from '../test/support/processes.js';
import { startEavesdropper } from './eavesdropper.js';
import { median, seconds } from './figure.js';

/** Each is deployed once, and then with a version that its ANALYSIS refuses. */
const SHOPS = ['one', 'two', 'three', 'four', 'five'].map(shopOf);
const KILLED = shopOf('killed');
const KILLS = 3;
const HAND_RUNS = 10;
/** How exactly the outside is looked at. */
const LOOK_EVERY = 25;
/** `workflows/analysis.ts`: how long Temporal waits for an activity that says nothing. */
const HEARTBEAT_TIMEOUT = 5 * SECOND;

// Before the first worker, which would make a runtime that tells of each state it enters.
Runtime.install({ logger: new DefaultLogger('WARN') });

const eavesdropper = await startEavesdropper();
const stack = useStack({
  world: worldOf([...SHOPS, KILLED].map(({ app }) => app)),
  metrics: [{ name: 'overheard', address: eavesdropper.url }],
});
let elb: ElasticLoadBalancingV2Client;
beforeAll(async () => {
  const { sandbox } = stack();
  eavesdropper.pointAt(sandbox.url);
  await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
  const credentials = { accessKeyId: '123456789012', secretAccessKey: 'sandbox' };
  elb = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', endpoint: sandbox.url, credentials });
});
afterAll(() => eavesdropper.close());

/** When something is seen, looked for all the time: epoch ms. */
async function seenAt<T>(what: string, look: () => Promise<T | undefined>): Promise<number> {
  await until(what, look, { every: LOOK_EVERY, timeout: 60 * SECOND });
  return Date.now();
}

/** When the first of the changes after `since` was made, epoch ms. */
async function firstChange(since: number): Promise<number> {
  const changes = await stack().sandbox.changes();
  const first = changes.map(({ at }) => Date.parse(at)).find((at) => at >= since);
  if (first === undefined) throw new Error('nothing was changed');
  return first;
}

async function listenerOf({ app }: Shop): Promise<string> {
  const { rules } = await stack().sandbox.state();
  const rule = rules.find(({ listener }) => listener.includes(`/app/${app}/`));
  if (!rule) throw new Error(`${app} has no listener`);
  return rule.listener;
}

async function canaryWeight({ green }: Shop, listener: string): Promise<number | undefined> {
  const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: listener }));
  const groups = Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  return groups.find(({ TargetGroupArn }) => TargetGroupArn === green)?.Weight;
}

const answerSchema = z.object({
  series: z.array(z.object({ pointlist: z.array(z.tuple([z.number(), z.number().nullable()])) })),
});

/** Start of the newest bucket that the metrics source shows of the canary's requests, epoch ms. */
async function newestBucket({ hostname, green }: Shop): Promise<number> {
  const [, requests = ''] = errorShare(hostname, green).split(' / ');
  const now = Math.floor(Date.now() / SECOND);
  const query = new URLSearchParams({ from: String(now - 30), to: String(now + 5), query: requests });
  const answer = await fetch(`${stack().sandbox.url}/api/v1/query?${query.toString()}`, {
    headers: { 'dd-api-key': 'sandbox-api-key', 'dd-application-key': 'sandbox-application-key' },
  });
  const { series } = answerSchema.parse(await answer.json());
  const points = series.flatMap(({ pointlist }) => pointlist).filter(([, value]) => value !== null && value > 0);
  return points.at(-1)?.[0] ?? 0;
}

/** Looks at the source while something goes on; tells when it first showed a bucket at or after an instant. */
function watchSource(shop: Shop): { stop: () => Promise<void>; shownAt: (instant: number) => number } {
  const seen: { at: number; newest: number }[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      seen.push({ newest: await newestBucket(shop), at: Date.now() });
      await sleep(LOOK_EVERY);
    }
  })();
  return {
    stop: async () => {
      over = true;
      await watching;
    },
    shownAt(instant) {
      const first = seen.find(({ newest }) => newest >= instant);
      if (!first) throw new Error('the source never showed that bucket');
      return first.at;
    },
  };
}

async function roundTrips(): Promise<number[]> {
  const connection = await stack().temporal();
  const native = await NativeConnection.connect({ address: connection.options.address });
  const worker = await Worker.create({
    connection: native,
    taskQueue: 'bench',
    workflowsPath: new URL('./baseline-workflows.ts', import.meta.url).pathname,
    activities: { echo: (text: string) => Promise.resolve(text) },
  });
  const client = new Client({ connection });
  const runs = await worker.runUntil(async () => {
    const taken: number[] = [];
    for (let run = 0; run <= HAND_RUNS; run += 1) {
      const began = Date.now();
      await client.workflow.execute('roundTrip', { taskQueue: 'bench', workflowId: `round-${run}`, args: ['trip'] });
      taken.push((Date.now() - began) / SECOND);
    }
    // The first one loads what the others find loaded.
    return taken.slice(1);
  });
  await native.close();
  await connection.close();
  return runs;
}

async function writesByHand(shop: Shop): Promise<number[]> {
  const listener = await listenerOf(shop);
  const taken: number[] = [];
  for (let run = 0; run < HAND_RUNS; run += 1) {
    const began = Date.now();
    const DefaultActions = [pairAction(shop) as Action];
    await elb.send(new ModifyListenerCommand({ ListenerArn: listener, DefaultActions }));
    await canaryWeight(shop, listener);
    taken.push((Date.now() - began) / SECOND);
  }
  return taken;
}

test('from the HTTP call to the first change, from a bad window to the weights restored', async ({ task }) => {
  const toFirstChange: number[] = [];
  const toRestored: number[] = [];
  for (const shop of SHOPS) {
    const { deploy, ends, measurements } = stack();
    const files = filesOf(shop, { metric: { interval: '2s' } });
    await ends(await deploy(shop.app, files));
    const listener = await listenerOf(shop);

    const called = Date.now();
    const id = await deploy(shop.app, files, { image: 'bad:1' });
    await seenAt('the canary to take requests', async () => (await canaryWeight(shop, listener)) === 20 || undefined);
    toFirstChange.push(((await firstChange(called)) - called) / SECOND);
    const source = watchSource(shop);
    const restored = await seenAt(
      'the weights to be back',
      async () => (await canaryWeight(shop, listener)) === 0 || undefined,
    );
    await source.stop();
    const { status } = await ends(id);
    if (status !== 'ROLLED_BACK') throw new Error(`The bad version ended ${status}.`);
    const bad = (await measurements(id)).find(({ outcome }) => outcome === 'FAIL');
    if (!bad) throw new Error('No window failed.');
    toRestored.push((restored - source.shownAt(Date.parse(bad.to))) / SECOND);
  }
  task.meta.figures = [
    seconds('the HTTP call to the first AWS change', toFirstChange, {
      name: 'one workflow with one activity on the same Temporal',
      value: median(await roundTrips()),
    }),
    seconds('a bad window’s data being there to the weights restored and read back', toRestored, {
      name: 'the same write and read by hand',
      value: median(await writesByHand(SHOPS[0] ?? KILLED)),
    }),
  ];
});

test('from the restart of a killed worker to judging again', async ({ task }) => {
  const { deploy, ends, reaches, kill, restart, control } = stack();
  await ends(await deploy(KILLED.app, filesOf(KILLED)));
  const files = filesOf(KILLED, {
    analysis: { duration: '10m' },
    metric: { provider: 'overheard', interval: '2s' },
  });
  const taken: number[] = [];
  // A deployment for each: the second death of one activity would also wait for a longer back-off.
  for (let run = 0; run < KILLS; run += 1) {
    const id = await deploy(KILLED.app, files, { image: `web:${run + 2}` });
    await reaches(id, 'judge its canary', ({ stages }) => stages[2]?.status === 'RUNNING');
    const before = eavesdropper.asked.length;
    await until('some windows to be judged', () => eavesdropper.asked.length >= before + 5, { every: LOOK_EVERY });
    await kill('worker');
    const restarted = Date.now();
    const polling = restart('worker');
    const again = await until('the source to be asked', () => eavesdropper.asked.find((at) => at > restarted));
    await polling;
    taken.push((again - restarted) / SECOND);
    await control(id, 'cancel');
    await ends(id);
  }
  task.meta.figures = [
    seconds('the restart of a killed worker to judging again', taken, {
      name: 'Temporal’s heartbeat time-out for the dead one',
      value: HEARTBEAT_TIMEOUT / SECOND,
    }),
  ];
});
