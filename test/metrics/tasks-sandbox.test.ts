import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DescribeTaskSetsCommand } from '@aws-sdk/client-ecs';
import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { findTasks } from '../../activities/ecs/find-tasks.js';
import { createTasksSource } from '../../activities/metrics/tasks/client.js';
import type { MetricSourceClient } from '../../activities/metrics/source.js';
import type { Run } from '../../activities/run.js';
import { SECOND } from '../../model/duration.js';
import type { Point } from '../../model/evidence.js';
import type { TaskSetPlace, Variant } from '../../model/metric.js';
import { tasksQueries } from '../../spec/ready-made/tasks.js';
import {
  BLUE,
  CLUSTER,
  GREEN,
  LISTENER,
  SERVICE,
  SERVICE_PATH,
  START,
  createService,
  createTaskSet,
  register,
  startBench,
  type Bench,
} from '../sandbox/example.js';
import { manualClock, tasksProvider, type ManualClock } from './tasks-support.js';

const never = new AbortController().signal;
const BEGIN = START + 120 * SECOND;

let bench: Bench;
let clock: ManualClock;
let source: MetricSourceClient;
let places: Partial<Record<Variant, TaskSetPlace>>;

/** A port that is free on every address of this machine. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeEach(async () => {
  const port = await freePort();
  bench = await startBench({ tasksPort: port });
  await createService(bench.ecs, 4);
  const blue = await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  const green = await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:2'), GREEN, 50);
  bench.pass(120);
  await bench.elb.send(
    new ModifyListenerCommand({
      ListenerArn: LISTENER,
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: BLUE, Weight: 80 },
              { TargetGroupArn: GREEN, Weight: 20 },
            ],
          },
        },
      ],
    }),
  );
  await bench.sandbox.tasksListen();
  const { taskSets = [] } = await bench.ecs.send(new DescribeTaskSetsCommand(SERVICE_PATH));
  const placeOf = (id: string | undefined): TaskSetPlace => ({
    provider: 'sandbox',
    cluster: CLUSTER,
    service: SERVICE,
    taskSetArn: taskSets.find((set) => set.id === id)?.taskSetArn ?? '',
    containerName: 'web',
    containerPort: 80,
  });
  places = { primary: placeOf(blue.id), canary: placeOf(green.id) };
  clock = manualClock(BEGIN);
  clock.scrapers = 2;
  source = createTasksSource(tasksProvider({ port }), {
    findTasks: (place) => findTasks({ aws: { ecs: bench.ecs } as Run['aws'] }, place),
    clock,
  });
});
afterEach(() => bench.sandbox.close());

/** Lets the sandbox's time and the scraper's go on together, second by second. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    bench.pass(1);
    await bench.sandbox.tasksListen();
    await clock.advanceTo(clock.now() + SECOND);
  }
}

async function read(queries: Record<string, string>): Promise<Record<string, number[]>> {
  const wanted = (['canary', 'primary'] as const).flatMap((variant) =>
    Object.entries(queries).map(([name, query]) => {
      const place = places[variant];
      return { id: `${variant}.${name}`, query, variant, ...(place && { place }) };
    }),
  );
  const { series } = await source.read({
    wanted,
    from: BEGIN,
    now: clock.now(),
    resolution: 10 * SECOND,
    timeout: 5 * SECOND,
    cancelled: never,
  });
  const values = (points: readonly Point[]): number[] => points.map(({ value }) => value);
  return Object.fromEntries(Object.entries(series).map(([id, points]) => [id, values(points)]));
}

it('sees each version by itself, seconds after it happened', async () => {
  const { errors = '', requests = '' } = tasksQueries('http-5xx-rate')?.texts ?? {};
  const { value: p95 = '' } = tasksQueries('latency-p95')?.texts ?? {};
  await bench.panel('POST', '/faults', { kind: 'version', image: 'web:2', errorRate: 0.1 });
  await read({ errors, requests, p95 });
  await pass(30);
  const seen = await read({ errors, requests, p95 });
  // 50 requests a second, 80 to 20, and a tenth of the canary's fail.
  expect(seen['primary.requests']).toEqual([400, 400, 400]);
  expect(seen['canary.requests']).toEqual([100, 100, 100]);
  expect(seen['primary.errors']).toEqual([0, 0, 0]);
  expect(seen['canary.errors']).toEqual([10, 10, 10]);
  // Exponential around 20 ms: 91.8 % within 50 ms, 99.3 % within 100 ms, linear in between, but for fractions of answers.
  for (const value of seen['canary.p95'] ?? []) expect(Math.abs(value - 0.0713)).toBeLessThan(0.015);
  expect(seen['canary.p95']).toHaveLength(3);
});

it('says so when all tasks of a version died', async () => {
  await read({ requests: 'http_requests_total' });
  await pass(20);
  await bench.panel('POST', '/faults', { kind: 'version', image: 'web:2', crash: 'afterSeconds', afterSeconds: 1 });
  await pass(10);
  await expect(read({ requests: 'http_requests_total' })).rejects.toMatchObject({
    kind: 'transient',
    message: expect.stringMatching(/No task of the task set .* runs|could not be scraped/) as string,
  });
});
