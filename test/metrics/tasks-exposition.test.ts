import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behaviourOf, parseExposition, sampleNames } from '../../activities/metrics/tasks/exposition.js';

function written(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 0));
const sample = fc.record({ name, labels: fc.dictionary(label, fc.string(), { maxKeys: 4 }), value });

describe('the text format', () => {
  it('reads the example of its documentation', () => {
    const { samples, families } = parseExposition(
      [
        '# HELP http_requests_total The total number of HTTP requests.',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",code="200"} 1027 1395066363000',
        'http_requests_total{method="post",code="400"}    3 1395066363000',
        '',
        '# Escaping in label values:',
        'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9',
        'metric_without_timestamp_and_labels 12.47',
        'something_weird{problem="division by zero"} +Inf -3982045',
        '# TYPE rpc_duration_seconds summary',
        'rpc_duration_seconds { quantile = "0.01" , } 3102',
        '# TYPE latency histogram',
        'latency_bucket{le="+Inf"} 144320',
      ].join('\n'),
    );
    expect(samples).toEqual([
      { name: 'http_requests_total', labels: { method: 'post', code: '200' }, value: 1027 },
      { name: 'http_requests_total', labels: { method: 'post', code: '400' }, value: 3 },
      {
        name: 'msdos_file_access_time_seconds',
        labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
        value: 1.458255915e9,
      },
      { name: 'metric_without_timestamp_and_labels', labels: {}, value: 12.47 },
      { name: 'something_weird', labels: { problem: 'division by zero' }, value: Infinity },
      { name: 'rpc_duration_seconds', labels: { quantile: '0.01' }, value: 3102 },
      { name: 'latency_bucket', labels: { le: '+Inf' }, value: 144320 },
    ]);
    expect([...families]).toEqual([
      ['http_requests_total', 'counter'],
      ['rpc_duration_seconds', 'summary'],
      ['latency', 'histogram'],
    ]);
  });

  it('reads what OpenMetrics adds', () => {
    const { samples, families } = parseExposition(
      [
        '# TYPE foo counter',
        '# UNIT foo seconds',
        'foo_total{a="# {"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67',
        'foo_created 1520430000.123',
        '# EOF',
        '',
      ].join('\n'),
    );
    expect(samples.map(({ name: of, value: is }) => [of, is])).toEqual([
      ['foo_total', 17],
      ['foo_created', 1520430000.123],
    ]);
    expect(sampleNames('foo', families.get('foo') ?? '')).toContain('foo_total');
    expect(() => parseExposition('a 1\n# EOF\nb 2')).toThrow('line 3: something follows # EOF');
  });

  it.each([
    ['a 1\n<html>', /^line 2: no metric name: <html>$/],
    ['a{b="c" 1', /^line 1: labels that cannot be read/],
    ['a{b=c} 1', /^line 1: labels that cannot be read/],
    ['a{b="c",b="d"} 1', /^line 1: the label b comes twice/],
    ['a', /^line 1: no value/],
    ['a{b="c"}', /^line 1: no value/],
    ['a one', /^line 1: the value one is no number/],
    ['a 1 yesterday', /^line 1: a timestamp that is no number/],
    ['a 1 2 3', /^line 1: more than a value and a timestamp/],
    ['# TYPE a', /^line 1: TYPE a without a type/],
  ])('refuses %j and names the line', (text, message) => {
    expect(() => parseExposition(text)).toThrow(message);
  });

  it('reads back whatever was written', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
        const text = samples
          .map(({ name: of, labels, value: is }) => {
            const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
            return `${of}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${written(is)}`;
          })
          .join('\n');
        const read = parseExposition(text).samples;
        expect(read.map((one) => ({ ...one, labels: { ...one.labels } }))).toEqual(
          samples.map((one) => ({
            ...one,
            labels: { ...one.labels },
            value: Object.is(one.value, -0) ? 0 : one.value,
          })),
        );
      }),
    );
  });

  it('never fails in another way than by naming a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseExposition(text);
        } catch (error) {
          expect((error as Error).message).toMatch(/^line \d+: /);
        }
      }),
    );
  });

  it('knows what rises and what does not', () => {
    const families = new Map([
      ['a', 'counter'],
      ['b', 'gauge'],
      ['c', 'histogram'],
      ['d', 'summary'],
    ]);
    expect(
      ['a', 'a_total', 'b', 'c_bucket', 'c_sum', 'd', 'd_count', 'e'].map((of) => behaviourOf(of, families)),
    ).toEqual(['COUNTER', 'COUNTER', 'GAUGE', 'COUNTER', 'COUNTER', 'GAUGE', 'COUNTER', undefined]);
  });
});
