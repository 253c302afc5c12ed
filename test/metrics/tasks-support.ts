import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '../../activities/context.js';
import type { TasksWorld } from '../../activities/metrics/tasks/client.js';
import type { FoundTask } from '../../activities/metrics/tasks/scraper.js';
import type { TasksProvider } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { TaskSetPlace } from '../../model/metric.js';

export interface ManualClock extends Clock {
  /** How many scrapers are running: time goes on only when all of them sleep. */
  scrapers: number;
  advanceTo(to: number): Promise<void>;
}

/** A clock that stands still until it is moved; sleeps end when it reaches them. */
export function manualClock(at: number): ManualClock {
  let time = at;
  let sleeping: { until: number; wake: () => void }[] = [];
  /** Lets everything happen that is due, network on loopback included. */
  async function settle(): Promise<void> {
    await setImmediate();
    while (sleeping.length < self.scrapers) await setTimeout(1);
  }
  const self: ManualClock = {
    scrapers: 1,
    now: () => time,
    sleep: (ms) =>
      new Promise((wake) => {
        sleeping.push({ until: time + ms, wake });
      }),
    async advanceTo(to) {
      for (;;) {
        await settle();
        const next = Math.min(...sleeping.map(({ until }) => until));
        if (next > to) break;
        time = Math.max(time, next);
        const due = sleeping.filter(({ until }) => until <= time);
        sleeping = sleeping.filter(({ until }) => until > time);
        for (const { wake } of due) wake();
      }
      time = to;
      await settle();
    },
  };
  return self;
}

export function place(over: Partial<TaskSetPlace> = {}): TaskSetPlace {
  return {
    provider: 'prod',
    cluster: 'shop',
    service: 'web',
    taskSetArn: 'arn:aws:ecs:eu-central-1:123456789012:task-set/shop/web/ecs-svc/1111111111111111111',
    containerName: 'web',
    containerPort: 8080,
    ...over,
  };
}

export function tasksProvider(over: Partial<TasksProvider> = {}): TasksProvider {
  return {
    name: 'tasks',
    type: 'TASKS',
    path: '/metrics',
    timeout: 2 * SECOND,
    maxDelay: MINUTE,
    resolution: 10 * SECOND,
    ...over,
  };
}

/** One task that answers over HTTP on an address of its own in 127.0.0.0/8. */
export interface FakeTask extends FoundTask {
  /** What it answers; undefined hangs, a number is a status. */
  answer: () => string | number | undefined;
  scrapes: number;
}

/** A few tasks of a version, and the list that ECS would give of them. */
export interface Fleet {
  port: number;
  /** What is listed now. */
  listed: FakeTask[];
  lists: number;
  /** Set: the list cannot be had. */
  problem?: string;
  findTasks: TasksWorld['findTasks'];
  add(answer: FakeTask['answer']): FakeTask;
  close(): Promise<void>;
}

export async function fleet(): Promise<Fleet> {
  const known = new Map<string, FakeTask>();
  const server: Server = createServer((request, response) => {
    const task = known.get(request.socket.localAddress ?? '');
    if (!task || request.url !== '/metrics') return void response.writeHead(404).end('not here');
    task.scrapes += 1;
    const answer = task.answer();
    if (answer === undefined) return;
    if (typeof answer === 'number') return void response.writeHead(answer).end();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const self: Fleet = {
    port: (server.address() as AddressInfo).port,
    listed: [],
    lists: 0,
    findTasks: () => {
      self.lists += 1;
      return self.problem === undefined ? Promise.resolve([...self.listed]) : Promise.reject(new Error(self.problem));
    },
    add(answer) {
      const address = `127.20.0.${known.size + 1}`;
      const taskArn = `arn:aws:ecs:eu-central-1:123456789012:task/shop/${String(known.size + 1).padStart(4, '0')}`;
      const task: FakeTask = { taskArn, address, answer, scrapes: 0 };
      known.set(address, task);
      self.listed.push(task);
      return task;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}
