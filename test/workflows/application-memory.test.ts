import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../model/wire.js';
import {
  emptyMemory,
  noteEnded,
  noteRecalled,
  rememberKey,
  rollbackTarget,
  sameRollback,
  superseded,
} from '../../workflows/application-memory.js';
import type { Memory } from '../../workflows/application-memory.js';
import { release } from '../support/release.js';

const APP = 'a'.repeat(63);
const kept = { deployment: 'shop-1' } as never;

function entry(n: number, over: Partial<HistoryEntry> = {}): HistoryEntry {
  const at = new Date(1_800_000_000_000 + n * 60_000).toISOString();
  return {
    id: `shop-${n}`,
    status: 'SUCCEEDED',
    taskDefinition: `shop:${n}`,
    startedAt: at,
    completedAt: at,
    reason: '',
    ...over,
  };
}

function after(...entries: HistoryEntry[]): Memory {
  const memory = emptyMemory();
  for (const e of entries) noteEnded(memory, { n: 1, entry: e, release: release() });
  return memory;
}

test('an application’s memory stays under 128 KB with 50 deployments and 200 keys, each as long as it may be', () => {
  const memory = emptyMemory();
  const sealed = `sealed:v1:${'x'.repeat(90_000)}`;
  for (let n = 1; n <= 80; n++) {
    const id = `${APP}-${10_000 + n}`;
    noteEnded(memory, {
      n,
      entry: entry(n, {
        id,
        image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/${'i'.repeat(60)}@sha256:${'f'.repeat(64)}`,
        commit: 'c'.repeat(40),
        taskDefinition: `arn:aws:ecs:eu-central-1:123456789012:task-definition/${'t'.repeat(60)}:${n}`,
        reason: 'r'.repeat(200),
      }),
      release: { ...release(), taskDefinition: { ...release().taskDefinition, sealed } },
    });
  }
  for (let n = 1; n <= 200; n++) {
    rememberKey(memory, { key: `${n}`.padEnd(255, 'k'), body: 'b'.repeat(64), n, at: n }, n);
  }
  expect(memory.history).toHaveLength(50);
  expect(memory.keys).toHaveLength(200);
  expect(JSON.stringify(memory).length).toBeLessThan(128 * 1024);
});

test('a rollback never goes to the version that an earlier rollback left', () => {
  const memory = after(entry(1), entry(2), entry(3));
  expect(rollbackTarget(memory)?.id).toBe('shop-2');
  noteEnded(memory, { n: 4, entry: entry(4, { taskDefinition: 'shop:2', rollbackTo: 'shop-2' }), release: release() });
  expect(rollbackTarget(memory)?.id).toBe('shop-1');
  noteEnded(memory, { n: 5, entry: entry(5, { taskDefinition: 'shop:1', rollbackTo: 'shop-1' }), release: release() });
  expect(rollbackTarget(memory)).toBeUndefined();
  expect(rollbackTarget(memory, 'shop-3')?.id).toBe('shop-3');
});

test('a rollback that is asked for again is known as the one under way', () => {
  const memory = after(entry(1), entry(2));
  memory.queue = [{ id: 'shop-3', n: 3, rollbackTo: 'shop-1' }];
  expect(sameRollback(memory)?.id).toBe('shop-3');
  expect(sameRollback(memory, 'shop-1')?.id).toBe('shop-3');
  expect(sameRollback(memory, 'shop-2')).toBeUndefined();
});

test('what is found again never takes the lock from the one that has it, and a rollback stays one', () => {
  const memory = emptyMemory();
  memory.queue = [{ id: 'shop-7', n: 7 }];
  const open = [
    { id: 'shop-6', n: 6, rollbackTo: 'shop-1' },
    { id: 'shop-7', n: 7 },
  ];
  noteRecalled(memory, { highest: 7, open, history: [] }, 0);
  expect(memory.queue.map(({ id }) => id)).toEqual(['shop-7', 'shop-6']);
  expect(superseded(memory)).toEqual([]);
});

test('an end that was found out before it was told is still heard, and heard once', () => {
  const memory = emptyMemory();
  const cancelled = entry(1, { status: 'CANCELLED' });
  noteRecalled(memory, { highest: 1, open: [], history: [cancelled] }, 0);
  const told = { n: 1, entry: cancelled, release: release(), kept };
  noteEnded(memory, told);
  expect(memory.diverged).toBe(kept);
  memory.queue = [{ id: 'shop-2', n: 2 }];
  noteEnded(memory, { n: 2, entry: entry(2), release: release() });
  expect(memory.diverged).toBeUndefined();
  noteEnded(memory, told);
  expect(memory.diverged).toBeUndefined();
  expect(memory.history.map(({ id }) => id)).toEqual(['shop-2', 'shop-1']);
});

test('one that ends before its turn leaves the next one what there is to undo', () => {
  const memory = emptyMemory();
  memory.diverged = kept;
  memory.queue = [
    { id: 'shop-2', n: 2 },
    { id: 'shop-3', n: 3 },
  ];
  noteEnded(memory, { n: 3, entry: entry(3, { status: 'SUPERSEDED' }), release: release() });
  expect(memory.diverged).toBe(kept);
});
