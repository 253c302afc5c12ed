import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { stateSchema } from './cloud/state.js';
import type { State } from './cloud/state.js';
import { trafficRecordSchema } from './cloud/traffic-record.js';
import type { TrafficRecord } from './cloud/traffic-record.js';
import { noCalls, readCallLog } from './panel/calls.js';
import type { Call, CallLog } from './panel/calls.js';

/** Where the sandbox keeps itself: three files in a folder, each whole at every moment. */
export interface Store {
  load: () => { state?: State; traffic?: TrafficRecord; calls: CallLog };
  saveState: (state: State) => void;
  saveTraffic: (traffic: TrafficRecord) => void;
  addCall: (call: Call) => void;
  clearCalls: () => void;
}

/** A store that forgets, for tests. */
export function memoryStore(): Store {
  const nothing = () => undefined;
  return {
    load: () => ({ calls: noCalls() }),
    saveState: nothing,
    saveTraffic: nothing,
    addCall: nothing,
    clearCalls: nothing,
  };
}

/**
 * A store in a folder, made if missing.
 *
 * @throws Error naming the file when one is not as this version writes it
 */
export function fileStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const paths = {
    state: join(folder, 'state.json'),
    traffic: join(folder, 'traffic.json'),
    calls: join(folder, 'calls.ndjson'),
  };
  return {
    load: () => {
      const state = read(paths.state, stateSchema);
      const traffic = read(paths.traffic, trafficRecordSchema);
      return {
        ...(state && { state }),
        ...(traffic && { traffic }),
        calls: existsSync(paths.calls) ? readCallLog(readFileSync(paths.calls, 'utf8')) : noCalls(),
      };
    },
    saveState: (state) => write(paths.state, state),
    saveTraffic: (traffic) => write(paths.traffic, traffic),
    addCall: (call) => appendFileSync(paths.calls, `${JSON.stringify(call)}\n`),
    clearCalls: () => rmSync(paths.calls, { force: true }),
  };
}

function read<T extends z.ZodType>(path: string, schema: T): z.output<T> | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path} is not the state of this sandbox; remove the folder to start anew`, { cause: error });
  }
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}
