import { describe, expect, it } from 'vitest';
import type { Finding } from '../../model/finding.js';
import type { Metric } from '../../model/metric.js';
import { APP } from './mistake.js';
import { edited, errors, lineOf, parse, seedFiles, warnings } from './support.js';

const METRICS = /          metrics:[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0];
const AT = 'spec.pipeline.stages[2].with.https[0]';

function filesWith(fields: Record<string, unknown>): Record<string, string> {
  const usual = { url: 'https://shop.example.com/health', interval: '1m', expectedCode: 200 };
  const lines = Object.entries<unknown>({ ...usual, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return edited([APP, METRICS, `          https:\n            - ${lines.join('\n              ')}\n`]);
}

function check(fields: Record<string, unknown> = {}): Metric {
  const parsed = parse(filesWith(fields));
  expect(errors(parsed)).toEqual([]);
  const stage = parsed.release!.pipeline[2]!;
  if (stage.name !== 'ANALYSIS') throw new Error(stage.name);
  return stage.metrics[0]!;
}

function found(fields: Record<string, unknown>, level: Finding['level']): Finding[] {
  const parsed = parse(filesWith(fields));
  return (level === 'error' ? errors : warnings)(parsed).filter(({ field }) => field?.startsWith(AT));
}

describe('an https check', () => {
  it('is a metric of which each point must be 1', () => {
    expect(check()).toEqual({
      name: 'https-0',
      strategy: 'THRESHOLD',
      test: 'EACH_POINT',
      provider: 'http',
      source: 'HTTP',
      query: 'GET https://shop.example.com/health',
      expected: { min: 1 },
      http: { url: 'https://shop.example.com/health', method: 'GET', headers: {}, expectedCode: 200 },
      interval: 60_000,
      failureLimit: 0,
      skipOnNoData: false,
      timeout: 30_000,
      delay: 0,
      maxDelay: 30_000,
      resolution: 1_000,
      minMeasured: 0.5,
      errorLimit: 5,
      dryRun: false,
    });
  });

  it('takes PipeCD’s fields and ours, with variables in the address, headers and bodies', () => {
    const metric = check({
      name: 'health',
      url: 'https://{{ .App.Name }}.example.com/health',
      method: 'post',
      headers: [{ key: 'X-App', value: '{{ .App.Name }}' }],
      expectedCode: 204,
      expectedResponse: 'ok {{ .App.Name }}',
      bodyMatches: '^ok {{ .App.Name }}$',
      jsonPath: { '$.status': 'ok', '$.checks[0].up': true },
      failureLimit: 2,
      timeout: '5s',
      skipOnNoData: true,
    });
    expect(metric).toMatchObject({
      name: 'health',
      query: 'POST https://canary.example.com/health',
      failureLimit: 2,
      timeout: 5_000,
      skipOnNoData: true,
      http: {
        method: 'POST',
        headers: { 'x-app': 'canary' },
        expectedCode: 204,
        expectedResponse: 'ok canary',
        bodyMatches: '^ok canary$',
        jsonPath: { '$.status': 'ok', '$.checks[0].up': 'true' },
      },
    });
  });

  it.each([undefined, 0])('expects 200 where PipeCD would expect what no answer has: %s', (expectedCode) => {
    expect(check({ expectedCode })).toMatchObject({ http: { expectedCode: 200 } });
    expect(found({ expectedCode }, 'warning')).toMatchObject([
      { field: `${AT}.expectedCode`, message: expect.stringContaining('200') as string },
    ]);
  });

  it.each(['Authorization', 'Cookie', 'X-Auth-Token', 'x-api-key'])(
    'warns of a secret in %s, and does not repeat it',
    (key) => {
      const [warning] = found({ headers: [{ key, value: 'hunter2' }] }, 'warning');
      expect(warning).toMatchObject({ field: `${AT}.headers[0].key` });
      expect(JSON.stringify(warning)).not.toContain('hunter2');
    },
  );

  it('says nothing of other headers', () => {
    expect(found({ headers: [{ key: 'Accept', value: 'application/json' }] }, 'warning')).toEqual([]);
  });

  it('warns of a timeout that outlasts the interval', () => {
    expect(found({ interval: '10s' }, 'warning')).toEqual([]);
    expect(found({ interval: '10s', timeout: '20s' }, 'warning')).toMatchObject([{ field: `${AT}.timeout` }]);
  });

  it.each([
    ['an address of another protocol', { url: 'ftp://shop.example.com' }, 'url', /no http or https address/],
    ['a password in the address', { url: 'https://me:hunter2@shop.example.com' }, 'url', /holds a password/],
    ['a variable without a value', { url: 'https://{{ .App.Nam }}/x' }, 'url', /has no value/],
    ['what is known only later', { url: 'https://{{ .Variant.LoadBalancer }}/x' }, 'url', /has no value/],
    ['a status that no answer has', { expectedCode: 42 }, 'expectedCode', /no answer has the status 42/],
    ['a broken expression', { bodyMatches: '(' }, 'bodyMatches', /no regular expression/],
    ['a path that is none', { jsonPath: { status: 'ok' } }, 'jsonPath.status', /no dotted path/],
    ['a header’s name', { headers: [{ key: 'a b', value: '1' }] }, 'headers[0].key', /no name of a header/],
    ['a header’s value', { headers: [{ key: 'a', value: 'x\ny' }] }, 'headers[0].value', /no header can have/],
    [
      'a header twice',
      {
        headers: [
          { key: 'a', value: '1' },
          { key: 'A', value: '2' },
        ],
      },
      'headers[1].key',
      /given twice/,
    ],
    ['a mistyped field', { expectedcodes: 200 }, 'expectedcodes', /not a known field/],
  ])('refuses %s', (_title, fields, field, message) => {
    const files = filesWith(fields);
    const [error] = errors(parse(files));
    expect(error).toMatchObject({ field: `${AT}.${field}`, message: expect.stringMatching(message) as string });
    expect(error?.line).toBeGreaterThanOrEqual(lineOf(files[APP]!, 'https:'));
  });

  it('still refuses logs', () => {
    const files = edited([APP, '          metrics:', '          logs: [{query: x}]\n          metrics:']);
    expect(errors(parse(files))).toMatchObject([{ field: 'spec.pipeline.stages[2].with.logs' }]);
  });
});
