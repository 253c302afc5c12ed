import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MeasurementRecord } from '../../model/wire.js';
import { chartData, indexAt } from '../../web/deployment/chart-data.js';
import { ago, imageName, length, stageName, value } from '../../web/format.js';

const window = (over: Partial<MeasurementRecord>): MeasurementRecord => ({
  stage: 'stage-2',
  metric: 'errors',
  window: 1,
  from: '2026-11-25T12:00:00.000Z',
  to: '2026-11-25T12:01:00.000Z',
  outcome: 'PASS',
  points: [],
  reason: '',
  ...over,
});

describe('a chart', () => {
  test('has the points of all windows in the order of time, each once', () => {
    const data = chartData([
      window({
        points: [
          [20, 2],
          [30, 3],
        ],
      }),
      window({
        points: [
          [10, 1],
          [20, 2],
        ],
      }),
    ]);
    expect(data).toMatchObject({
      times: [10, 20, 30],
      canary: [1, 2, 3],
      reference: [null, null, null],
      compared: false,
    });
  });

  test('has a share of counts, nothing where there was no request, and both versions', () => {
    const data = chartData([
      window({
        points: [[1, 9]],
        canary: [
          [10, 1, 4],
          [20, 0, 0],
        ],
        reference: [[10, 1, 10]],
      }),
    ]);
    expect(data).toMatchObject({ times: [10, 20], canary: [0.25, null], reference: [0.1, null], compared: true });
  });

  test('has one span for windows in a row that ended alike, and a span of its own for the one that failed', () => {
    const at = (minute: number): string => new Date(minute * 60_000).toISOString();
    const outcomes = ['PASS', 'PASS', 'FAIL', 'PASS', 'ERROR', 'NO_DATA'];
    const data = chartData(
      outcomes.map((outcome, i) => window({ window: i + 1, from: at(i), to: at(i + 1), outcome })),
    );
    expect(data.spans).toEqual([
      { from: 0, to: 120, tone: 'good' },
      { from: 120, to: 180, tone: 'bad' },
      { from: 180, to: 240, tone: 'good' },
      { from: 240, to: 360, tone: 'waiting' },
    ]);
    expect(data.covered).toEqual({ from: 0, to: 360 });
    expect(data.edges).toEqual([0, 60, 120, 180, 240, 300]);
  });

  test('finds the first time at or after another', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(), (times, at) => {
        const sorted = times.toSorted((a, b) => a - b);
        const found = sorted.findIndex((time) => time >= at);
        expect(indexAt(sorted, at)).toBe(found < 0 ? sorted.length : found);
      }),
    );
  });

  test('never loses or makes up a point', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), (times) => {
        const data = chartData(times.map((at) => window({ points: [[at, at * 2]] })));
        expect(data.times).toEqual(times.toSorted((a, b) => a - b));
        expect(data.canary).toEqual(data.times.map((at) => at * 2));
      }),
    );
  });
});

describe('words for people', () => {
  test.each([
    [0, '0s'],
    [1_400, '1s'],
    [59_700, '1m'],
    [3_725_000, '1h 2m'],
    [90_000_000, '1d 1h'],
    [-5, '0s'],
  ])('%d ms is %s', (ms, words) => expect(length(ms)).toBe(words));

  test.each([
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/web:1.2', 'web:1.2'],
    ['localhost:5000/web', 'web'],
    [`web@sha256:${'a'.repeat(64)}`, 'web@aaaaaaaaaaaa'],
  ])('the image %s is %s', (image, words) => expect(imageName(image)).toBe(words));

  test('stages, values and ages', () => {
    expect(stageName('ECS_CANARY_ROLLOUT')).toBe('Canary rollout');
    expect([0, 0.013249, 1234.5].map(value)).toEqual(['0', '0.0132', '1235']);
    const at = Date.parse('2026-11-25T12:00:00Z');
    expect(ago('2026-11-25T12:00:00Z', at + 2_000)).toBe('just now');
    expect(ago('2026-11-25T11:00:00Z', at + 125_000)).toBe('1h ago');
  });
});
