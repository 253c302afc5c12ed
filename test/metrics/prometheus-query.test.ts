import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import {
  denominatorOf,
  lookbackOf,
  provesItself,
  selectorsOf,
  withoutDefaults,
  writeSelector,
} from '../../model/prometheus-query.js';

describe('what a query selects', () => {
  it.each([
    ['up', ['up']],
    ['sum(rate(a{code=~"5..", x="}"}[5m])) by (job) / on (job) sum without (le) (b)', ['a{code=~"5..",x="}"}', 'b']],
    ['histogram_quantile(0.95, sum by (le) (rate(d_bucket[5m])))', ['d_bucket']],
    ['a + a{} * 1e-3 > bool inf', ['a']],
    ['rate(job:requests:sum[5m] offset 1h) # not{this="one"}\nand b', ['job:requests:sum', 'b']],
    [`{__name__="a b", x='it\\'s'}`, [`{__name__="a b",x="it's"}`]],
    ['{"http.requests", "my.label"!~`a|b`}', ['{__name__="http.requests","my.label"!~"a|b"}']],
    ['{__name__=~"a.+"}', ['{__name__=~"a.+"}']],
    ['vector(1) + time()', []],
    ['sum(rate(x', ['x']],
  ])('%s', (query, selectors) => {
    expect(selectorsOf(query).map(writeSelector)).toEqual(selectors);
  });
});

describe('how far back a query looks', () => {
  it.each([
    ['up', 0],
    ['sum(rate(x[1m]))', MINUTE],
    ['sum(rate(x[30s])) / sum(increase(y[1h30m]))', 90 * MINUTE],
    ['max_over_time(rate(x[5m])[30m:1m]) + rate(y[31m])', 35 * MINUTE],
    ['max_over_time(sum(rate(x[5m]))[30m:]) ', 35 * MINUTE],
    ['rate(x[2h]) and rate({a="b"}[1h])', 2 * HOUR],
    ['rate(x[5m]) / rate(x[5m] offset 1w)', 5 * MINUTE],
    ['rate(x[300])', 5 * MINUTE],
    ['rate(x[1500ms])', 1.5 * SECOND],
    ['rate({x="[9d]"}[1m]) # [1d]', MINUTE],
    ['x @ end()', undefined],
    ['rate(x[5m] offset -5m)', undefined],
  ])('%s', (query, lookback) => {
    expect(lookbackOf(query)).toBe(lookback);
  });
});

describe('a query that makes points up', () => {
  it.each([
    ['sum(increase(e[1m])) or vector(0)', 'sum(increase(e[1m]))'],
    ['sum(increase(e[1m])) OR on() vector(0.5)', 'sum(increase(e[1m]))'],
    ['(sum(rate(e[1m])) or vector(0)) / sum(rate(r[1m]))', '(sum(rate(e[1m])) ) / sum(rate(r[1m]))'],
    ['a or b', undefined],
    ['a{x="or vector(0)"}', undefined],
  ])('%s', (query, bare) => {
    expect(withoutDefaults(query)).toBe(bare);
  });

  it.each([
    ['sum(rate(a[1m])) / sum(rate(b[1m]))', true],
    ['a or b', false],
    ['a unless b', false],
    ['absent(a)', false],
    ['sum(a) or vector(0)', false],
  ])('or none (%s)', (query, proves) => {
    expect(provesItself(query)).toBe(proves);
  });
});

describe('a count over another of which it is a part', () => {
  it.each([
    ['sum(rate(e{job="x",code=~"5.."}[1m])) / sum(rate(e{job="x"}[1m]))', 'sum(rate(e{job="x"}[1m]))'],
    ['100 * (sum(increase(e{code="500"}[1m]))\n/ # all\nsum(increase(e[1m])))', 'sum(increase(e[1m]))'],
    ['sum(rate(errors{job="x"}[1m])) / sum(rate(requests{job="x"}[1m]))', 'sum(rate(requests{job="x"}[1m]))'],
    ['sum(rate(errors{job="y"}[1m])) / sum(rate(requests{job="x"}[1m]))', undefined],
    ['sum(rate(errors{job="x",a="b"}[1m])) / sum(rate(requests{job="x"}[1m]))', undefined],
    ['sum(rate(e[1m])) / sum(rate(e{code="500"}[1m]))', undefined],
    ['sum by (job) (rate(e{a="b"}[1m])) / sum by (job) (rate(e[1m]))', undefined],
    ['sum(rate(e{a="b"}[1m])) by (job) / sum(rate(e[1m])) by (job)', undefined],
    ['sum(rate(e{a="b"}[1m])) / on() sum(rate(e[1m]))', undefined],
    ['rate(e{a="b"}[1m]) / rate(e[1m])', undefined],
    ['sum(rate(e{a="b"}[1m])) / sum(rate(e[1m])) > 0.1', undefined],
    ['sum(rate(e{a="b"}[1m])) / sum(rate(e[1m])) or vector(0)', undefined],
    ['sum(e{a="b"}) / sum(e)', undefined],
    ['sum(rate(e{a="b"}[1m])) + sum(rate(e[1m]))', undefined],
    ['sum(rate(e[1m]))', undefined],
  ])('%s', (query, denominator) => {
    expect(denominatorOf(query)).toBe(denominator);
  });
});
