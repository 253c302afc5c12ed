import type { Cloud } from './cloud/cloud.js';
import { advance } from './cloud/simulation.js';
import { initialState } from './cloud/state.js';
import { SECOND } from './cloud/times.js';
import { noTraffic } from './cloud/traffic-record.js';
import { record } from './panel/calls.js';
import type { Call, CallLog } from './panel/calls.js';
import type { PanelHost } from './panel/panel.js';
import type { Store } from './store.js';
import type { World } from './world.js';

/** How much of its traffic a killed sandbox may have to live through again. */
const SAVE_EVERY = 2 * SECOND;

/** A cloud whose time follows a clock, and which is on disk before anybody hears of a change. */
export interface RunningCloud extends PanelHost {
  calls: CallLog;
  /** Lets happen what is due. */
  catchUp: () => void;
  /** As `catchUp`, and saves now and then. */
  tick: () => void;
  save: () => void;
  /** Writes a call down; a changing one is on disk with the state it made when this returns. */
  recordCall: (call: Omit<Call, 'serial'>) => void;
}

/**
 * Takes up what the store holds, or begins with the world.
 *
 * @throws Error naming the file when the store holds something else
 */
export function runCloud(
  store: Store,
  world: World,
  speed: number,
  clock: { now: () => number },
  tasksOnLoopback = false,
): RunningCloud {
  const { state, traffic, calls } = store.load();
  let cloud: Cloud = {
    state: state ?? initialState(structuredClone(world), clock.now()),
    traffic: traffic ?? noTraffic(clock.now()),
    speed,
    tasksOnLoopback,
  };
  cloud.state.now = Math.min(cloud.state.now, cloud.traffic.until);
  let savedAt = 0;

  function catchUp(): void {
    advance(cloud, clock.now() + cloud.state.offset);
  }

  function save(): void {
    store.saveState(cloud.state);
    store.saveTraffic(cloud.traffic);
    savedAt = cloud.state.now;
  }

  function clearCalls(): void {
    calls.calls.length = 0;
    store.clearCalls();
  }

  return {
    cloud: () => cloud,
    calls,
    clearCalls,
    catchUp,
    save,
    tick: () => {
      catchUp();
      if (Math.abs(cloud.state.now - savedAt) >= SAVE_EVERY) save();
    },
    recordCall: (given) => {
      const call = record(calls, given);
      if (!call.mutating) return;
      store.saveState(cloud.state);
      store.addCall(call);
    },
    replaceWorld: (next) => {
      const { now, offset } = cloud.state;
      cloud = { state: { ...initialState(next, now), offset }, traffic: noTraffic(now), speed, tasksOnLoopback };
      clearCalls();
    },
    advanceTime: (millis) => {
      cloud.state.offset += millis;
      catchUp();
      save();
    },
  };
}
