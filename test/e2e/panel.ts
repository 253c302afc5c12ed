import type { z } from 'zod';
import type { Call } from '../../sandbox/panel/calls.js';
import type { faultSchema } from '../../sandbox/panel/fault.js';
import type { ShownState } from '../../sandbox/panel/shown-state.js';

/** The sandbox's control panel under a test's hands (sandbox/README.md). */
export interface Panel {
  url: string;
  state: () => Promise<ShownState>;
  /** The AWS changes in their order, from serial `since` on. */
  changes: (since?: number) => Promise<Call[]>;
  /** The serial that the next change will have at the earliest. */
  nextChange: () => Promise<number>;
  /** Adds a fault; answers its id. Seconds in it are real seconds. */
  fault: (fault: z.input<typeof faultSchema>) => Promise<string>;
  clearFaults: () => Promise<void>;
  clearCounters: () => Promise<void>;
}

/** Speaks to the panel of the sandbox at this base URL. Every refusal of the panel is an error. */
export function panelOf(url: string): Panel {
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${url}/_sandbox${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  async function changes(since = 0): Promise<Call[]> {
    const { calls } = await ask<{ calls: Call[] }>('GET', '/calls?mutating=1');
    return calls.filter(({ serial }) => serial >= since);
  }
  return {
    url,
    state: () => ask('GET', '/state'),
    changes,
    nextChange: async () => ((await changes()).at(-1)?.serial ?? 0) + 1,
    fault: async (fault) => (await ask<{ id: string }>('POST', '/faults', fault)).id,
    clearFaults: () => ask('DELETE', '/faults'),
    clearCounters: () => ask('DELETE', '/counters'),
  };
}
