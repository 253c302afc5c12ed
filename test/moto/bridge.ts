import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECOND } from '../../model/duration.js';

/**
 * What moto 5.2.5 leaves out of the life of a task set, added between the product and moto (aws-emulators.md, call table):
 * - it starts no task for the set that can be found by `startedBy`, rounds the count down, and registers no target;
 * - DescribeTaskSets never tells computedDesiredCount, runningCount and pendingCount, and is STEADY_STATE from the start;
 * - UpdateTaskSet keeps the scale and moves no task;
 * - DeleteTaskSet removes the set at once, without DRAINING;
 * - CreateService forgets enableECSManagedTags, which DescribeServices then never tells.
 * Everything else passes both ways byte for byte.
 */
export interface Bridge {
  url: string;
  /** Every request of the product, in order, with moto's own answer. */
  calls: PassedCall[];
  close: () => Promise<void>;
}

export interface PassedCall {
  service: string;
  operation: string;
  /** The request's body: an object for ECS's JSON, the parameters of a query otherwise. */
  body: unknown;
  /** moto's own answer, before anything was added. */
  status: number;
  answer: string;
}

interface TaskSetLife {
  tasks: { taskArn: string; address: string }[];
  /** How often it was told of, first by CreateTaskSet; steady from the third time on. */
  looks: number;
}

interface MotoTaskSet {
  id: string;
  taskSetArn: string;
  taskDefinition: string;
  scale: { value: number };
  launchType: string;
  networkConfiguration: object;
  loadBalancers: { targetGroupArn: string; containerPort: number }[];
}

/** How long a deleted set is still listed as DRAINING. */
const DRAINS_FOR = 1 * SECOND;

interface Asked {
  headers: IncomingHttpHeaders;
  path: string;
  method: string;
  body: string;
}

/** Starts the bridge in front of moto on a port of its own. */
export async function startBridge(moto: string): Promise<Bridge> {
  const calls: PassedCall[] = [];
  const lives = new Map<string, TaskSetLife>();
  const managedTags = new Map<string, unknown>();
  let draining: { set: object; service: string; until: number }[] = [];

  async function pass({ headers, path, method, body }: Asked): Promise<{ status: number; type: string; text: string }> {
    const kept = Object.entries(headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name));
    const answer = await fetch(`${moto}${path}`, {
      method,
      headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      ...(method !== 'GET' && { body }),
    });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
  }

  /** Asks moto for something of our own, with the credentials of the request that made us ask. */
  async function ecs<T>(asked: Asked, operation: string, parameters: object): Promise<T> {
    const target = `${String(asked.headers['x-amz-target']).split('.')[0] ?? ''}.${operation}`;
    const headers = { ...asked.headers, 'x-amz-target': target };
    const { status, text } = await pass({ ...asked, headers, body: JSON.stringify(parameters) });
    if (status !== 200) throw new Error(`moto answered ${operation} with ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  async function targets(
    asked: Asked,
    action: 'RegisterTargets' | 'DeregisterTargets',
    set: MotoTaskSet,
    addresses: string[],
  ): Promise<void> {
    const [group] = set.loadBalancers;
    if (!group || addresses.length === 0) return;
    const body = new URLSearchParams({ Action: action, Version: '2015-12-01', TargetGroupArn: group.targetGroupArn });
    for (const [index, address] of addresses.entries()) {
      body.set(`Targets.member.${index + 1}.Id`, address);
      body.set(`Targets.member.${index + 1}.Port`, String(group.containerPort));
    }
    const authorization = String(asked.headers.authorization).replace('/ecs/', '/elasticloadbalancing/');
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const { status, text } = await pass({ ...asked, headers, body: body.toString() });
    if (status !== 200) throw new Error(`moto answered ${action} with ${status}: ${text}`);
  }

  /** ECS rounds up: 30 % of two tasks is one (aws-emulators.md §5). */
  async function wantedCount(asked: Asked, { cluster, service }: Named, { scale }: MotoTaskSet): Promise<number> {
    const { services } = await ecs<{ services: { desiredCount: number }[] }>(asked, 'DescribeServices', {
      cluster,
      services: [service],
    });
    return Math.ceil(((services[0]?.desiredCount ?? 0) * scale.value) / 100);
  }

  /** Starts or stops tasks until there are as many as the set wants, and tells the target group. */
  async function settle(asked: Asked, named: Named, set: MotoTaskSet, wanted: number): Promise<void> {
    const life = lives.get(set.id) ?? { tasks: [], looks: 0 };
    lives.set(set.id, life);
    const missing = wanted - life.tasks.length;
    if (missing > 0) {
      const { tasks } = await ecs<{ tasks: MotoTask[] }>(asked, 'RunTask', {
        cluster: named.cluster,
        taskDefinition: set.taskDefinition,
        count: missing,
        startedBy: set.id,
        launchType: set.launchType,
        networkConfiguration: set.networkConfiguration,
      });
      const fresh = tasks.map(({ taskArn, attachments }) => ({ taskArn, address: addressIn(attachments) }));
      life.tasks.push(...fresh);
      await targets(
        asked,
        'RegisterTargets',
        set,
        fresh.map(({ address }) => address),
      );
    }
    const leaving = life.tasks.splice(wanted);
    for (const { taskArn } of leaving) await ecs(asked, 'StopTask', { cluster: named.cluster, task: taskArn });
    await targets(
      asked,
      'DeregisterTargets',
      set,
      leaving.map(({ address }) => address),
    );
  }

  async function described(asked: Asked, named: Named, set: MotoTaskSet): Promise<object> {
    const computedDesiredCount = await wantedCount(asked, named, set);
    const life = lives.get(set.id);
    if (life) life.looks += 1;
    const runningCount = life?.tasks.length ?? 0;
    const steady = (life?.looks ?? 0) > 2 && runningCount === computedDesiredCount;
    const stabilityStatus = steady ? 'STEADY_STATE' : 'STABILIZING';
    return { ...set, computedDesiredCount, runningCount, pendingCount: 0, stabilityStatus };
  }

  /** moto's answer as AWS would have given it. */
  async function complete(asked: Asked, operation: string, text: string): Promise<string> {
    const named = JSON.parse(asked.body) as Named & { serviceName: string; enableECSManagedTags?: unknown };
    if (operation === 'CreateService') {
      managedTags.set(named.serviceName, named.enableECSManagedTags);
      return text;
    }
    if (operation === 'DescribeServices') {
      const answer = JSON.parse(text) as { services: { serviceName: string }[] };
      const services = answer.services.map((service) => ({
        ...service,
        enableECSManagedTags: managedTags.get(service.serviceName),
      }));
      return JSON.stringify({ ...answer, services });
    }
    if (operation === 'DescribeTaskSets') {
      const answer = JSON.parse(text) as { taskSets: MotoTaskSet[] };
      draining = draining.filter(({ until }) => until > Date.now());
      const taskSets: object[] = draining.filter(({ service }) => service === named.service).map(({ set }) => set);
      for (const set of answer.taskSets) taskSets.push(await described(asked, named, set));
      return JSON.stringify({ ...answer, taskSets });
    }
    const { taskSet } = JSON.parse(text) as { taskSet: MotoTaskSet };
    if (operation === 'DeleteTaskSet') {
      const whole = { ...taskSet, status: 'DRAINING', computedDesiredCount: 0, runningCount: 0, pendingCount: 0 };
      draining.push({ set: whole, service: named.service, until: Date.now() + DRAINS_FOR });
      await settle(asked, named, taskSet, 0);
      return JSON.stringify({ taskSet: whole });
    }
    await settle(asked, named, taskSet, await wantedCount(asked, named, taskSet));
    return JSON.stringify({ taskSet: await described(asked, named, taskSet) });
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers, url: path = '/', method = 'POST' } = request;
      const asked = { headers, path, method, body: Buffer.concat(chunks).toString() };
      answer(asked).then(
        ({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text),
        (error: unknown) => response.writeHead(502).end(String(error)),
      );
    });
  });

  async function answer(asked: Asked): Promise<{ status: number; type: string; text: string }> {
    const passed = await pass(asked);
    const call = readCall(asked);
    calls.push({ ...call, status: passed.status, answer: passed.text });
    if (passed.status !== 200 || call.service !== 'ecs' || !SHORT.has(call.operation)) return passed;
    return { ...passed, text: await complete(asked, call.operation, passed.text) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The calls whose answers moto leaves short. */
const SHORT: ReadonlySet<string> = new Set([
  'CreateService',
  'DescribeServices',
  'CreateTaskSet',
  'DescribeTaskSets',
  'UpdateTaskSet',
  'DeleteTaskSet',
]);

interface Named {
  cluster: string;
  service: string;
}

interface MotoTask {
  taskArn: string;
  attachments: Attachment[];
}

interface Attachment {
  details: { name: string; value: string }[];
}

function addressIn(attachments: Attachment[]): string {
  const found = attachments.flatMap(({ details }) => details).find(({ name }) => name === 'privateIPv4Address');
  if (!found) throw new Error('moto started a task without an address');
  return found.value;
}

function readCall({ headers, body }: Asked): { service: string; operation: string; body: unknown } {
  // Credential=KEY/DATE/REGION/SERVICE/aws4_request
  const service = /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return { service, operation: target.split('.').at(-1) ?? '', body: JSON.parse(body) };
  const parameters = Object.fromEntries(new URLSearchParams(body));
  return { service, operation: parameters['Action'] ?? '', body: parameters };
}
