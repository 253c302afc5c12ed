import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analysisStart, chunkWindows, planWindows } from '../../analysis/windows.js';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import { START } from './support.js';

describe('analysisStart', () => {
  it('is the next bucket edge after the later of the stage and the traffic, plus the initial delay', () => {
    const beganAt = START + 10 * SECOND;
    expect(analysisStart({ beganAt, initialDelay: 0, resolution: MINUTE })).toBe(START + MINUTE);
    expect(analysisStart({ beganAt, trafficVerifiedAt: START - HOUR, initialDelay: 0, resolution: MINUTE })).toBe(
      START + MINUTE,
    );
    expect(
      analysisStart({ beganAt, trafficVerifiedAt: START + 90 * SECOND, initialDelay: 45 * SECOND, resolution: MINUTE }),
    ).toBe(START + 3 * MINUTE);
  });

  it('stays on an edge that it falls on', () => {
    expect(analysisStart({ beganAt: START, initialDelay: 2 * MINUTE, resolution: MINUTE })).toBe(START + 2 * MINUTE);
  });
});

describe('planWindows', () => {
  it('plans the three windows of 30m/10m', () => {
    expect(planWindows(START, 30 * MINUTE, 10 * MINUTE)).toEqual([
      { window: 1, from: START, to: START + 10 * MINUTE },
      { window: 2, from: START + 10 * MINUTE, to: START + 20 * MINUTE },
      { window: 3, from: START + 20 * MINUTE, to: START + 30 * MINUTE },
    ]);
  });

  it('leaves out a window that does not fit whole, and plans none when the interval is the longer', () => {
    expect(planWindows(START, 25 * MINUTE, 10 * MINUTE)).toHaveLength(2);
    expect(planWindows(START, 5 * MINUTE, 10 * MINUTE)).toEqual([]);
    expect(planWindows(START, MINUTE, 0)).toEqual([]);
  });

  it('covers every instant once: windows touch and do not overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3600 }), fc.integer({ min: 1, max: 600 }), (duration, interval) => {
        const windows = planWindows(START, duration * SECOND, interval * SECOND);
        expect(windows.length).toBe(Math.floor(duration / interval));
        for (const [index, window] of windows.entries()) {
          expect(window.window).toBe(index + 1);
          expect(window.from).toBe(index === 0 ? START : windows[index - 1]!.to);
          expect(window.to - window.from).toBe(interval * SECOND);
          expect(window.to).toBeLessThanOrEqual(START + duration * SECOND);
        }
      }),
    );
  });
});

describe('chunkWindows', () => {
  it('leaves windows of a minute and more alone', () => {
    expect(chunkWindows(planWindows(START, 3 * MINUTE, MINUTE)).map((chunk) => chunk.length)).toEqual([1, 1, 1]);
  });

  it('puts shorter ones together, at most five minutes of them', () => {
    const chunks = chunkWindows(planWindows(START, 6 * HOUR, 30 * SECOND));
    expect(chunks).toHaveLength(72);
    expect(new Set(chunks.map((chunk) => chunk.length))).toEqual(new Set([10]));
  });

  it('loses no window, keeps their order, and bounds each chunk in length and in number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 10 }),
        (interval, count, length) => {
          const windows = planWindows(START, count * interval * SECOND, interval * SECOND);
          const chunks = chunkWindows(windows, length * MINUTE);
          expect(chunks.flat()).toEqual(windows);
          for (const chunk of chunks) {
            expect(chunk.length).toBeGreaterThan(0);
            expect(chunk.length).toBeLessThanOrEqual(60);
            if (chunk.length > 1) expect(chunk.at(-1)!.to - chunk[0]!.from).toBeLessThanOrEqual(length * MINUTE);
          }
        },
      ),
    );
  });
});
