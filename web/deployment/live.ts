import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { DeploymentDocument, LiveEvent, LogPage, MeasurementPage, MeasurementRecord } from '../../model/wire.js';
import { ApiFailure, ask, pagesOf } from '../api.js';
import { listen } from '../stream.js';
import type { Connection } from '../stream.js';

type Line = LogPage['lines'][number];
type Change = LogPage['changes'][number];

/** A deployment as the page holds it: what the server told, kept up to date by its events. */
export interface LiveDeployment {
  document: Signal<DeploymentDocument | undefined>;
  lines: Signal<Line[]>;
  changes: Signal<Change[]>;
  /** By stage and metric (`keyOf`), in the order of their windows. */
  windows: Signal<ReadonlyMap<string, readonly MeasurementRecord[]>>;
  /** Whether the windows of before the page was opened are all there. */
  hasRead: Signal<boolean>;
  connection: Signal<Connection>;
  problem: Signal<string | undefined>;
  close(): void;
}

export function keyOf(stage: string, metric: string): string {
  return `${stage} ${metric}`;
}

/** Whether nothing changes any more. */
export function isOver(document: DeploymentDocument | undefined): boolean {
  return document?.completedAt !== undefined;
}

/** Two lists as one in the order of time; what both have stands there once. */
function merged<T extends { at: number }>(known: readonly T[], more: readonly T[], keyFor: (one: T) => string): T[] {
  return [...new Map([...known, ...more].map((one) => [keyFor(one), one])).values()].toSorted((a, b) => a.at - b.at);
}

/** Opens a deployment: its events from now on, and what was before them page by page. */
export function openDeployment(id: string): LiveDeployment {
  const path = `/deployments/${encodeURIComponent(id)}`;
  const document = signal<DeploymentDocument | undefined>(undefined);
  const lines = signal<Line[]>([]);
  const changes = signal<Change[]>([]);
  const windows = signal<ReadonlyMap<string, readonly MeasurementRecord[]>>(new Map());
  const hasRead = signal(false);
  const problem = signal<string | undefined>(undefined);
  let reading: Promise<void> | undefined;
  let again = false;

  function addLines(more: readonly Line[]): void {
    lines.value = merged(lines.value, more, ({ at, text }) => `${at} ${text}`);
  }
  function addChanges(more: readonly Change[]): void {
    changes.value = merged(changes.value, more, ({ at, action, resource }) => `${at} ${action} ${resource}`);
  }
  function addWindows(more: readonly MeasurementRecord[]): void {
    const next = new Map(windows.value);
    for (const one of more) {
      const key = keyOf(one.stage, one.metric);
      const list = (next.get(key) ?? []).filter(({ window }) => window !== one.window);
      const at = list.findLastIndex(({ window }) => window < one.window) + 1;
      next.set(key, list.toSpliced(at, 0, one));
    }
    windows.value = next;
  }
  async function readAll(): Promise<void> {
    try {
      for await (const page of pagesOf<LogPage>(`${path}/log`)) {
        addLines(page.lines);
        addChanges(page.changes);
      }
      const all: MeasurementRecord[] = [];
      for await (const page of pagesOf<MeasurementPage>(`${path}/measurements`)) all.push(...page.measurements);
      addWindows(all);
      hasRead.value = true;
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      // The stream says whether the server is away; what is missing is read with the next snapshot.
    }
  }
  /** One reading at a time; what is asked for meanwhile is read after it. */
  function read(): void {
    if (reading) {
      again = true;
      return;
    }
    reading = readAll().finally(() => {
      reading = undefined;
      if (!again) return;
      again = false;
      read();
    });
  }

  function take({ type, data }: LiveEvent): void {
    const known = document.value;
    switch (type) {
      case 'snapshot':
        document.value = data;
        addWindows(
          data.analysis.flatMap((one) => one.measurements.map((m) => ({ ...m, stage: one.stage, metric: one.metric }))),
        );
        read();
        return;
      case 'stage': {
        if (!known) return;
        const at = known.stages.findIndex((stage) => stage.id === data.id);
        const stages = at < 0 ? [...known.stages, data] : known.stages.with(at, data);
        document.value = { ...known, stages };
        // The calls to AWS have no event of their own.
        if (data.status !== 'RUNNING') read();
        return;
      }
      case 'traffic':
        if (known) document.value = { ...known, traffic: data };
        return;
      case 'status':
        if (known) document.value = { ...known, ...data };
        return;
      case 'measurement':
        addWindows([data]);
        return;
      case 'log':
        addLines([data]);
        return;
    }
  }

  const stream = listen<LiveEvent>(
    `${path}/events`,
    ['snapshot', 'stage', 'traffic', 'measurement', 'log', 'status'],
    take,
    () => isOver(document.value),
    async () => {
      try {
        const found = await ask<DeploymentDocument>('GET', path);
        problem.value = undefined;
        document.value = found;
        return isOver(found) ? 'OVER' : 'TRY_AGAIN';
      } catch (error) {
        if (!(error instanceof ApiFailure)) throw error;
        problem.value = error.fix === undefined ? error.message : `${error.message} ${error.fix}`;
        return error.status === 404 ? 'OVER' : 'TRY_AGAIN';
      }
    },
  );
  return { document, lines, changes, windows, hasRead, problem, connection: stream.connection, close: stream.close };
}
