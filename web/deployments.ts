import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { DeploymentDocument, DeploymentList } from '../model/wire.js';
import { ask } from './api.js';

/** Rows of one answer. */
const PAGE = 100;
/** While somebody types. */
const SETTLED_MS = 120;

/** A list of deployments as far as it was read. */
export interface DeploymentRows {
  rows: readonly DeploymentDocument[];
  /** Where it goes on; absent at its end. */
  cursor?: string;
  incomplete?: string;
}

export interface DeploymentsReader {
  /** Undefined until the first answer. What was shown before stays while other filters are asked for. */
  shown: Signal<DeploymentRows | undefined>;
  problem: Signal<unknown>;
  /** Reads from the beginning, with these filters. */
  read: (filters: Readonly<Record<string, string>>) => void;
  /** Reads the next page, if there is one and it is not being read. */
  more: () => void;
  /** Reads the newest ones again, and leaves the rest as it is. */
  refresh: () => void;
}

/** Reads the list of deployments page by page; an answer to a question that was taken back is not shown. */
export function createDeploymentsReader(): DeploymentsReader {
  const shown = signal<DeploymentRows | undefined>(undefined);
  const problem = signal<unknown>(undefined);
  let asked: Readonly<Record<string, string>> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;

  async function page(cursor: string | undefined, take: (list: DeploymentList) => void): Promise<void> {
    const filters = asked ?? {};
    reading = true;
    try {
      const query = new URLSearchParams({ ...filters, limit: String(PAGE), ...(cursor !== undefined && { cursor }) });
      const list = await ask<DeploymentList>('GET', `/deployments?${query}`);
      if (filters !== asked) return;
      problem.value = undefined;
      take(list);
    } catch (error) {
      if (filters === asked) problem.value = error;
    } finally {
      if (filters === asked) reading = false;
    }
  }

  function begin(): void {
    void page(undefined, ({ deployments, ...rest }) => (shown.value = { rows: deployments, ...rest }));
  }

  return {
    shown,
    problem,
    read(filters) {
      const first = asked === undefined;
      asked = filters;
      clearTimeout(timer);
      if (first) begin();
      else timer = setTimeout(begin, SETTLED_MS);
    },
    more() {
      const { rows, cursor } = shown.value ?? {};
      if (reading || !rows || cursor === undefined) return;
      void page(cursor, ({ deployments, ...rest }) => {
        const known = new Set(rows.map(({ id }) => id));
        shown.value = { rows: [...rows, ...deployments.filter(({ id }) => !known.has(id))], ...rest };
      });
    },
    refresh() {
      if (reading) return;
      void page(undefined, ({ deployments }) => {
        const before = shown.value;
        if (!before) return;
        const fresh = new Map(deployments.map((one) => [one.id, one]));
        const known = new Set(before.rows.map(({ id }) => id));
        shown.value = {
          ...before,
          rows: [
            ...deployments.filter(({ id }) => !known.has(id)),
            ...before.rows.map((one) => fresh.get(one.id) ?? one),
          ],
        };
      });
    },
  };
}
