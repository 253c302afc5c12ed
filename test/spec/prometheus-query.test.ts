import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { BLUE, GREEN, readOne } from './metric-file.js';

const threshold = { provider: 'prometheus', expected: { max: 0.01 }, interval: '10m' };
const said = (found: readonly { message: string }[]): string[] => found.map(({ message }) => message);

describe('a query in PromQL', () => {
  it.each([
    ['sum(rate(x[1m])', 'the query cannot be read: a ( is not closed'],
    ['sum(rate(x[1m]))}', 'the query cannot be read: a } closes nothing'],
    ['sum(rate(x{a="b}[1m]))', 'the query cannot be read: a text in " does not end'],
    ['sum(rate(x[1m)])', 'the query cannot be read: a [ is closed by )'],
    ['sum by (code) (rate(x[1m]))', 'one series for each group (by (code))'],
    ['sum(rate(x[1m])) by (code)', 'one series for each group (by (code))'],
    ['1 - (sum without () (rate(x[1m])))', 'one series for each group (without ())'],
    ['abs(max(x) by (pod))', 'one series for each group (by (pod))'],
    ['topk(1, x)', 'one series for each group (topk)'],
    ['x @ end()', 'the query moves its values in time'],
    ['sum(rate(x[15m]))', 'the query looks back 15m and its windows are 10m long'],
  ])('is refused: %s', (query, message) => {
    const { errors } = readOne({ ...threshold, query });
    expect(said(errors)).toEqual([expect.stringContaining(message)]);
    expect(errors[0]?.field).toBe('spec.pipeline.stages[2].with.metrics[0].query');
    expect(errors[0]?.fix).toBeTruthy();
  });

  it.each([
    'histogram_quantile(0.95, sum by (le) (rate(d_bucket[1m])))',
    'sum(sum by (pod) (rate(x[1m])))',
    'sum by () (rate(x[5m]))',
    'job:errors:ratio',
    'p95{v="by (x) topk("} # and by (this',
    "max(x) / on () max(y{a='('}) or vector(0)",
    'sum(rate((x offset 5m)[5m:1m]))',
    'max(max_over_time(rate(x[1m])[5m:]))',
    'sum(quantile_over_time(0.9, (x[5m])))',
  ])('is taken as it is: %s', (query) => {
    const { errors, warnings } = readOne({ ...threshold, query });
    expect([...errors, ...warnings]).toEqual([]);
  });

  it('is warned of where nothing makes one series of many', () => {
    const { errors, warnings } = readOne({ ...threshold, query: 'rate(x[1m])' });
    expect(errors).toEqual([]);
    expect(said(warnings)).toEqual([expect.stringContaining('nothing makes one series')]);
  });

  it.each([
    ['sum(ratee(x[1m]))', 'PromQL has no function "ratee"', 'Did you mean "rate"?'],
    ['summ(rate(x[1m]))', 'PromQL has no function "summ"', 'Did you mean "sum"?'],
    ['qwertyuiop(x)', 'PromQL has no function "qwertyuiop"', 'Write one that PromQL has.'],
    ['sum by () rate(x[1m])', 'no PromQL from “rate(x[1m])” on', 'Try the query'],
    ['sum(rate(x{code=500}[1m]))', 'no PromQL from “500}[1m]))” on', 'Try the query'],
    ['sum(rate(x[1mm]))', 'no PromQL from “m]))” on', 'Try the query'],
    ['sum(rate(x))', 'rate needs a range', 'Write one: rate(…[1m]).'],
    ['sum(x[1m])', 'the range “x[1m]” stands where one value is needed', 'Write a function of ranges'],
    ['sum(x) / sum((x[1m]))', 'the range “(x[1m])” stands where', 'Write a function of ranges'],
  ])('that Prometheus would refuse is warned of: %s', (query, message, fix) => {
    const { errors, warnings } = readOne({ ...threshold, query });
    expect(errors).toEqual([]);
    expect(warnings[0]?.message).toContain(message);
    expect(warnings[0]?.message).toContain('Prometheus would refuse the query');
    expect(warnings[0]?.fix).toContain(fix);
  });

  it('is warned of where nothing counted would not be taken as zero', () => {
    const query = 'sum(rate(failed[1m])) / sum(rate(handled{a="b"}[1m]))';
    expect(said(readOne({ ...threshold, query }).warnings)).toEqual([
      expect.stringContaining('no part of its denominator'),
    ]);
    expect(said(readOne({ ...threshold, query, emptyValue: 0 }).warnings)).toEqual([]);
  });

  it('that sees both versions, or the old one alone, is warned of with what to write', () => {
    const of = (labels: string) =>
      `sum(aws_applicationelb_httpcode_target_5_xx_count_sum${labels}) / sum(aws_applicationelb_request_count_sum${labels})`;
    const mixed = readOne({ ...threshold, query: of('') }).warnings;
    expect(mixed[0]).toMatchObject({
      message: 'this query mixes both versions: it selects no target group',
      fix: `Add dimension_TargetGroup="${GREEN}". Or write metric: http-5xx-rate, strategy: CANARY_PRIMARY in place of query, strategy and expected.`,
    });
    const old = readOne({ ...threshold, query: of(`{dimension_TargetGroup="${BLUE}"}`) }).warnings;
    expect(said(old)[0]).toContain('looks at the primary’s target group');
    const own = readOne({ ...threshold, query: of(`{dimension_TargetGroup="${GREEN}"}`) }).warnings;
    expect(said(own).filter((message) => message.includes('target group'))).toEqual([]);
  });
});

describe('a quotient in PromQL that compares two versions', () => {
  const quotient =
    'sum(rate(r{g="{{ .Variant.TargetGroup }}",code=~"5.."}[5m])) / sum(rate(r{g="{{ .Variant.TargetGroup }}"}[5m]))';
  const compared = { provider: 'prometheus', strategy: 'CANARY_PRIMARY', interval: '10m', query: quotient };

  it('is judged as the two counts, in buckets as long as it looks back', () => {
    const { metric, errors, warnings } = readOne(compared);
    expect([...errors, ...warnings]).toEqual([]);
    expect(metric).toMatchObject({
      kind: 'COUNTS',
      resolution: 5 * MINUTE,
      canary: {
        errors: `sum(increase(r{g="${GREEN}",code=~"5.."}[5m]))`,
        requests: `sum(increase(r{g="${GREEN}"}[5m]))`,
      },
    });
  });

  it('stays a value where a factor is in it, or the test is PipeCD’s', () => {
    expect(readOne({ ...compared, query: `100 * ${quotient}`, deviation: 'HIGH' }).metric).toMatchObject({
      kind: 'VALUE',
    });
    const byWindow = readOne({ ...compared, test: 'MANN_WHITNEY', deviation: 'HIGH', interval: '30m' });
    expect(byWindow.metric).toMatchObject({ kind: 'VALUE', resolution: 5 * MINUTE });
  });

  it('is refused where a shorter resolution would count what happened several times', () => {
    const { errors } = readOne({ ...compared, resolution: '1m' });
    expect(said(errors)).toEqual([expect.stringContaining('looks back 5m from each bucket of 1m')]);
  });
});

describe('a query to the tasks', () => {
  const tasks = { provider: 'tasks', expected: { max: 1 }, interval: '1m' };

  it('that cannot be read is refused with its place', () => {
    const { errors } = readOne({ ...tasks, query: 'sum(rate(http_requests_total[1m]))' });
    expect(errors).toMatchObject([
      { message: expect.stringContaining('cannot be read at “rate(http_requests_t…”') as string },
    ]);
    expect(errors[0]?.fix).toContain('leave the outer one out');
  });

  it('whose expression may never end is refused', () => {
    const { errors } = readOne({ ...tasks, query: 'rate(hits{path=~"(a+)+b"})' });
    expect(said(errors)).toEqual([expect.stringContaining('"(a+)+b" may try for so long')]);
    expect(readOne({ ...tasks, query: 'rate(hits{path=~"/a/.*|/b/.+"})' }).errors).toEqual([]);
  });

  it('that divides two counters is judged as the two counts', () => {
    const query = 'rate(hits{code=~"5..",p="a\\"b"}) / hits';
    const { metric, errors } = readOne({ provider: 'tasks', strategy: 'CANARY_PRIMARY', interval: '1m', query });
    expect(errors).toEqual([]);
    expect(metric).toMatchObject({
      kind: 'COUNTS',
      canary: { errors: 'hits{code=~"5..",p="a\\"b"}', requests: 'hits' },
      reference: { variant: 'primary' },
    });
  });
});

describe('unhealthy-hosts', () => {
  it.each([{ strategy: 'CANARY_PRIMARY' }, { strategy: 'PREVIOUS' }, { test: 'SEQUENTIAL', expected: { max: 0.1 } }])(
    'is for bounds alone: %j',
    (over) => {
      const { errors } = readOne({ provider: 'cloudwatch', metric: 'unhealthy-hosts', interval: '1m', ...over });
      expect(errors).toMatchObject([{ fix: 'Write strategy: THRESHOLD and expected: {max: 0}.' }]);
    },
  );

  it('passes with bounds', () => {
    const metric = { provider: 'cloudwatch', metric: 'unhealthy-hosts', interval: '1m', expected: { max: 0 } };
    expect(readOne(metric).errors).toEqual([]);
  });
});
