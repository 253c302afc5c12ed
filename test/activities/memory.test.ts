import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveName } from '../../activities/archive/name.js';
import { createArchiveReader } from '../../activities/archive/read.js';
import { createMemory } from '../../activities/memory/memory.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { packArchived } from '../../records/archived.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { deploymentDocument } from '../api/support/fake-gateway.js';
import { release } from '../support/release.js';
import { connectTemporal, type TestTemporal } from '../support/temporal.js';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await connectTemporal();
  await registerSearchAttributes(temporal.native, temporal.namespace, SEARCH_ATTRIBUTES);
});
afterAll(() => temporal.close());

test('an analysis that was stopped before it began had measured nothing', async () => {
  const memory = createMemory({ client: temporal.client, readRunning: () => Promise.resolve(undefined) });
  expect(await memory.recallAnalysis({ deployment: 'shop-1', stage: 'stage-2' })).toEqual([]);
});

function ended(n: number, status: DeploymentDocument['status']): DeploymentDocument {
  return deploymentDocument({
    id: `lost-${n}`,
    app: 'lost',
    status,
    version: { image: `web:${n}`, taskDefinition: `web:${n}` },
    completedAt: `2026-01-0${n}T00:00:00.000Z`,
  });
}

/** An archive with these deployments, each of which brought out the image of its number. */
function archiveOf(documents: DeploymentDocument[]): ReturnType<typeof createArchiveReader> {
  const files = new Map(
    documents.map((document, i) => [
      archiveName(document, i),
      packArchived({ document, release: { ...release(), image: document.version.image ?? '' }, records: [] }),
    ]),
  );
  return createArchiveReader(
    {
      place: 'memory',
      list: (prefix) => Promise.resolve([...files.keys()].filter((name) => name.startsWith(prefix))),
      read: (name) => Promise.resolve(files.get(name)),
      write: () => Promise.reject(new Error('nobody writes here')),
    },
    { now: () => 0 },
  );
}

test('an application whose Temporal was lost goes on from the archive: its numbers, its versions and what the last good one was', async () => {
  const archive = archiveOf([ended(1, 'SUCCEEDED'), ended(2, 'SUCCEEDED'), ended(3, 'ROLLED_BACK')]);
  const memory = createMemory({ client: temporal.client, readRunning: () => Promise.resolve(undefined), archive });
  const found = await memory.recallApplication({ app: 'lost' });
  expect(found.highest).toBe(3);
  expect(found.history.map(({ id, taskDefinition }) => `${id} ${taskDefinition ?? ''}`)).toEqual([
    'lost-3 web:3',
    'lost-2 web:2',
    'lost-1 web:1',
  ]);
  expect(found.release?.image).toBe('web:2');
});

test('an archive that is away holds no application up', async () => {
  const memory = createMemory({
    client: temporal.client,
    readRunning: () => Promise.resolve(undefined),
    archive: { namesOf: () => Promise.reject(new Error('EIO')), deployment: () => Promise.reject(new Error('EIO')) },
  });
  expect(await memory.recallApplication({ app: 'lost' })).toEqual({ highest: 0, open: [], history: [] });
});
