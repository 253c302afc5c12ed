import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../model/finding.js';
import { readJudgeDocument, type JudgeDocument } from '../../spec/judge-document.js';

function document(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'one',
    duration: 1800,
    interval: '300s',
    metric: { strategy: 'CANARY_PRIMARY' },
    points: { canary: [{ at: 0, requests: 3 }], primary: [{ at: 60, requests: 9, errors: 1 }] },
    ...over,
  };
}

function read(over: Record<string, unknown> = {}): JudgeDocument {
  const { document: found, findings } = readJudgeDocument(document(over));
  expect(findings).toEqual([]);
  return found!;
}

function mistakes(over: Record<string, unknown>): string[] {
  const { document: found, findings } = readJudgeDocument(document(over));
  expect(found).toBeUndefined();
  return findings.map(formatFinding);
}

describe('a document to judge', () => {
  it('has times in seconds, and what is not said to be late is there when its bucket ends', () => {
    const points = {
      canary: [
        { at: 60, requests: 3 },
        { at: 120, arrivedAt: 500, requests: 3, errors: null },
      ],
      previous: [{ at: 60, requests: 3 }],
    };
    const found = read({ start: 60, initialDelay: '2m', maxDuration: '1h', points });
    expect(found).toMatchObject({ id: 'one', start: 180_000, duration: 1_800_000, maxDuration: 3_600_000 });
    expect(found.points).toEqual({
      canary: [
        { at: 60_000, arrivedAt: 120_000, requests: 3 },
        { at: 120_000, arrivedAt: 500_000, requests: 3 },
      ],
      previous: [{ at: 60_000, arrivedAt: 0, requests: 3 }],
    });
  });

  it('chooses the test as a deployment would: gathered evidence for counts, bounds for values', () => {
    const counted = { expected: { max: 0.01 } };
    expect(read({ metric: counted })).toMatchObject({ metric: { test: 'SEQUENTIAL', kind: 'COUNTS', alpha: 0.05 } });
    const value = { canary: [{ at: 0, value: 1 }] };
    expect(read({ metric: counted, points: value }).metric.test).toBe('EACH_POINT');
    expect(read({ points: value }).metric).toMatchObject({ kind: 'VALUE', deviation: 'EITHER', tolerance: 1.05 });
    expect(read().metric).toMatchObject({ kind: 'COUNTS', deviation: 'HIGH', tolerance: 1 });
    expect(read({ points: { canary: [{ at: 0, errors: 1 }] } }).metric).toMatchObject({ kind: 'COUNTS' });
  });

  it('takes the settings of a metric', () => {
    const metric = {
      strategy: 'PREVIOUS',
      deviation: 'LOW',
      tolerance: '20%',
      alpha: '1%',
      delay: '2m',
      maxDelay: '1m',
      resolution: '10s',
      minRequests: 5,
      minPoints: 6,
      onNoPrevious: 'PASS',
      provider: 'mine',
      query: 'up',
    };
    expect(read({ metric, points: {} }).metric).toMatchObject({
      reference: { variant: 'previous' },
      deviation: 'LOW',
      tolerance: 1.2,
      alpha: 0.01,
      delay: 120_000,
      // Never shorter than the delay that was declared.
      maxDelay: 120_000,
      resolution: 10_000,
      minRequests: 5,
      minPoints: 6,
      onNoPrevious: 'PASS',
    });
  });
});

describe('a mistake is told with its field', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no id', { id: undefined }, /^id: /],
    ['no duration', { duration: undefined }, /^duration: /],
    ['a duration that is none', { duration: 'soon' }, /^duration: "soon" is no duration/],
    ['a duration below zero', { duration: -1 }, /^duration: /],
    ['no interval', { interval: undefined }, /^interval: is missing/],
    ['an interval of zero', { interval: 0 }, /^interval: must be above zero/],
    ['an interval longer than the whole', { interval: '1h' }, /^interval: is longer than duration/],
    ['an unknown strategy', { metric: { strategy: 'CANARY' } }, /^metric\.strategy: /],
    ['an unknown test', { metric: { strategy: 'PREVIOUS', test: 'T' } }, /^metric\.test: /],
    ['bounds that are missing', { metric: {} }, /^metric\.expected: neither min nor max/],
    [
      'a comparison of one version',
      { metric: { test: 'MANN_WHITNEY', expected: { max: 1 } } },
      /^metric\.test: MANN_WHITNEY compares/,
    ],
    [
      'points that compare nothing',
      { metric: { strategy: 'PREVIOUS', test: 'EACH_POINT' } },
      /^metric\.test: EACH_POINT compares nothing/,
    ],
    [
      'no rate to gather evidence against',
      { metric: { test: 'SEQUENTIAL', expected: { max: 2 } } },
      /^metric\.test: SEQUENTIAL needs/,
    ],
    ['an alpha above 1', { alpha: 5 }, /^alpha: 5 is no share/],
    ['an alpha of 0', { metric: { strategy: 'PREVIOUS', alpha: 0 } }, /^metric\.alpha: 0 is no share/],
    [
      'a tolerance that is none',
      { metric: { strategy: 'PREVIOUS', tolerance: -1 } },
      /^metric\.tolerance: "-1" is no tolerance/,
    ],
    ['more than all windows', { metric: { strategy: 'PREVIOUS', minMeasured: '150%' } }, /^metric\.minMeasured: /],
    ['a point without a time', { points: { canary: [{ requests: 1 }] } }, /^points\.canary\[0\]\.at: /],
    ['errors below zero', { points: { primary: [{ at: 0, errors: -1 }] } }, /^points\.primary\[0\]\.errors: /],
    [
      'a bucket between the others',
      {
        points: {
          canary: [
            { at: 0, requests: 1 },
            { at: 90, requests: 1 },
          ],
        },
      },
      /^points\.canary\[1\]\.at: 90 is not the start of a bucket of 60 seconds/,
    ],
    ['no points', { points: undefined }, /^points: /],
  ])('%s', (_, over, words) => {
    const [first, ...others] = mistakes(over);
    expect(first).toMatch(words);
    expect(others).toEqual([]);
  });

  it.each([[null], [3], ['text'], [[]]])('%j is no document', (value) => {
    const { document: found, findings } = readJudgeDocument(value);
    expect(found).toBeUndefined();
    expect(findings).toHaveLength(1);
  });
});
