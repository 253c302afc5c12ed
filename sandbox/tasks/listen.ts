import { createServer, type Server } from 'node:http';
import type { Task } from '../cloud/state.js';
import type { RunningCloud } from '../running-cloud.js';
import { expositionOf } from './exposition.js';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Listens in the place of the running tasks, each on its own address of this machine. */
export interface TaskListeners {
  /** Begins and ends to listen as tasks start and stop. */
  follow: () => void;
  /** Resolves when all that run listen. */
  ready: () => Promise<void>;
  close: () => Promise<void>;
}

/** @param port - of every task */
export function listenAsTasks(running: RunningCloud, port: number): TaskListeners {
  const listening = new Map<string, { server: Server; begun: Promise<void> }>();

  function answer(taskId: string): Server {
    return createServer((request, response) => {
      running.catchUp();
      follow();
      if (!listening.has(taskId)) return void request.destroy();
      if (request.url !== '/metrics') return void response.writeHead(404).end('only /metrics\n');
      response.writeHead(200, { 'content-type': TYPE }).end(expositionOf(running.cloud().traffic, taskId));
    });
  }

  function begin({ id, ip }: Task): void {
    const server = answer(id);
    const begun = new Promise<void>((resolve) => {
      server.once('error', (error) => {
        console.error(`The task at ${ip} cannot listen: ${String(error)}`);
        resolve();
      });
      server.listen(port, ip, resolve);
    });
    listening.set(id, { server, begun });
  }

  function end(id: string): Promise<void> {
    const server = listening.get(id)?.server;
    listening.delete(id);
    return new Promise((resolve) => {
      if (!server) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** A task that is being stopped serves until its process ends. */
  function follow(): void {
    const alive = running
      .cloud()
      .state.tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING' || lastStatus === 'DEACTIVATING');
    const ids = new Set(alive.map(({ id }) => id));
    for (const id of [...listening.keys()]) if (!ids.has(id)) void end(id);
    for (const task of alive) if (!listening.has(task.id)) begin(task);
  }

  return {
    follow,
    ready: async () => {
      follow();
      await Promise.all([...listening.values()].map(({ begun }) => begun));
    },
    close: async () => {
      await Promise.all([...listening.keys()].map(end));
    },
  };
}
