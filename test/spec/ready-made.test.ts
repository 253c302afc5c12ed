import { describe, expect, it } from 'vitest';
import { parseCloudWatchQuery } from '../../model/cloudwatch-query.js';
import { READY_MADE } from '../../spec/metric-fields.js';
import { BLUE, GREEN, readOne } from './metric-file.js';
import { METRIC } from './mistake.js';

const cloudWatch = (stat: string, name: string, group = GREEN): string =>
  `${stat}:AWS/ApplicationELB.${name}{LoadBalancer={{ .Variant.LoadBalancer }},TargetGroup=${group}}`;
const datadog = (aggregate: string, name: string, group = GREEN): string =>
  `${aggregate}:aws.applicationelb.${name}{targetgroup:${group}}`;
const exporter = (name: string, group = GREEN): string =>
  `sum(aws_applicationelb_${name}{dimension_TargetGroup="${group}"})`;

describe('a ready-made metric', () => {
  it.each([
    [
      'cloudwatch',
      {
        'http-5xx-rate': {
          errors: cloudWatch('Sum', 'HTTPCode_Target_5XX_Count'),
          requests: cloudWatch('Sum', 'RequestCount'),
        },
        'http-4xx-rate': {
          errors: cloudWatch('Sum', 'HTTPCode_Target_4XX_Count'),
          requests: cloudWatch('Sum', 'RequestCount'),
        },
        'latency-p50': {
          value: cloudWatch('p50', 'TargetResponseTime'),
          watermark: cloudWatch('Sum', 'RequestCount'),
        },
        'latency-p95': {
          value: cloudWatch('p95', 'TargetResponseTime'),
          watermark: cloudWatch('Sum', 'RequestCount'),
        },
        'latency-p99': {
          value: cloudWatch('p99', 'TargetResponseTime'),
          watermark: cloudWatch('Sum', 'RequestCount'),
        },
        requests: { value: cloudWatch('Sum', 'RequestCount') },
      },
    ],
    [
      'datadog',
      {
        'http-5xx-rate': {
          errors: `${datadog('sum', 'httpcode_target_5xx')}.as_count()`,
          requests: `${datadog('sum', 'request_count')}.as_count()`,
        },
        'latency-p95': {
          value: datadog('avg', 'target_response_time.p95'),
          watermark: `${datadog('sum', 'request_count')}.as_count()`,
        },
      },
    ],
    [
      'prometheus',
      {
        'http-5xx-rate': {
          errors: exporter('httpcode_target_5_xx_count_sum'),
          requests: exporter('request_count_sum'),
        },
        'latency-p99': { value: exporter('target_response_time_p99'), watermark: exporter('request_count_sum') },
        requests: { value: exporter('request_count_sum') },
      },
    ],
    [
      'tasks',
      {
        'http-5xx-rate': { errors: 'http_requests_total{status=~"5.."}', requests: 'http_requests_total' },
        'latency-p50': {
          value: 'histogram_quantile(0.5, http_request_duration_seconds_bucket)',
          watermark: 'http_requests_total',
        },
      },
    ],
  ])('of %s asks for the canary’s group, and for the primary’s', (provider, expected) => {
    for (const [name, canary] of Object.entries(expected)) {
      const { metric, errors, warnings } = readOne({ strategy: 'CANARY_PRIMARY', provider, metric: name });
      expect([...errors, ...warnings]).toEqual([]);
      expect(metric).toMatchObject({
        test: 'SEQUENTIAL',
        kind: name.endsWith('-rate') ? 'COUNTS' : 'VALUE',
        deviation: name === 'requests' ? 'LOW' : 'HIGH',
        tolerance: name.endsWith('-rate') ? 1 : 1.05,
        canary,
      });
      const primary = JSON.parse(JSON.stringify(canary).replaceAll(GREEN, BLUE)) as unknown;
      expect(metric).toMatchObject({ reference: { variant: 'primary', queries: primary } });
    }
  });

  it.each(READY_MADE)('%s of CloudWatch can be read as a query of CloudWatch', (metric) => {
    const way = metric === 'unhealthy-hosts' ? { expected: { max: 0 } } : { strategy: 'CANARY_PRIMARY' };
    const read = readOne({ ...way, provider: 'cloudwatch', metric }).metric;
    const queries = 'canary' in read ? Object.values(read.canary) : [read.query];
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      const placed = query.replace('{{ .Variant.LoadBalancer }}', 'app/web/123');
      expect(parseCloudWatchQuery(placed)).toMatchObject({ kind: 'math' });
    }
  });

  it.each([
    ['cloudwatch', cloudWatch('Maximum', 'UnHealthyHostCount')],
    ['datadog', datadog('max', 'un_healthy_host_count')],
    ['prometheus', exporter('un_healthy_host_count_maximum')],
  ])('unhealthy-hosts of %s is judged against bounds', (provider, query) => {
    const { metric, errors, warnings } = readOne({ provider, metric: 'unhealthy-hosts', expected: { max: 0 } });
    expect([...errors, ...warnings]).toEqual([]);
    expect(metric).toMatchObject({ strategy: 'THRESHOLD', test: 'EACH_POINT', query });
  });

  it('needs no strategy: a rate is gathered, everything else judged point by point', () => {
    const rate = readOne({ provider: 'cloudwatch', metric: 'http-5xx-rate', expected: { max: 0.01 } });
    expect(rate.metric).toMatchObject({ strategy: 'THRESHOLD', test: 'SEQUENTIAL', expected: { max: 0.01 } });
    const latency = readOne({ provider: 'cloudwatch', metric: 'latency-p95', expected: { max: 0.3 } });
    expect([...rate.errors, ...rate.warnings, ...latency.errors, ...latency.warnings]).toEqual([]);
    expect(latency.metric).toMatchObject({
      strategy: 'THRESHOLD',
      test: 'EACH_POINT',
      query: cloudWatch('p95', 'TargetResponseTime'),
      watermark: cloudWatch('Sum', 'RequestCount'),
    });
  });

  it('judged point by point is the quotient of its counts', () => {
    const fields = { metric: 'http-5xx-rate', test: 'EACH_POINT', expected: { max: 0.01 } };
    expect(readOne({ provider: 'cloudwatch', ...fields }).metric).toMatchObject({
      query: `${cloudWatch('Sum', 'HTTPCode_Target_5XX_Count')} / ${cloudWatch('Sum', 'RequestCount')}`,
    });
    // Prometheus has no point where a side has none, so it is told what that means.
    expect(readOne({ provider: 'prometheus', ...fields }).metric).toMatchObject({
      query: `${exporter('httpcode_target_5_xx_count_sum')} / ${exporter('request_count_sum')}`,
      watermark: exporter('request_count_sum'),
      emptyValue: 0,
    });
  });

  it('may be watched by another query', () => {
    const { metric } = readOne({
      provider: 'prometheus',
      strategy: 'CANARY_PRIMARY',
      metric: 'latency-p95',
      watermark: 'sum(up{v="{{ .Variant.Name }}"})',
    });
    expect(metric).toMatchObject({
      canary: { watermark: 'sum(up{v="canary"})' },
      reference: { queries: { watermark: 'sum(up{v="primary"})' } },
    });
  });

  it('of a baseline needs the baseline’s group', () => {
    const { errors } = readOne({ strategy: 'CANARY_BASELINE', provider: 'datadog', metric: 'http-5xx-rate' });
    expect(errors).toContainEqual(
      expect.objectContaining({
        field: `${METRIC}.metric`,
        message: expect.stringContaining('{{ .Variant.TargetGroup }} has no value for the baseline') as string,
      }),
    );
  });
});
