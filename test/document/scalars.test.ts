import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, percentage, text } from '../../document/scalars.js';
import { formatDuration, HOUR, MINUTE, SECOND } from '../../model/duration.js';

describe('duration', () => {
  it('reads what formatDuration writes, for whole seconds and for milliseconds below one', () => {
    const seconds = fc.integer({ min: 0, max: 1_000_000 }).map((count) => count * SECOND);
    const milliseconds = fc.integer({ min: 1, max: 999 });
    fc.assert(
      fc.property(fc.oneof(seconds, milliseconds), (ms) => {
        expect(duration.parse(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it('adds the parts up, whatever their order', () => {
    const part = fc.tuple(
      fc.nat(1000),
      fc.constantFrom<[string, number]>(['h', HOUR], ['m', MINUTE], ['s', SECOND], ['ms', 1]),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const written = parts.map(([count, [unit]]) => `${count}${unit}`).join('');
        const total = parts.reduce((sum, [count, [, length]]) => sum + count * length, 0);
        expect(duration.parse(written)).toBe(total);
      }),
    );
  });

  it('reads a bare number as nanoseconds', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (ms) => {
        expect(duration.parse(ms * 1e6)).toBe(ms);
      }),
    );
  });

  it('keeps what is above zero above zero', () => {
    expect(duration.parse(30)).toBe(1);
    expect(duration.parse('1ns')).toBe(1);
    expect(duration.parse('0')).toBe(0);
  });

  it.each(['', '1d', '30', 'abc', '1m 30s', '-5s', '1h2', -1, Number.NaN])('refuses %j', (written) => {
    expect(duration.safeParse(written).success).toBe(false);
  });
});

describe('percentage', () => {
  it('reads a whole number in each of PipeCD’s three ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (share) => {
        expect([share, `${share}`, `${share}%`].map((written) => percentage.parse(written))).toEqual([
          share,
          share,
          share,
        ]);
      }),
    );
  });

  it('refuses everything else', () => {
    const outside = fc.oneof(fc.integer({ min: 101 }), fc.integer({ max: -1 }), fc.double({ min: 0.1, max: 0.9 }));
    fc.assert(
      fc.property(outside, (written) => {
        expect(percentage.safeParse(written).success).toBe(false);
        expect(percentage.safeParse(`${written}%`).success).toBe(false);
      }),
    );
    for (const written of ['', '%', '20 %', '%20', '20%%', 'twenty', true, null]) {
      expect(percentage.safeParse(written).success).toBe(false);
    }
  });
});

describe('text', () => {
  it.each([
    ['a', 'a'],
    ['', ''],
    [8080, '8080'],
    [true, 'true'],
  ])('%j becomes %j', (written, read) => {
    expect(text.parse(written)).toBe(read);
  });

  it.each([[null], [[]], [{}]])('refuses %j', (written) => {
    expect(text.safeParse(written).success).toBe(false);
  });
});
