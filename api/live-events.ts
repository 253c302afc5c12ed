import { randomBytes } from 'node:crypto';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { hasEnded } from '../model/wire.js';
import type { LiveEvent } from '../model/wire.js';
import type { DeploymentRecord, RecordPlace } from '../records/record.js';
import type { Gateway, LiveDeployment } from './gateway.js';
import { eventsBetween } from './live-diff.js';

/** An event with the id that `Last-Event-ID` resumes after. */
export type NumberedEvent = LiveEvent & { id: string };

/** One open stream. */
export interface Listener {
  send(event: NumberedEvent): void;
  /** Nothing comes any more: the deployment has ended, or the server stops. */
  end(): void;
}

export interface LiveEvents {
  /**
   * Opens a stream: sends what it missed since `lastEventId`, or a snapshot when that id is not known any more.
   * @returns what closes it; 'NOT_FOUND' when there is no such deployment; 'OVER' when it has heard all that there will ever be.
   */
  listen(id: string, lastEventId: string | undefined, listener: Listener): Promise<(() => void) | 'NOT_FOUND' | 'OVER'>;
  streams(): number;
  /** Ends all streams, for good. */
  close(): void;
}

export interface LiveTimes {
  /** Between two looks at a deployment that somebody watches. */
  poll: Millis;
  /** How long a deployment that nobody watches is remembered, so that a lost connection resumes exactly. */
  remember: Millis;
}

const TIMES: LiveTimes = { poll: 1 * SECOND, remember: 5 * MINUTE };
/** Events that a lost connection may have missed. */
const RING = 1_000;

/** All streams of one deployment: one look a second serves them all, and none is made when nobody listens. */
interface Hub {
  id: string;
  /** Makes ids of an earlier process, or of a forgotten hub, unknown. */
  epoch: string;
  sequence: number;
  ring: NumberedEvent[];
  live: LiveDeployment;
  place: RecordPlace;
  /** Log lines and windows that were sent, or were there before the first stream. */
  told: Set<string>;
  listeners: Set<Listener>;
  timer?: NodeJS.Timeout;
}

/** @param gateway its `deployment` and `records` are looked at while somebody listens. */
export function createLiveEvents(
  gateway: Pick<Gateway, 'deployment' | 'records'>,
  times: LiveTimes = TIMES,
): LiveEvents {
  const hubs = new Map<string, Promise<Hub | undefined>>();
  const streams = new Set<Listener>();
  let closed = false;

  function hubOf(id: string): Promise<Hub | undefined> {
    const known = hubs.get(id);
    if (known) return known;
    const opening = openHub(gateway, id);
    hubs.set(id, opening);
    opening.then(
      (hub) => hub ?? hubs.delete(id),
      () => hubs.delete(id),
    );
    return opening;
  }

  function leave(hub: Hub, listener: Listener): void {
    streams.delete(listener);
    if (hub.listeners.delete(listener) && hub.listeners.size === 0) schedule(hub);
  }

  function endStreams(hub: Hub): void {
    for (const listener of hub.listeners) {
      streams.delete(listener);
      listener.end();
    }
    hub.listeners.clear();
  }

  /** The next look, or, when nobody listens, the time until the hub is forgotten. */
  function schedule(hub: Hub): void {
    clearTimeout(hub.timer);
    if (hub.listeners.size === 0) {
      hub.timer = setTimeout(() => hubs.delete(hub.id), times.remember).unref();
      return;
    }
    hub.timer = setTimeout(() => {
      // Temporal may be away for a while: the streams stay, and hear what they missed when it is back.
      void look(gateway, hub)
        .catch(() => undefined)
        .then(() => {
          if (hasEnded(hub.live.document.status)) endStreams(hub);
          schedule(hub);
        });
    }, times.poll).unref();
  }

  return {
    async listen(id, lastEventId, listener) {
      const hub = await hubOf(id);
      if (!hub) return 'NOT_FOUND';
      if (hub.listeners.size === 0) await look(gateway, hub);
      if (closed) return 'OVER';
      const missed = lastEventId === undefined ? undefined : eventsAfter(hub, lastEventId);
      const over = hasEnded(hub.live.document.status);
      if (over && missed?.length === 0) return 'OVER';
      for (const event of missed ?? [snapshot(hub)]) listener.send(event);
      if (over) {
        listener.end();
      } else {
        hub.listeners.add(listener);
        streams.add(listener);
      }
      schedule(hub);
      return () => leave(hub, listener);
    },
    streams: () => streams.size,
    close() {
      closed = true;
      for (const listener of streams) listener.end();
      streams.clear();
    },
  };
}

type Source = Pick<Gateway, 'deployment' | 'records'>;

async function openHub(gateway: Source, id: string): Promise<Hub | undefined> {
  const live = await gateway.deployment(id);
  if (!live) return undefined;
  const page = await gateway.records(id, {}, Infinity, () => true);
  const hub: Hub = {
    id,
    epoch: randomBytes(6).toString('hex'),
    sequence: 0,
    ring: [],
    live,
    place: page?.place ?? {},
    told: new Set(),
    listeners: new Set(),
  };
  // What is there before the first stream is for `/log` and `/measurements` to tell: noted, not sent.
  news(hub, live, page?.records ?? []);
  return hub;
}

/** One look: what is new goes to the ring and to every stream. */
async function look(gateway: Source, hub: Hub): Promise<void> {
  const live = await gateway.deployment(hub.id);
  if (!live) return;
  const grown = live.historyEvents !== hub.live.historyEvents;
  const page = grown ? await gateway.records(hub.id, hub.place, Infinity, () => true) : undefined;
  const before = hub.live.document;
  hub.live = live;
  if (page) hub.place = page.place;
  for (const event of [...news(hub, live, page?.records ?? []), ...eventsBetween(before, live.document)]) {
    publish(hub, event);
  }
}

/** Log lines and windows that were not told yet. A running activity tells them first, its result tells them again. */
function news(hub: Hub, live: LiveDeployment, records: DeploymentRecord[]): LiveEvent[] {
  const found: LiveEvent[] = [
    ...records.flatMap((record) => liveEvent(record) ?? []),
    ...live.log.map((data): LiveEvent => ({ type: 'log', data })),
    ...live.measurements.map((data): LiveEvent => ({ type: 'measurement', data })),
  ];
  return found.filter((event) => {
    const key = keyOf(event);
    if (hub.told.has(key)) return false;
    hub.told.add(key);
    return true;
  });
}

/** AWS changes have no event: the log says what was done, and `/log` lists the calls. */
function liveEvent(record: DeploymentRecord): LiveEvent | undefined {
  if (record.kind === 'log') return { type: 'log', data: record.value };
  if (record.kind === 'measurement') return { type: 'measurement', data: record.value };
  return undefined;
}

function keyOf(event: LiveEvent): string {
  if (event.type === 'measurement') return `${event.data.stage} ${event.data.metric} ${event.data.window}`;
  if (event.type === 'log') return `${event.data.at} ${event.data.level} ${event.data.text}`;
  return event.type;
}

function publish(hub: Hub, event: LiveEvent): void {
  const numbered = { ...event, id: `${hub.epoch}-${++hub.sequence}` };
  hub.ring.push(numbered);
  if (hub.ring.length > RING) hub.ring.shift();
  for (const listener of hub.listeners) listener.send(numbered);
}

/** The document as last seen, under the id of the last event: what comes after it is what the snapshot does not hold. */
function snapshot(hub: Hub): NumberedEvent {
  return { type: 'snapshot', data: hub.live.document, id: `${hub.epoch}-${hub.sequence}` };
}

/** What a stream missed; undefined when the id is not ours or its successors are no longer in the ring. */
function eventsAfter(hub: Hub, lastEventId: string): NumberedEvent[] | undefined {
  const [, epoch, text] = /^([0-9a-f]+)-(\d+)$/.exec(lastEventId) ?? [];
  const last = Number(text);
  const oldest = hub.sequence - hub.ring.length;
  if (epoch !== hub.epoch || last < oldest || last > hub.sequence) return undefined;
  return hub.ring.slice(last - oldest);
}
