import { afterEach, describe, expect, it } from 'vitest';
import type { LiveDeployment } from '../../api/gateway.js';
import type { DeploymentRecord } from '../../records/record.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';
import { deploymentDocument, liveDeployment } from './support/fake-gateway.js';

let api: ApiServer;
afterEach(() => api.close());

interface Sent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** Reads one stream; `next` answers events in order, `ended` once the server has ended it. */
async function openStream(lastEventId?: string): Promise<{
  answer: Response;
  next: () => Promise<Sent | undefined>;
  until: (event: string) => Promise<Sent>;
  leave: () => void;
}> {
  const gone = new AbortController();
  const answer = await fetch(`${api.url}/api/v1/deployments/web-7/events`, {
    headers: {
      authorization: 'Bearer viewer-key',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: gone.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Sent | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
        if (!fields.has('data')) continue;
        return {
          id: fields.get('id')!,
          event: fields.get('event')!,
          data: JSON.parse(fields.get('data')!) as Sent['data'],
        };
      }
      const chunk = await reader!.read();
      if (chunk.done) return undefined;
      text += chunk.value;
    }
  };
  return {
    answer,
    next,
    until: async (event) => {
      for (;;) {
        const found = await next();
        if (!found) throw new Error(`the stream ended before ${event}`);
        if (found.event === event) return found;
      }
    },
    leave: () => gone.abort(),
  };
}

/** A deployment that the test moves on by hand, and how often it was looked at. */
function moving(): {
  state: LiveDeployment;
  records: DeploymentRecord[];
  looks: number;
  gateway: Parameters<typeof startApi>[0];
} {
  const world = {
    state: liveDeployment(),
    records: [] as DeploymentRecord[],
    looks: 0,
    gateway: {} as Parameters<typeof startApi>[0],
  };
  world.gateway = {
    deployment: () => {
      world.looks++;
      return Promise.resolve(world.state);
    },
    records: (_id, place) => {
      const records = world.records.slice(place['run'] ?? 0);
      return Promise.resolve({ records, place: { run: world.records.length }, more: false });
    },
  };
  return world;
}

const line = (text: string): Extract<DeploymentRecord, { kind: 'log' }> => ({
  kind: 'log',
  value: { at: 1, level: 'info', text, stage: 'stage-0' },
});
const measured = (window: number): Extract<DeploymentRecord, { kind: 'measurement' }> => ({
  kind: 'measurement',
  value: { stage: 's', metric: 'm', window, from: 'a', to: 'b', outcome: 'PASS', points: [], reason: 'r' },
});

describe('live events', () => {
  it('begin with a snapshot, tell each change once, and end after the final status', async () => {
    const world = moving();
    world.records.push(line('before anybody listened'));
    api = await startApi(world.gateway);
    const stream = await openStream();
    expect(stream.answer.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.next()).toMatchObject({ event: 'snapshot', data: { id: 'web-7', status: 'RUNNING' } });

    // A running activity tells a line and a window; its result tells both again, with one more each.
    world.state = liveDeployment({ log: [line('first').value], measurements: [measured(1).value] });
    expect(await stream.next()).toMatchObject({ event: 'log', data: { text: 'first' } });
    expect(await stream.next()).toMatchObject({ event: 'measurement', data: { window: 1 } });
    world.records.push(line('first'), line('second'), measured(1), measured(2));
    world.state = liveDeployment({ historyEvents: 2 });
    expect(await stream.next()).toMatchObject({ event: 'log', data: { text: 'second' } });
    expect(await stream.next()).toMatchObject({ event: 'measurement', data: { window: 2 } });

    const over = deploymentDocument({
      stages: [{ id: 'stage-0', name: 'WAIT', status: 'SUCCEEDED' }],
      traffic: { wanted: { primary: 80, canary: 20 }, verified: null },
      status: 'SUCCEEDED',
      reason: 'Done.',
    });
    world.state = liveDeployment({ document: over, historyEvents: 2 });
    expect(await stream.next()).toMatchObject({ event: 'stage', data: { status: 'SUCCEEDED' } });
    expect(await stream.next()).toMatchObject({ event: 'traffic', data: { wanted: { canary: 20 } } });
    expect(await stream.next()).toMatchObject({ event: 'status', data: { status: 'SUCCEEDED', reason: 'Done.' } });
    expect(await stream.next()).toBeUndefined();
  });

  it('send the document again for what no other event tells', async () => {
    const world = moving();
    api = await startApi(world.gateway);
    const stream = await openStream();
    await stream.next();
    world.state = liveDeployment({ document: deploymentDocument({ warnings: ['the tag is mutable'] }) });
    expect(await stream.next()).toMatchObject({ event: 'snapshot', data: { warnings: ['the tag is mutable'] } });
    stream.leave();
  });

  it('resume after the last event that was heard, without loss or repeat', async () => {
    const world = moving();
    api = await startApi(world.gateway);
    const stream = await openStream();
    await stream.next();
    for (const n of [1, 2]) {
      world.records.push(line(`line ${n}`));
      world.state = liveDeployment({ historyEvents: 1 + n });
      await stream.until('log');
    }
    world.records.push(line('line 3'));
    world.state = liveDeployment({ historyEvents: 4 });
    const third = await stream.until('log');
    stream.leave();
    // Nobody listens while this one comes.
    world.records.push(line('line 4'));
    world.state = liveDeployment({ historyEvents: 5 });
    const secondId = third.id.replace(/\d+$/, (n) => String(Number(n) - 1));
    const resumed = await openStream(secondId);
    expect(await resumed.next()).toEqual(third);
    expect(await resumed.next()).toMatchObject({ event: 'log', data: { text: 'line 4' } });
    resumed.leave();
  });

  it('begin anew for an id that is not known here', async () => {
    api = await startApi(moving().gateway);
    for (const id of ['0123456789ab-3', 'nonsense', '']) {
      const stream = await openStream(id);
      expect((await stream.next())?.event).toBe('snapshot');
      stream.leave();
    }
  });

  it('of an ended deployment are its snapshot; who has heard the end is told not to come again', async () => {
    const world = moving();
    world.state = liveDeployment({ document: deploymentDocument({ status: 'ROLLED_BACK' }) });
    api = await startApi(world.gateway);
    const stream = await openStream();
    const snapshot = await stream.next();
    expect(snapshot).toMatchObject({ event: 'snapshot', data: { status: 'ROLLED_BACK' } });
    expect(await stream.next()).toBeUndefined();
    expect((await openStream(snapshot!.id)).answer.status).toBe(204);
  });

  it('are a 404 problem for a deployment that is not there', async () => {
    api = await startApi({ deployment: () => Promise.resolve(undefined) });
    const answer = await api.get('/api/v1/deployments/web-9/events');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('problem+json');
  });

  it('share one look among all streams, and look no more when all have left', async () => {
    const world = moving();
    api = await startApi(world.gateway);
    const streams = [await openStream(), await openStream(), await openStream()];
    const began = world.looks;
    await new Promise((resolve) => setTimeout(resolve, 400));
    const looks = world.looks - began;
    expect(looks).toBeGreaterThan(3);
    expect(looks).toBeLessThanOrEqual(21);
    const text = await (await api.get('/metrics')).text();
    expect(text).toContain('sluice_api_live_streams 3');
    for (const stream of streams) stream.leave();
    await expect.poll(async () => (await api.get('/metrics')).text()).toContain('sluice_api_live_streams 0');
    const left = world.looks;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(world.looks - left).toBeLessThanOrEqual(1);
  });

  it('stay open while Temporal is away, and go on after', async () => {
    const world = moving();
    const { deployment } = world.gateway;
    let away = false;
    api = await startApi({
      ...world.gateway,
      deployment: (id) => (away ? Promise.reject(new Error('away')) : deployment!(id)),
    });
    const stream = await openStream();
    await stream.next();
    away = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    world.state = liveDeployment({ document: deploymentDocument({ reason: 'Back.' }) });
    away = false;
    expect(await stream.next()).toMatchObject({ event: 'status', data: { reason: 'Back.' } });
    stream.leave();
  });
});
