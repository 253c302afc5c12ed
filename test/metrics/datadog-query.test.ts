import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulasOf, isSeveral, metricsOf, oneLine, quotientOf, withoutDefaults } from '../../model/datadog-query.js';
import { baseUrl, datadogRequest, joined } from '../../activities/metrics/datadog/request.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { metric, START } from '../analysis/support.js';

const A = 'sum:aws.applicationelb.httpcode_elb_5xx{env:prd,hostname:a-b/c*d.elb.amazonaws.com}.as_count()';
const B = 'sum:aws.applicationelb.request_count{env:prd}.as_count()';
const SAME = 'sum:aws.applicationelb.httpcode_elb_5xx{env:prd}.as_count()';

describe('quotientOf', () => {
  it.each([
    ['a quotient', `${A} / ${B}`, B],
    ['line breaks', `\n ${A}\n /\n ${B}\n`, B],
    ['a factor before', `100 * ${A} / ${B}`, B],
    ['a factor behind', `${A} / ${B} * 100`, B],
    ['a divided factor', `${A} / ${B} / 60`, B],
    ['parentheses around it', `((${A} / ${B}))`, B],
    ['parentheses around it and a factor', `(${A} / ${B}) * 1e2`, B],
    ['a sum below', `${A} / (${B} + ${A})`, `${B} + ${A}`],
    ['a sum above', `(${A} + ${A}) / ${B}`, B],
    ['functions', `default_zero(${A}) / cumsum(${B})`, `cumsum(${B})`],
    ['tag sets with commas and by', `${A} / sum:b{x:y, z:w} by {q}.as_count()`, 'sum:b{x:y, z:w} by {q}.as_count()'],
  ])('finds the denominator: %s', (_, query, denominator) => {
    expect(quotientOf(query)?.denominator).toBe(denominator);
  });

  it.each([
    ['one query', A],
    ['a slash in a tag alone', 'sum:a{path:/x/y}.as_count()'],
    ['a number below', `${A} / 60`],
    ['a number above', `1 / ${B}`],
    ['a sum of quotients', `${A} / ${B} + ${A} / ${B}`],
    ['one minus a quotient', `1 - ${A} / ${B}`],
    ['two denominators', `${A} / ${B} / ${A}`],
    ['a quotient inside a function', `ewma_3(${A} / ${B})`],
    ['brackets that do not match', `(${A} / ${B}`],
    ['nothing', ''],
  ])('finds none in %s', (_, query) => {
    expect(quotientOf(query)).toBeUndefined();
  });

  it.each([
    ['sum:a{x:y,z:w}.as_count() / sum:b{z:w, x:y}.as_count()', 'ZERO'],
    ['sum:a{x:y} by {h,g}.as_count() / sum:b{x:y} by {g, h}.as_count()', 'ZERO'],
    ['100 * default_zero(sum:a{*}.as_count().rollup(sum, 60)) / sum:b{*}.as_rate() / 60', 'ZERO'],
    ['count:trace.web{*} / (sum:b{*}.as_count() + sum:c{*}.as_count())', 'ZERO'],
    ['sum:a{*} / sum:b{*}', 'GAUGES'],
    ['sum:a{*}.as_count() / sum:b{*}', 'GAUGES'],
    ['sum:a{*}.as_count() / b{*}', 'GAUGES'],
    ['(sum:a{*}.as_count() + sum:c{*}.as_count()) / sum:b{*}.as_count()', 'SEVERAL'],
    ['sum:a{*}.as_count() * sum:c{*}.as_count() / sum:b{*}.as_count()', 'SEVERAL'],
    ['sum:a{env:prod}.as_count() / sum:b{env:prd}.as_count()', 'OTHER_TAGS'],
    ['sum:a{env:prd,host:h}.as_count() / sum:b{env:prd}.as_count()', 'OTHER_TAGS'],
    ['sum:a{!env:prd}.as_count() / sum:b{env:prd}.as_count()', 'OTHER_TAGS'],
    ['sum:a{*} by {host}.as_count() / sum:b{*}.as_count()', 'OTHER_TAGS'],
    ['sum:a{*}.as_count() / (sum:b{*}.as_count() + sum:c{env:prd}.as_count())', 'OTHER_TAGS'],
  ])('says what no point means in %s: %s', (query, absence) => {
    expect(quotientOf(query)?.absence).toBe(absence);
  });

  it('never throws, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', '*', '+', '(', ')', '{', '}', ' ', '1', '"', ',', '.') }),
        (text) => {
          quotientOf(text);
          withoutDefaults(text);
          isSeveral(text);
          metricsOf(text);
        },
      ),
    );
  });
});

describe('isSeveral', () => {
  it('sees commas outside brackets alone', () => {
    expect(isSeveral('sum:a{x:y,z:w} by {p,q}.rollup(sum, 60)')).toBe(false);
    expect(isSeveral('sum:a{*}, sum:b{*}')).toBe(true);
  });
});

describe('metricsOf', () => {
  it('names each metric once, however it is wrapped', () => {
    expect(metricsOf(`100 * (${A} + ${A}) / default_zero(${B})`)).toEqual([
      'aws.applicationelb.httpcode_elb_5xx',
      'aws.applicationelb.request_count',
    ]);
    expect(metricsOf('p95:trace.web.duration{env:prd,host:a/b} by {host}.rollup(max, 60)')).toEqual([
      'trace.web.duration',
    ]);
    expect(metricsOf('')).toEqual([]);
  });
});

describe('withoutDefaults', () => {
  it('takes away what makes points up', () => {
    expect(withoutDefaults(`default_zero(${A})`)).toBe(A);
    expect(withoutDefaults(`${A}.fill(zero)`)).toBe(A);
    expect(withoutDefaults(`${A}.fill(last, 300)`)).toBe(A);
    expect(withoutDefaults(`${A}.fill(null)`)).toBeUndefined();
    expect(withoutDefaults(A)).toBeUndefined();
  });
});

describe('formulasOf', () => {
  it('gives each term of one metric a name, once, and keeps the arithmetic', () => {
    expect(
      formulasOf([`100 * default_zero(${A}) / ${B}`, B, 'cumsum(p95:t.d{*} by {h}.rollup(max, 60)) + 1e-3']),
    ).toEqual({
      formulas: ['100 * default_zero(query0) / query1', 'query1', 'cumsum(query2) + 1e-3'],
      queries: [
        { name: 'query0', query: A },
        { name: 'query1', query: B },
        { name: 'query2', query: 'p95:t.d{*} by {h}.rollup(max, 60)' },
      ],
    });
    expect(formulasOf(['1 + 1'])).toEqual({ formulas: ['1 + 1'], queries: [] });
  });
});

describe('datadogRequest', () => {
  it('asks the query alone, with its denominator, or with its own watermark', () => {
    const one = (over: Parameters<typeof metric>[0]) => datadogRequest(metric(over), START, START + MINUTE);
    expect(one({ query: A })).toMatchObject({ queries: [A] });
    expect(one({ query: `${SAME} / ${B}` })).toMatchObject({
      queries: [`${SAME} / ${B}`, B],
      denominator: 1,
      absence: 'ZERO',
    });
    expect(one({ query: A, watermark: B })).toMatchObject({ queries: [A, B], watermark: 1 });
    expect(one({ query: `${A} / ${B}`, watermark: A })).toMatchObject({
      queries: [`${A} / ${B}`, B, A],
      denominator: 1,
      watermark: 2,
    });
    expect(one({ query: `default_zero(${A})` })).toMatchObject({ queries: [`default_zero(${A})`, A], watermark: 1 });
    expect(joined(one({ query: `${A} / default_zero(${B})` }))).toBe(`${A} / default_zero(${B}), ${B}`);
  });

  it('begins at the edge of the bucket that holds the window’s start', () => {
    const request = datadogRequest(metric({ resolution: MINUTE }), START + 90 * SECOND, START + 5 * MINUTE + 999);
    expect(request).toMatchObject({ from: (START + MINUTE) / 1000, to: (START + 5 * MINUTE) / 1000 });
  });
});

describe('baseUrl', () => {
  it('takes a host as PipeCD has it, or a full base URL', () => {
    expect(baseUrl('datadoghq.eu')).toBe('https://api.datadoghq.eu');
    expect(baseUrl('api.datadoghq.com')).toBe('https://api.datadoghq.com');
    expect(baseUrl('http://127.0.0.1:9999/')).toBe('http://127.0.0.1:9999');
    expect(baseUrl('https://proxy.example/datadog')).toBe('https://proxy.example/datadog');
  });
});

describe('oneLine', () => {
  it('keeps a query’s words', () => {
    expect(oneLine(' a\n  /\tb ')).toBe('a / b');
  });
});
