import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import { rollouts } from './rollouts.js';

const { world, start } = rollouts();

test('an ended deployment is kept for good, as its last act', async () => {
  const document = await (await start()).result();
  expect(document.status).toBe('SUCCEEDED');
  expect(world.archived).toEqual([document]);
  expect(world.ended.map(({ entry }) => entry.id)).toEqual([document.id]);
});

test('an archive that cannot be written changes no end: the application is told at once, and it is said after an hour', async () => {
  world.archiveError = 'EACCES: permission denied';
  const handle = await start();
  const document = await handle.result();
  expect(document.status).toBe('SUCCEEDED');
  expect(world.ended.map(({ entry }) => entry.status)).toEqual(['SUCCEEDED']);
  expect(document.warnings.at(-1)).toMatch(/^It is not in the archive yet, .*EACCES: permission denied/);
  const { startTime, closeTime } = await handle.describe();
  const took = Number(closeTime) - startTime.getTime();
  expect(took).toBeGreaterThan(50 * MINUTE);
  expect(took).toBeLessThan(4 * HOUR);
});

test('one that never began is kept too', async () => {
  const handle = await start({}, false);
  await handle.signal('cancel', { by: 'ann', reason: 'not today' });
  const document = await handle.result();
  expect(document.status).toBe('CANCELLED');
  expect(world.archived).toEqual([document]);
});
