import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReportedWhenNotZero, neverReported } from '../../model/cloudwatch-alb.js';
import {
  cloudWatchQuotient,
  isPlainArithmetic,
  metricTerms,
  parseCloudWatchQuery,
  problemInWords,
  withoutFill,
  type CloudWatchQuery,
} from '../../model/cloudwatch-query.js';
import { statOf } from '../../model/cloudwatch-stat.js';
import { metricKey, scopeOf, termText, type Term } from '../../model/cloudwatch-term.js';

const DIMENSIONS = '{LoadBalancer=app/x/123,TargetGroup=targetgroup/green/222}';
const ERRORS = `Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count${DIMENSIONS}`;
const REQUESTS = `Sum:AWS/ApplicationELB.RequestCount${DIMENSIONS}`;

function read(text: string): CloudWatchQuery {
  const query = parseCloudWatchQuery(text);
  if (query.kind === 'problem') throw new Error(problemInWords(text, query));
  return query;
}

function problem(text: string): string {
  const query = parseCloudWatchQuery(text);
  return query.kind === 'problem' ? problemInWords(text, query) : `read as ${query.text}`;
}

describe('a term', () => {
  it('is a statistic, a namespace, a metric and its dimensions', () => {
    expect(metricTerms(read(ERRORS))).toEqual([
      {
        stat: 'Sum',
        namespace: 'AWS/ApplicationELB',
        metric: 'HTTPCode_Target_5XX_Count',
        dimensions: [
          { name: 'LoadBalancer', value: 'app/x/123' },
          { name: 'TargetGroup', value: 'targetgroup/green/222' },
        ],
      },
    ]);
  });

  it.each([
    ['Sum:Shop.http.5xx{}', { namespace: 'Shop', metric: 'http.5xx', dimensions: [] }],
    [
      'sum : Shop . errors { a = b c , d=e }',
      {
        stat: 'Sum',
        dimensions: [
          { name: 'a', value: 'b c' },
          { name: 'd', value: 'e' },
        ],
      },
    ],
    [
      'Sum:"My.App"."LogicalDisk % Free Space"{"a b"=c}',
      { namespace: 'My.App', metric: 'LogicalDisk % Free Space', dimensions: [{ name: 'a b', value: 'c' }] },
    ],
    [
      String.raw`Sum:Shop.errors{path="/a,b}\"\\x",q='it\'s "so"'}`,
      {
        dimensions: [
          { name: 'path', value: '/a,b}"\\x' },
          { name: 'q', value: 'it\'s "so"' },
        ],
      },
    ],
    ['Sum:Shop.errors{path=/a?b=c&d=e}', { dimensions: [{ name: 'path', value: '/a?b=c&d=e' }] }],
    [
      'Sum:Shop.errors{TaskSet={{ .Variant.TaskSet }}}',
      { dimensions: [{ name: 'TaskSet', value: '{{ .Variant.TaskSet }}' }] },
    ],
    ['Sum:Shop.errors{star="*"}', { dimensions: [{ name: 'star', value: '*' }] }],
    ['TM(10%:90%):AWS/ApplicationELB.TargetResponseTime{}', { stat: 'TM(10%:90%)' }],
    ['pr( :0.3 ):Shop.latency{}', { stat: 'PR(:0.3)' }],
    ['P99.9:Shop.latency{}', { stat: 'p99.9' }],
  ])('%s', (text, expected) => {
    expect(metricTerms(read(text))).toMatchObject([expected]);
    expect(metricTerms(read(read(text).text))).toMatchObject([expected]);
  });

  it.each([
    ['SUM', 'Sum'],
    ['samplecount', 'SampleCount'],
    ['p95', 'p95'],
    ['TM99', 'tm99'],
    ['p100', 'p100'],
    ['iqm', 'IQM'],
    ['WM(:80%)', 'WM(:80%)'],
    ['TC(150:)', 'TC(150:)'],
    ['p101', undefined],
    ['p', undefined],
    ['p1234', undefined],
    ['Median', undefined],
    ['TM()', undefined],
    ['TM(:)', undefined],
    ['TM(a:b)', undefined],
  ])('has the statistic %s as %s', (written, stat) => {
    expect(statOf(written)).toBe(stat);
  });

  it('selects the same whatever the order of its dimensions', () => {
    const [one, other] = ['Sum:A.b{x=1,y=2}', 'p95:A.b{y=2,x=1}'].map((text) => metricTerms(read(text))[0]!);
    expect(scopeOf(one!)).toBe(scopeOf(other!));
    expect(metricKey(one!)).toBe(metricKey(other!));
  });
});

describe('a query', () => {
  it.each([
    [`100 *\n ${ERRORS}\n/${REQUESTS}`, `100 * ${ERRORS} / ${REQUESTS}`],
    [`FILL(${ERRORS},0)/${REQUESTS}`, `FILL(${ERRORS}, 0) / ${REQUESTS}`],
    [`IF(${REQUESTS}>=100 AND ${ERRORS}!=0, ${ERRORS}, 0)`, `IF(${REQUESTS} >= 100 AND ${ERRORS} != 0, ${ERRORS}, 0)`],
    [`SUM([${ERRORS},${REQUESTS}])`, `SUM([${ERRORS}, ${REQUESTS}])`],
    [`FILL(${ERRORS}, REPEAT)`, `FILL(${ERRORS}, REPEAT)`],
    [`-(${ERRORS} + 1.5e-3) ^ 2`, `-(${ERRORS} + 1.5e-3) ^ 2`],
    [
      `SUM(SEARCH('{AWS/ApplicationELB,LoadBalancer} MetricName="RequestCount"', 'Sum', 60))`,
      `SUM(SEARCH('{AWS/ApplicationELB,LoadBalancer} MetricName="RequestCount"', 'Sum', 60))`,
    ],
  ])('is metric math around its metrics: %s', (text, line) => {
    expect(read(text)).toMatchObject({ kind: 'math', text: line });
    expect(read(line).text).toBe(line);
  });

  it.each([
    ['select sum(RequestCount) from "AWS/ApplicationELB"', {}],
    [
      ' SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) WHERE TargetGroup = \'x GROUP BY y\' ',
      {},
    ],
    [
      'SELECT MAX("RequestCount") FROM SCHEMA("AWS/ApplicationELB") GROUP BY LoadBalancer, TargetGroup ORDER BY MAX() DESC LIMIT 3',
      { groupBy: 'LoadBalancer, TargetGroup' },
    ],
  ])('may be Metrics Insights: %s', (text, expected) => {
    const query = read(text);
    expect(query).toEqual({
      kind: 'insights',
      text: text.trim(),
      metric: 'RequestCount',
      namespace: 'AWS/ApplicationELB',
      ...expected,
    });
  });

  it.each([
    ['', 'column 1: the query ends too early.'],
    ['1 + 2', 'column 1: the query names no metric. Write one as Sum:'],
    [
      'AWS/ApplicationELB.RequestCount{a=b}',
      'column 1: this metric has no statistic. Write Sum:AWS/ApplicationELB.RequestCount{…}',
    ],
    [`1 / AWS/X.y {}`, 'column 5: this metric has no statistic'],
    ['Median:A.b{}', 'column 1: Median is no statistic of CloudWatch. Write Sum, '],
    ['Sum:A.b', 'column 8: b has no dimensions. Write them behind it in braces, or {}'],
    ['Sum:A.b/Sum:A.c{}', 'column 8: b has no dimensions'],
    ['Sum:A{x=y}', 'column 5: behind Sum: there is no namespace with a dot'],
    ['Sum:A.{x=y}', 'column 7: no metric follows A.'],
    ['Sum:A.b{x}', 'column 10: the dimension x has no value. Write x=Value.'],
    ['Sum:A.b{x=}', 'column 11: the dimension x has no value'],
    ['Sum:A.b{x=1,}', 'column 13: a dimension is missing'],
    ['Sum:A.b{x=1,x=2}', 'column 13: the dimension x is written twice'],
    ['Sum:A.b{x=1', 'column 8: this { is not closed'],
    ['Sum:A.b{x="1}', 'column 11: the quotes of the dimension x are not closed'],
    ['Sum:A.b{x=app/*}', 'column 11: app/* is a pattern'],
    ['Sum:A.b{x=a"b"}', 'column 12: " cannot stand here. Write a comma'],
    ['Sum:A.b{} /', 'column 12: the query ends too early'],
    ['Sum:A.b{} Sum:A.c{}', 'column 11: S cannot stand here'],
    ['(Sum:A.b{}', 'column 1: this ( is not closed. Write ) where it ends.'],
    ['FILL(Sum:A.b{}, 0', 'column 5: this ( is not closed'],
    ['100 * m1 / m2', 'column 7: m1 names no metric here. Write the metric itself'],
    ['SUM(METRICS())', 'column 5: METRICS() would take the metrics of other queries too'],
    ['Sum:A.b{} /\n  oops', 'line 2, column 3: oops names no metric here'],
    ['SELECT RequestCount FROM x', 'column 1: this SELECT names no metric'],
  ])('that cannot be read says where and what to write: %s', (text, words) => {
    expect(problem(text)).toContain(words);
  });

  it('is never nested without end', () => {
    expect(problem(`${'('.repeat(5000)}Sum:A.b{}`)).toContain('nested too deeply');
  });

  const terms = fc.record<Term>({
    stat: fc.constantFrom('Sum', 'p99.9', 'TM(10%:90%)'),
    namespace: fc.string({ minLength: 1 }),
    metric: fc.string({ minLength: 1 }),
    dimensions: fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1 }), value: fc.string({ minLength: 1 }) }), {
      selector: ({ name }) => name,
      maxLength: 4,
    }),
  });

  it('says again what it was read from, whatever the names are', () => {
    fc.assert(
      fc.property(terms, (term) => {
        expect(metricTerms(read(termText(term)))).toEqual([term]);
      }),
      { numRuns: 500 },
    );
  });

  it('is read or refused, and never throws', () => {
    const pieces = fc.constantFrom(
      'Sum:A.b{}',
      'Sum:',
      'A.b',
      '{',
      '}',
      '(',
      ')',
      '[',
      ',',
      '=',
      '"',
      "'",
      '\\',
      '+',
      '-',
      '/',
      'FILL',
      'IF',
      'x',
      '1',
      ' ',
      '\n',
      'SELECT ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        const query = parseCloudWatchQuery(text);
        if (query.kind === 'problem') {
          expect(query.at).toBeLessThanOrEqual(text.length);
          return;
        }
        const again = parseCloudWatchQuery(query.text);
        expect(again).toEqual(query);
        cloudWatchQuotient(query);
        withoutFill(query);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('cloudWatchQuotient', () => {
  it.each([
    [`${ERRORS} / ${REQUESTS}`, 'ZERO', REQUESTS],
    [`100 * ${ERRORS} / ${REQUESTS}`, 'ZERO', REQUESTS],
    [`(${ERRORS} / (${REQUESTS})) * 100 / 60`, 'ZERO', REQUESTS],
    [`-100 * FILL(${ERRORS}, 0) / ${REQUESTS}`, 'ZERO', REQUESTS],
    ['Sum:A.b{x=1,y=2} / SampleCount:A.c{y=2,x=1}', 'ZERO', 'SampleCount:A.c{y=2,x=1}'],
    ['Sum:A.b{} / (Sum:A.c{} + Sum:A.d{})', 'ZERO', 'Sum:A.c{} + Sum:A.d{}'],
    ['tc90:A.b{} / Sum:A.c{}', 'ZERO', 'Sum:A.c{}'],
    ['Average:A.b{} / Sum:A.c{}', 'GAUGES', 'Sum:A.c{}'],
    ['Sum:A.b{} / p95:A.c{}', 'GAUGES', 'p95:A.c{}'],
    ['(Sum:A.b{} + Sum:A.c{}) / Sum:A.d{}', 'SEVERAL', 'Sum:A.d{}'],
    [
      `${ERRORS} / Sum:AWS/ApplicationELB.RequestCount{LoadBalancer=app/x/123}`,
      'OTHER_TAGS',
      'Sum:AWS/ApplicationELB.RequestCount{LoadBalancer=app/x/123}',
    ],
    ['Sum:A.b{x=1} / Sum:A.c{x=2}', 'OTHER_TAGS', 'Sum:A.c{x=2}'],
    ['Sum:A.b{x=1} / Sum:B.c{x=1}', 'OTHER_TAGS', 'Sum:B.c{x=1}'],
  ])('says what no point means in %s: %s', (text, absence, denominator) => {
    expect(cloudWatchQuotient(read(text))).toMatchObject({ absence, denominator: { text: denominator } });
  });

  it.each([
    ERRORS,
    `${ERRORS} / 60`,
    `1 / ${REQUESTS}`,
    `1 - ${ERRORS} / ${REQUESTS}`,
    `${ERRORS} / ${REQUESTS} / ${REQUESTS}`,
    `ABS(${ERRORS} / ${REQUESTS})`,
    'SELECT SUM(a) FROM b',
  ])('finds none in %s', (text) => {
    expect(cloudWatchQuotient(read(text))).toBeUndefined();
  });
});

describe('withoutFill', () => {
  it.each([
    [`FILL(${ERRORS}, 0)`, ERRORS],
    [`FILL(${ERRORS}, 0) / FILL(${REQUESTS}, REPEAT)`, `${ERRORS} / ${REQUESTS}`],
    ['FILL(Sum:A.b{} + Sum:A.c{}, 0) / Sum:A.d{}', '(Sum:A.b{} + Sum:A.c{}) / Sum:A.d{}'],
    ['SUM([fill(Sum:A.b{},0)])', 'SUM([Sum:A.b{}])'],
    ['FILL(FILL(Sum:A.b{}, 0), 1)', 'Sum:A.b{}'],
  ])('takes away what makes points up in %s', (text, bare) => {
    expect(withoutFill(read(text))?.text).toBe(bare);
  });

  it('finds nothing to take away elsewhere', () => {
    for (const text of [ERRORS, `IF(${ERRORS}, 1, 0)`, 'SELECT SUM(a) FROM b']) {
      expect(withoutFill(read(text))).toBeUndefined();
    }
  });
});

it('plain arithmetic has a point only where all of its metrics have one', () => {
  for (const text of [ERRORS, `-100 * (${ERRORS}) / ${REQUESTS}`]) expect(isPlainArithmetic(read(text))).toBe(true);
  for (const text of [`SUM([${ERRORS}])`, `FILL(${ERRORS}, 0)`, 'SELECT SUM(a) FROM b']) {
    expect(isPlainArithmetic(read(text))).toBe(false);
  }
});

describe('a load balancer’s metric', () => {
  const alb = (metric: string, ...names: string[]) => ({
    namespace: 'AWS/ApplicationELB',
    metric,
    dimensions: names.map((name) => ({ name, value: 'x' })),
  });

  it('counts as known when it is reported only above zero', () => {
    for (const name of [
      'HTTPCode_ELB_5XX_Count',
      'HTTPCode_ELB_502_Count',
      'HTTPCode_Target_5XX_Count',
      'TargetConnectionErrorCount',
    ]) {
      expect(isReportedWhenNotZero(alb(name))).toBe(true);
      expect(isReportedWhenNotZero({ ...alb(name), namespace: 'AWS/NetworkELB' })).toBe(false);
    }
    for (const name of ['HTTPCode_ELB_5X_Count', 'HTTPCode_Target_5XX', 'RequestCount', 'httpcode_elb_5xx_count']) {
      expect(isReportedWhenNotZero(alb(name))).toBe(false);
    }
  });

  it('is never reported with some dimensions', () => {
    expect(neverReported(alb('HTTPCode_ELB_5XX_Count', 'LoadBalancer', 'TargetGroup'))?.fix).toContain(
      'HTTPCode_Target_5XX_Count',
    );
    expect(neverReported(alb('HealthyHostCount', 'LoadBalancer'))?.fix).toContain('TargetGroup=');
    expect(neverReported(alb('RequestCount', 'TargetGroup'))?.fix).toContain('LoadBalancer=');
    expect(neverReported(alb('RequestCountPerTarget', 'TargetGroup'))).toBeUndefined();
    expect(neverReported(alb('RequestCount', 'TargetGroup', 'LoadBalancer'))).toBeUndefined();
    expect(neverReported(alb('HTTPCode_ELB_5XX_Count', 'LoadBalancer'))).toBeUndefined();
    expect(neverReported({ ...alb('RequestCount', 'TargetGroup'), namespace: 'Shop' })).toBeUndefined();
  });
});
