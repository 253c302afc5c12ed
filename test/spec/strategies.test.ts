import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { BLUE, GREEN, readFiles, readOne, withAnalysis } from './metric-file.js';

const COUNTS = {
  provider: 'prometheus',
  errors: 'sum(increase(e{group="{{ .Variant.TargetGroup }}"}[1m]))',
  requests: 'sum(increase(r{group="{{ .Variant.TargetGroup }}"}[1m]))',
};
const VALUE = { provider: 'prometheus', query: 'p95{v="{{ .Variant.Name }}"}', deviation: 'HIGH' };

describe('a strategy', () => {
  it('CANARY_PRIMARY asks for both versions, each by its own group', () => {
    const { metric, errors, warnings } = readOne({ strategy: 'CANARY_PRIMARY', ...COUNTS });
    expect([...errors, ...warnings]).toEqual([]);
    expect(metric).toEqual({
      name: 'metrics-0',
      strategy: 'CANARY_PRIMARY',
      test: 'SEQUENTIAL',
      kind: 'COUNTS',
      provider: 'prometheus',
      source: 'PROMETHEUS',
      query: `sum(increase(e{group="${GREEN}"}[1m])) / sum(increase(r{group="${GREEN}"}[1m]))`,
      canary: {
        errors: `sum(increase(e{group="${GREEN}"}[1m]))`,
        requests: `sum(increase(r{group="${GREEN}"}[1m]))`,
      },
      reference: {
        variant: 'primary',
        queries: {
          errors: `sum(increase(e{group="${BLUE}"}[1m]))`,
          requests: `sum(increase(r{group="${BLUE}"}[1m]))`,
        },
      },
      deviation: 'HIGH',
      tolerance: 1,
      alpha: 0.05,
      interval: MINUTE,
      failureLimit: 0,
      skipOnNoData: false,
      timeout: MINUTE / 2,
      delay: MINUTE / 2,
      maxDelay: 2 * MINUTE,
      resolution: MINUTE,
      minMeasured: 0.5,
      errorLimit: 15,
      dryRun: false,
    });
  });

  it('CANARY_PRIMARY names the versions and takes the arguments of each', () => {
    const { metric, errors } = readOne({
      ...VALUE,
      strategy: 'CANARY_PRIMARY',
      query: 'p95{v="{{ .Variant.Name }}",job="{{ .VariantCustomArgs.job }}",app="{{ .App.Name }}"}',
      canaryArgs: { job: 'new' },
      primaryArgs: { job: 'old' },
    });
    expect(errors).toEqual([]);
    expect(metric).toMatchObject({
      kind: 'VALUE',
      tolerance: 1.05,
      canary: { value: 'p95{v="canary",job="new",app="canary"}' },
      reference: { variant: 'primary', queries: { value: 'p95{v="primary",job="old",app="canary"}' } },
    });
  });

  it('PREVIOUS asks for the canary alone, under PipeCD’s name for it', () => {
    const { metric, warnings } = readOne({ ...VALUE, strategy: 'PREVIOUS', onNoPrevious: 'PASS' });
    expect(metric).toMatchObject({
      strategy: 'PREVIOUS',
      test: 'SEQUENTIAL',
      canary: { value: 'p95{v="primary"}' },
      reference: { variant: 'previous', queries: {} },
      onNoPrevious: 'PASS',
    });
    expect(warnings.map(({ message }) => message)).toEqual([
      '.Variant.Name is "primary" under PREVIOUS, as in PipeCD, even when the canary should be judged',
    ]);
    const counts = readOne({ ...COUNTS, strategy: 'PREVIOUS' });
    expect(counts.metric).toMatchObject({ canary: { errors: expect.stringContaining(GREEN) as string } });
    expect(counts.metric).not.toHaveProperty('onNoPrevious');
  });

  it('THRESHOLD with counts gathers evidence against its bound', () => {
    const { metric, warnings } = readOne({ ...COUNTS, expected: { max: 0.01 } });
    expect(warnings).toEqual([]);
    expect(metric).toMatchObject({ strategy: 'THRESHOLD', test: 'SEQUENTIAL', expected: { max: 0.01 } });
    expect(metric).not.toHaveProperty('reference');
  });

  it('THRESHOLD with counts may be judged point by point', () => {
    const { metric } = readOne({
      ...COUNTS,
      errors: 'a + b',
      expected: { max: 1 },
      test: 'EACH_POINT',
      failureLimit: 2,
    });
    expect(metric).toMatchObject({
      test: 'EACH_POINT',
      query: `(a + b) / sum(increase(r{group="${GREEN}"}[1m]))`,
      watermark: `sum(increase(r{group="${GREEN}"}[1m]))`,
      failureLimit: 2,
    });
    expect(metric).not.toHaveProperty('emptyValue');
  });

  it('MANN_WHITNEY keeps PipeCD’s limits and its level', () => {
    const { metric, warnings } = readOne(
      {
        ...VALUE,
        strategy: 'CANARY_PRIMARY',
        test: 'MANN_WHITNEY',
        interval: '5m',
        failureLimit: 1,
        consecutiveFailureLimit: 2,
        minPoints: 4,
      },
      { alpha: 0.01 },
    );
    expect(metric).toMatchObject({
      test: 'MANN_WHITNEY',
      alpha: 0.05,
      tolerance: 1,
      failureLimit: 1,
      consecutiveFailureLimit: 2,
      minPoints: 4,
    });
    expect(warnings.map(({ field, message }) => [field, message])).toEqual([
      ['spec.pipeline.stages[2].with.alpha', expect.stringContaining('alpha is not used')],
    ]);
  });

  it('that takes other tasks of the same version apart needs no variable in the query', () => {
    const { metric, errors } = readOne({
      strategy: 'CANARY_PRIMARY',
      provider: 'tasks',
      errors: 'http_requests_total{status=~"5.."}',
      requests: 'http_requests_total',
    });
    expect(errors).toEqual([]);
    expect(metric).toMatchObject({ source: 'TASKS', reference: { queries: { requests: 'http_requests_total' } } });
  });
});

describe('a query that divides two counts', () => {
  const DATADOG =
    'sum:aws.applicationelb.httpcode_target_5xx{targetgroup:{{ .Variant.TargetGroup }}}.as_count() / ' +
    'sum:aws.applicationelb.request_count{targetgroup:{{ .Variant.TargetGroup }}}.as_count()';
  const DIMENSIONS = '{LoadBalancer={{ .Variant.LoadBalancer }},TargetGroup={{ .Variant.TargetGroup }}}';
  const CLOUDWATCH = `Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count${DIMENSIONS} / Sum:AWS/ApplicationELB.RequestCount${DIMENSIONS}`;
  const side = (name: string, group: string): string =>
    `Sum:AWS/ApplicationELB.${name}{LoadBalancer={{ .Variant.LoadBalancer }},TargetGroup=${group}}`;

  it('is compared as these counts: Datadog', () => {
    const { metric, errors, warnings } = readOne({ strategy: 'CANARY_PRIMARY', provider: 'datadog', query: DATADOG });
    expect([...errors, ...warnings]).toEqual([]);
    expect(metric).toMatchObject({
      kind: 'COUNTS',
      deviation: 'HIGH',
      canary: {
        errors: `sum:aws.applicationelb.httpcode_target_5xx{targetgroup:${GREEN}}.as_count()`,
        requests: `sum:aws.applicationelb.request_count{targetgroup:${GREEN}}.as_count()`,
      },
      reference: {
        queries: { errors: `sum:aws.applicationelb.httpcode_target_5xx{targetgroup:${BLUE}}.as_count()` },
      },
    });
  });

  it.each([CLOUDWATCH, CLOUDWATCH.replace(/^(\S+\{.*?\}\}\})/, 'FILL($1, 0)'), `(${CLOUDWATCH})`])(
    'is compared as these counts: CloudWatch',
    (query) => {
      const { metric, errors, warnings } = readOne({ strategy: 'CANARY_PRIMARY', provider: 'cloudwatch', query });
      expect([...errors, ...warnings]).toEqual([]);
      expect(metric).toMatchObject({
        kind: 'COUNTS',
        canary: { errors: side('HTTPCode_Target_5XX_Count', GREEN), requests: side('RequestCount', GREEN) },
        reference: { queries: { errors: side('HTTPCode_Target_5XX_Count', BLUE) } },
      });
    },
  );

  it('also under THRESHOLD, where the file asks for it', () => {
    const fields = { provider: 'datadog', query: DATADOG, expected: { max: 0.01 } };
    expect(readOne(fields).metric).toMatchObject({ test: 'EACH_POINT' });
    expect(readOne({ ...fields, test: 'SEQUENTIAL' }).metric).toMatchObject({ test: 'SEQUENTIAL', kind: 'COUNTS' });
  });

  it.each([
    ['a factor', 'datadog', `100 * ${DATADOG}`],
    ['a factor', 'cloudwatch', `100 * ${CLOUDWATCH}`],
    ['other filters', 'datadog', DATADOG.replace('request_count{', 'request_count{env:prd,')],
    ['no counts', 'datadog', DATADOG.replaceAll('.as_count()', '')],
    ['no counts', 'cloudwatch', CLOUDWATCH.replaceAll('Sum:', 'Average:')],
    ['a sum of errors', 'datadog', DATADOG.replace('sum:', '(sum:b{x}.as_count() + sum:').replace(' /', ') /')],
  ])('is a value with %s (%s)', (_why, provider, query) => {
    const { metric } = readOne({ strategy: 'CANARY_PRIMARY', provider, query, deviation: 'HIGH' });
    expect(metric).toMatchObject({ kind: 'VALUE', tolerance: 1.05 });
  });

  it('is a value for MANN_WHITNEY', () => {
    const fields = { strategy: 'CANARY_PRIMARY', provider: 'datadog', query: DATADOG, test: 'MANN_WHITNEY' };
    expect(readOne(fields).metric).toMatchObject({ kind: 'VALUE', deviation: 'EITHER' });
  });

  it('that makes points up is watched by what it would be without them', () => {
    const query = 'avg:p95{v:{{ .Variant.Name }}}.fill(zero)';
    expect(readOne({ strategy: 'CANARY_PRIMARY', provider: 'datadog', query, deviation: 'HIGH' }).metric).toMatchObject(
      {
        canary: { watermark: 'avg:p95{v:canary}' },
        reference: { queries: { watermark: 'avg:p95{v:primary}' } },
      },
    );
    const filled = 'FILL(p95:Shop.Time{Version={{ .Variant.Name }}}, 0)';
    expect(
      readOne({ strategy: 'CANARY_PRIMARY', provider: 'cloudwatch', query: filled, deviation: 'HIGH' }).metric,
    ).toMatchObject({
      canary: { watermark: 'p95:Shop.Time{Version=canary}' },
    });
  });
});

describe('tolerance', () => {
  it.each([
    [1.2, 1.2],
    [0.2, 1.2],
    ['20%', 1.2],
    [1, 1],
    [0, 1],
    ['1.5', 1.5],
  ])('%s means %s', (written, factor) => {
    const { metric } = readOne({ strategy: 'CANARY_PRIMARY', ...COUNTS, tolerance: written });
    expect(metric).toMatchObject({ tolerance: factor });
  });
});

describe('the budget of a stage', () => {
  const counts = { strategy: 'CANARY_PRIMARY', interval: '1m', ...COUNTS };

  it.each([
    [undefined, 0.05],
    [0.02, 0.02],
    ['1%', 0.01],
  ])('%s is shared over the metrics that may roll back', (alpha, budget) => {
    const { metrics, errors } = readFiles(
      withAnalysis(
        [
          { name: 'a', ...counts },
          { name: 'b', ...counts },
          { name: 'watched', ...counts, dryRun: true },
          { name: 'u', ...counts, interval: '5m', test: 'MANN_WHITNEY' },
          { name: 'up', interval: '1m', provider: 'prometheus', query: 'up', expected: { min: 1 } },
        ],
        alpha === undefined ? {} : { alpha },
      ),
    );
    expect(errors).toEqual([]);
    expect(metrics.map((metric) => [metric.name, 'alpha' in metric ? metric.alpha : undefined])).toEqual([
      ['a', budget / 2],
      ['b', budget / 2],
      ['watched', budget / 2],
      ['u', 0.05],
      ['up', undefined],
    ]);
  });
});

describe('the seed’s other ANALYSIS stages', () => {
  const QUERY = [
    'sum (rate(http_requests_total{job="foo-{{ .Variant.Name }}", status=~"5.*"}[5m]))',
    '/',
    'sum (rate(http_requests_total{job="foo-{{ .Variant.Name }}"}[5m]))',
  ].join('\n');
  const fields = { provider: 'prometheus', deviation: 'HIGH', interval: '5m' };

  it('compare with a baseline (there is none in the seed’s own pipeline, and that is said)', () => {
    const { errors } = readOne({ strategy: 'CANARY_BASELINE', ...fields, query: QUERY });
    expect(errors.map(({ message }) => message)).toEqual([
      'metrics-0 cannot be judged by CANARY_BASELINE here: no baseline stands',
    ]);
  });

  it('compare with the version before', () => {
    const { metric, errors } = readOne({
      strategy: 'PREVIOUS',
      ...fields,
      query: QUERY.replaceAll('job="foo-{{ .Variant.Name }}", ', '').replace('{job="foo-{{ .Variant.Name }}"}', ''),
    });
    expect(errors).toEqual([]);
    expect(metric).toMatchObject({ strategy: 'PREVIOUS', reference: { variant: 'previous' }, interval: 5 * MINUTE });
  });
});
