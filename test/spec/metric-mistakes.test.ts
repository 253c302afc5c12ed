import { describe, expect, it } from 'vitest';
import { METRIC } from './mistake.js';
import { readFiles, readOne, withAnalysis } from './metric-file.js';
import { lineOf } from './support.js';

interface Said {
  title: string;
  metric: Record<string, unknown>;
  stage?: Record<string, unknown>;
  /** The field of the metric that is named; the metric itself when left out. */
  field?: string;
  /** What stands on the line that is named. */
  line: string;
  message: RegExp | string;
  fix?: RegExp | string;
}

const COUNTS = {
  provider: 'prometheus',
  errors: 'sum(increase(e{g="{{ .Variant.TargetGroup }}"}[1m]))',
  requests: 'sum(increase(r{g="{{ .Variant.TargetGroup }}"}[1m]))',
};
const PRIMARY = { ...COUNTS, strategy: 'CANARY_PRIMARY' };
const VALUE = {
  provider: 'prometheus',
  strategy: 'CANARY_PRIMARY',
  query: 'p95{g="{{ .Variant.TargetGroup }}"}',
  deviation: 'HIGH',
};
const BOUND = { ...COUNTS, expected: { max: 0.01 } };

function check(level: 'errors' | 'warnings', cases: Said[]): void {
  it.each(cases)('$title', ({ metric, stage, field, line, message, fix }) => {
    const files = withAnalysis([{ interval: '1m', ...metric }], stage);
    const read = readFiles(files);
    const at = field === undefined ? METRIC : `${METRIC}.${field}`;
    expect(read[level].filter((finding) => finding.field === at)).toContainEqual(
      expect.objectContaining({
        file: 'app.pipecd.yaml',
        line: lineOf(files['app.pipecd.yaml']!, line),
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
        ...(fix !== undefined && { fix: typeof fix === 'string' ? fix : (expect.stringMatching(fix) as string) }),
      }),
    );
    expect(read.stage === undefined).toBe(level === 'errors');
    if (level === 'warnings') expect(read.errors).toEqual([]);
  });
}

describe('a metric that cannot be judged as it is written is refused', () => {
  check('errors', [
    {
      title: 'nothing is measured',
      metric: { provider: 'prometheus', expected: { max: 1 } },
      line: '- interval',
      message: 'nothing says what is measured',
      fix: /metric: http-5xx-rate; query: …; errors: … with requests/,
    },
    {
      title: 'two things are measured',
      metric: { ...PRIMARY, query: 'up', metric: 'requests' },
      line: '- interval',
      message: 'metric and query and errors and requests are given at once',
    },
    {
      title: 'errors without requests',
      metric: { ...PRIMARY, requests: undefined },
      field: 'errors',
      line: 'errors:',
      message: 'errors is given without requests',
      fix: 'Add requests: a ratio needs both counts.',
    },
    {
      title: 'requests without errors',
      metric: { ...PRIMARY, errors: undefined },
      field: 'requests',
      line: 'requests:',
      message: 'requests is given without errors',
    },
    {
      title: 'a ready-made metric that nobody knows',
      metric: { provider: 'datadog', metric: 'http-500-rate' },
      field: 'metric',
      line: 'metric:',
      message: /must be "http-5xx-rate" or/,
    },
    {
      title: 'a ready-made metric that the source has not',
      metric: { provider: 'tasks', metric: 'unhealthy-hosts', expected: { max: 0 } },
      field: 'metric',
      line: 'metric:',
      message: 'TASKS has no unhealthy-hosts of its own',
    },
    {
      title: 'the same query for both versions',
      metric: { ...VALUE, query: 'p95' },
      field: 'query',
      line: 'query:',
      message: 'the query is the same for both versions: it would be compared with itself',
      fix: /\{\{ \.Variant\.TargetGroup \}\}/,
    },
    {
      title: 'the same requests for both versions',
      metric: { ...PRIMARY, requests: 'sum(increase(r[1m]))' },
      field: 'requests',
      line: 'requests:',
      message: 'the query requests is the same for both versions: it would be compared with itself',
    },
    {
      title: 'a variable that has no value, in the errors',
      metric: { ...PRIMARY, errors: 'e{j="{{ .VariantCustomArgs.job }}"}', canaryArgs: { job: 'a' } },
      field: 'errors',
      line: 'errors:',
      message: /\{\{ \.VariantCustomArgs\.job \}\} has no value for the primary; known here: .*\.Variant\.LoadBalancer/,
    },
    {
      title: 'the group of a baseline that the file does not have',
      metric: { ...COUNTS, strategy: 'CANARY_BASELINE' },
      field: 'requests',
      line: 'requests:',
      message: /\{\{ \.Variant\.TargetGroup \}\} has no value for the baseline/,
    },
    {
      title: 'EACH_POINT for a strategy that compares',
      metric: { ...PRIMARY, test: 'EACH_POINT' },
      field: 'test',
      line: 'test:',
      message: 'EACH_POINT compares nothing, and the strategy is CANARY_PRIMARY',
    },
    {
      title: 'MANN_WHITNEY under THRESHOLD',
      metric: { ...BOUND, test: 'MANN_WHITNEY' },
      field: 'test',
      line: 'test:',
      message: 'MANN_WHITNEY compares two versions, and THRESHOLD has one',
    },
    {
      title: 'SEQUENTIAL for a value under THRESHOLD',
      metric: { provider: 'prometheus', query: 'up', test: 'SEQUENTIAL', expected: { max: 1 } },
      field: 'test',
      line: 'test:',
      message: 'SEQUENTIAL judges a ratio of two counts, and this is a value',
    },
    {
      title: 'a rate without a bound',
      metric: { ...COUNTS },
      field: 'expected',
      line: '- interval',
      message: 'max is not given: no rate of errors would be too high',
      fix: 'Write expected: {max: 0.01}.',
    },
    {
      title: 'a bound that is no rate',
      metric: { ...COUNTS, expected: { max: 1 } },
      field: 'expected.max',
      line: 'expected:',
      message: 'max 1 is no share of the requests',
      fix: /test: EACH_POINT/,
    },
    {
      title: 'a tolerance that is none',
      metric: { ...PRIMARY, tolerance: '-5%' },
      field: 'tolerance',
      line: 'tolerance:',
      message: '"-5%" is no tolerance',
      fix: /all three mean a fifth more/,
    },
    {
      title: 'a deviation that is none',
      metric: { ...PRIMARY, deviation: 'UP' },
      field: 'deviation',
      line: 'deviation:',
      message: /must be "LOW" or "HIGH" or "EITHER"/,
    },
    {
      title: 'a negative number of requests',
      metric: { ...PRIMARY, minRequests: -1 },
      field: 'minRequests',
      line: 'minRequests:',
      message: 'must be at least 0',
    },
  ]);

  it.each([5, '5', '0%', '100%', 0, -1, 'much'])('a budget of %s', (alpha) => {
    const files = withAnalysis([{ interval: '1m', ...PRIMARY }], { alpha });
    expect(readFiles(files).errors).toMatchObject([
      { field: 'spec.pipeline.stages[2].with.alpha', fix: expect.stringContaining('Write 0.05 or 5%') as string },
    ]);
  });
});

describe('what of a metric cannot have been meant is warned of', () => {
  check('warnings', [
    {
      title: 'an improvement that rolls back',
      metric: { ...VALUE, deviation: undefined },
      field: 'strategy',
      line: 'strategy:',
      message: 'deviation is not given: as in PipeCD, a canary that is better also rolls back',
    },
    {
      title: 'a tolerance without its sign',
      metric: { ...PRIMARY, tolerance: 20 },
      field: 'tolerance',
      line: 'tolerance:',
      message: 'tolerance 20 lets the canary be 20 times as bad',
      fix: 'Write 20% if a percentage is meant.',
    },
    {
      title: 'a window in which the test cannot fail',
      metric: { ...VALUE, deviation: 'EITHER', test: 'MANN_WHITNEY', interval: '3m' },
      field: 'interval',
      line: 'interval:',
      message: /a window has 3 points of each version: whatever their values, the test cannot fail with fewer than 4/,
      fix: 'Write interval: 4m or longer.',
    },
    {
      title: 'a stage in which a value can never pass',
      metric: VALUE,
      stage: { duration: '9m' },
      line: '- interval',
      message: 'the stage has 9 buckets of 1m: with fewer than 10 a value can never pass',
      fix: 'Make the stage 10m long or longer.',
    },
    {
      title: 'a bound beside a comparison of values',
      metric: { ...VALUE, expected: { max: 1 } },
      field: 'expected',
      line: 'expected:',
      message: 'expected is not used: two versions are compared',
    },
    {
      title: 'a bound beside a comparison that is no rate',
      metric: { ...PRIMARY, expected: { max: 5 } },
      field: 'expected.max',
      line: 'expected:',
      message: 'max 5 is no share of the requests and is not used',
    },
    {
      title: 'a lower bound of a rate',
      metric: { ...COUNTS, expected: { max: 0.1, min: 0.01 } },
      field: 'expected.min',
      line: 'expected:',
      message: 'min is not used for a rate of errors',
    },
    {
      title: 'a query that is asked once and mixes both versions',
      metric: {
        provider: 'datadog',
        strategy: 'PREVIOUS',
        deviation: 'HIGH',
        query: 'avg:aws.applicationelb.target_response_time.p99{env:prd}',
      },
      field: 'query',
      line: 'query:',
      message: /this query mixes both versions/,
      fix: /Or write metric: latency-p99, strategy: CANARY_PRIMARY in place of query, strategy and expected\.$/,
    },
    {
      title: 'errors that mix both versions',
      metric: {
        provider: 'cloudwatch',
        errors: 'Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count{LoadBalancer=app/x/1}',
        requests: 'Sum:AWS/ApplicationELB.RequestCount{LoadBalancer=app/x/1}',
        expected: { max: 0.01 },
      },
      field: 'errors',
      line: 'errors:',
      message: /this query mixes both versions/,
      fix: /Or write metric: http-5xx-rate, strategy: CANARY_PRIMARY in place of query, strategy and expected\.$/,
    },
    ...(
      [
        ['failureLimit', PRIMARY, 1, 'the evidence of all windows is judged together'],
        ['consecutiveFailureLimit', BOUND, 1, 'the evidence of all windows is judged together'],
        ['minRequests', VALUE, 100, 'no requests are counted here'],
        ['watermark', PRIMARY, 'up', 'the requests show that data flows'],
        ['emptyValue', PRIMARY, 0, 'no errors are none where there are requests'],
        ['baselineArgs', PRIMARY, { a: 'b' }, 'CANARY_PRIMARY asks for no baseline'],
        ['primaryArgs', BOUND, { a: 'b' }, 'THRESHOLD asks for no primary'],
        ['canaryArgs', { ...VALUE, strategy: 'PREVIOUS' }, { a: 'b' }, 'PREVIOUS takes primaryArgs, as in PipeCD'],
        ['onNoPrevious', PRIMARY, 'PASS', 'only PREVIOUS compares with an earlier deployment'],
        ['deviation', BOUND, 'HIGH', 'THRESHOLD has bounds'],
        ['tolerance', BOUND, 1.2, 'THRESHOLD has bounds'],
        [
          'minPoints',
          { provider: 'prometheus', query: 'up', expected: { min: 1 } },
          3,
          'each point is judged by itself',
        ],
        ['minRequests', { ...BOUND, test: 'EACH_POINT' }, 3, 'each point is judged by itself'],
      ] as const
    ).map(([field, metric, value, why]): Said => ({
      title: `${field} that nothing reads`,
      metric: { ...metric, [field]: value },
      field,
      line: `${field}:`,
      message: new RegExp(`^${field} is not used: ${why}`),
    })),
  ]);

  it('but not three points for one direction, nor 10 buckets', () => {
    const three = readOne({ ...VALUE, test: 'MANN_WHITNEY', interval: '3m' });
    const ten = readOne(VALUE, { duration: '10m' });
    expect([...three.warnings, ...ten.warnings]).toEqual([]);
  });

  it('where no server is known, the same query for both may be one of a source that tells them apart', () => {
    const { errors, warnings } = readFiles(withAnalysis([{ interval: '1m', ...VALUE, query: 'p95' }]), null);
    expect(errors).toEqual([]);
    expect(warnings.map(({ message }) => message)).toContain(
      'the query is the same for both versions: it would be compared with itself',
    );
  });
});
