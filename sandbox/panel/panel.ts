import { z } from 'zod';
import { newId } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { noCounters } from '../cloud/traffic-record.js';
import { worldSchema } from '../world.js';
import type { World } from '../world.js';
import type { CallLog } from './calls.js';
import { faultSchema } from './fault.js';
import { showState } from './shown-state.js';

/** What the control panel can reach: the cloud, its calls, and what only the server can do. */
export interface PanelHost {
  cloud: () => Cloud;
  calls: CallLog;
  clearCalls: () => void;
  replaceWorld: (world: World) => void;
  advanceTime: (millis: number) => void;
}

/** An answer of the control panel. */
export interface PanelAnswer {
  status: number;
  value: unknown;
}

const timeInput = z.strictObject({
  advanceSeconds: z
    .number()
    .min(0)
    .max(86_400 * 7),
});
const trafficInput = z.strictObject({ requestsPerSecond: z.number().min(0) });

/**
 * Answers a request under `/_sandbox`. Bad input is a 400 with the field, and changes nothing.
 *
 * @param path - what follows `/_sandbox`
 */
export function answerPanel(
  host: PanelHost,
  method: string,
  path: string,
  search: URLSearchParams,
  body: string,
): PanelAnswer {
  try {
    return route(host, `${method} ${path}`, search, body);
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, value: { error: z.prettifyError(error) } };
    if (error instanceof SyntaxError) return { status: 400, value: { error: `not JSON: ${error.message}` } };
    throw error;
  }
}

function route(host: PanelHost, request: string, search: URLSearchParams, body: string): PanelAnswer {
  const { state, traffic } = host.cloud();
  const json = (): unknown => JSON.parse(body) as unknown;
  switch (request) {
    case 'GET /state':
      return ok(showState(host.cloud()));
    case 'GET /world':
      return ok(state.world);
    case 'PUT /world':
      host.replaceWorld(worldSchema.parse(json()));
      return ok(host.cloud().state.world);
    case 'GET /calls':
      return ok({ calls: host.calls.calls.filter(({ mutating }) => mutating || search.get('mutating') !== '1') });
    case 'DELETE /calls':
      host.clearCalls();
      return ok({});
    case 'DELETE /counters':
      traffic.counters = noCounters();
      return ok({});
    case 'PUT /traffic':
      Object.assign(state.world.traffic, trafficInput.parse(json()));
      return ok(state.world.traffic);
    case 'POST /time':
      host.advanceTime(timeInput.parse(json()).advanceSeconds * 1000);
      return ok({ now: new Date(host.cloud().state.now).toISOString() });
    case 'GET /faults':
      return ok({ faults: state.faults });
    case 'POST /faults': {
      const fault = faultSchema.parse(json());
      const id = fault.id ?? newId(host.cloud(), 8);
      state.faults = state.faults.filter((other) => other.id !== id);
      state.faults.push({ ...fault, id, ...(fault.kind === 'metrics' && { since: state.now }) });
      return { status: 201, value: { id } };
    }
    case 'DELETE /faults':
      state.faults = [];
      return ok({});
    default:
      return deleteFault(host, request);
  }
}

function deleteFault(host: PanelHost, request: string): PanelAnswer {
  const { state } = host.cloud();
  const [, id] = /^DELETE \/faults\/([^/]+)$/.exec(request) ?? [];
  if (id === undefined) return { status: 404, value: { error: `no such panel: ${request}` } };
  const left = state.faults.filter((fault) => fault.id !== id);
  if (left.length === state.faults.length) return { status: 404, value: { error: `no fault has the id ${id}` } };
  state.faults = left;
  return ok({});
}

function ok(value: unknown): PanelAnswer {
  return { status: 200, value };
}
