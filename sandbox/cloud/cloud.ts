import type { TrafficRecord } from './traffic-record.js';
import type { State } from './state.js';
import { digest } from './state.js';
import { scaled } from './times.js';

/** The simulated cloud: what stands, what happened to its traffic, and how fast its time runs. */
export interface Cloud {
  readonly state: State;
  readonly traffic: TrafficRecord;
  readonly speed: number;
  /** Tasks get addresses of this machine, where something can listen in their place. */
  readonly tasksOnLoopback?: boolean;
}

/** Ms that one of the world's own times takes. */
export function worldTime(cloud: Cloud, name: keyof State['world']['times']): number {
  return scaled(cloud.state.world.times[name], cloud.speed);
}

/** A new id of hex digits; the same in each run that makes the same things in the same order. */
export function newId(cloud: Cloud, length: number): string {
  cloud.state.serial += 1;
  return digest(`${cloud.state.world.account} ${cloud.state.serial}`, length);
}
