import { expect } from 'vitest';
import type { MeasurementRecord } from '../../model/wire.js';
import { changesOf, PROMOTED, standing } from './changes.js';
import { filesOf, type Shop } from './shop.js';
import type { Stack } from './stack.js';

const WINDOWS = 6;

/** The files of a canary whose ANALYSIS has six windows of two seconds. */
export function sixWindows(shop: Shop): Record<string, string> {
  return filesOf(shop, { analysis: { duration: `${2 * WINDOWS}s` } });
}

/** What anyone could see of a deployment's judged windows, with when each was told. */
export interface Seen {
  windows: MeasurementRecord[];
  told: string[];
}

/** Waits until two windows were judged, and answers what can be seen of them. */
export async function seenWindows({ reaches, measurements, log }: Stack, id: string): Promise<Seen> {
  await reaches(id, 'have two judged windows', ({ analysis }) => (analysis[0]?.measurements.length ?? 0) >= 2);
  return { windows: await measurements(id), told: await toldWindows({ log }, id) };
}

/** The log lines that tell a verdict: instant and words. */
async function toldWindows({ log }: Pick<Stack, 'log'>, id: string): Promise<string[]> {
  const lines = await log(id);
  return lines.filter(({ text }) => /, window \d+ \(/.test(text)).map(({ at, text }) => `${at} ${text}`);
}

/** Each window is there once, in order, without a gap, measured, and those that were seen earlier are as they were. */
export async function expectEachWindowOnce(stack: Stack, id: string, before: Seen): Promise<void> {
  const windows = await stack.measurements(id);
  expect(windows.map(({ window }) => window)).toEqual(Array.from({ length: WINDOWS }, (_, index) => index + 1));
  for (const [index, window] of windows.entries()) {
    expect(window.outcome).toBe('PASS');
    if (index > 0) expect(window.from).toBe(windows[index - 1]!.to);
  }
  expect(windows.slice(0, before.windows.length)).toEqual(before.windows);
  const told = await toldWindows(stack, id);
  expect(told).toHaveLength(WINDOWS);
  expect(told.slice(0, before.told.length)).toEqual(before.told);
}

/** The deployment ends promoted, with each change made once since that serial, and nothing else stands. */
export async function expectPromoted(
  { ends, sandbox }: Stack,
  shop: Shop,
  { id, image, since }: { id: string; image: string; since: number },
): Promise<void> {
  const end = await ends(id);
  expect(end).toMatchObject({ status: 'SUCCEEDED', traffic: { verified: { primary: 100, canary: 0 } } });
  expect(changesOf(await sandbox.changes(since), shop)).toEqual(PROMOTED);
  expect(standing(await sandbox.state(), shop)).toMatchObject({
    sets: [`PRIMARY ${image} 100 % blue`],
    weights: ['100/0'],
  });
}
