import { describe, expect, it } from 'vitest';
import type { Metric } from '../../model/metric.js';
import { APP } from './mistake.js';
import { edited, errors, lineOf, parse, seedFiles, warnings } from './support.js';

const ITEM = /            - strategy: THRESHOLD[\s\S]*?(?=      - name: ECS_PRIMARY)/.exec(seedFiles()[APP])![0];
const TEMPLATE = '.pipe/analysis.yaml';

const RATE = `apiVersion: pipecd.dev/v1beta1
kind: AnalysisTemplate
spec:
  metrics:
    error-rate:
      provider: sample-datadog
      interval: 1m
      timeout: 10s
      expected:
        max: 0.01
      query: sum:trace.errors{service:{{ .AppCustomArgs.service }},env:{{ .AppCustomArgs.env }}} / sum:trace.hits{app:{{ .App.Name }}}
  https:
    healthy:
      url: https://{{ .AppCustomArgs.host }}/health
      interval: 1m
      expectedCode: 200
`;

/** The seed with these lines in place of its one metric, and a file of templates beside it. */
function withTemplate(items: string, template: Record<string, string> = { [TEMPLATE]: RATE }): Record<string, string> {
  return { ...edited([APP, ITEM, items]), ...template };
}

const USED = `            - template:
                name: error-rate
                appArgs:
                  service: web
                  env: prod
`;

function metricsOf(files: Record<string, string>): Metric[] {
  const parsed = parse(files);
  expect(errors(parsed)).toEqual([]);
  return parsed.release!.pipeline.flatMap((stage) => (stage.name === 'ANALYSIS' ? stage.metrics : []));
}

describe('a metric from a template', () => {
  it('has the template’s fields, with its own arguments put in', () => {
    expect(metricsOf(withTemplate(USED))).toMatchObject([
      {
        name: 'error-rate',
        provider: 'sample-datadog',
        timeout: 10_000,
        expected: { max: 0.01 },
        query: 'sum:trace.errors{service:web,env:prod} / sum:trace.hits{app:canary}',
      },
    ]);
  });

  it('may be used twice, with other arguments, and a name of its own', () => {
    const again = USED.replace('web', 'api');
    const named = USED.replace('            - template:', '            - name: third\n              template:');
    const [first, second, third] = metricsOf(withTemplate(USED + again + named));
    expect([first?.name, second?.name, third?.name]).toEqual(['error-rate', 'metrics-1', 'third']);
    expect(second?.query).toContain('service:api');
  });

  it('keeps name, timeout and dryRun that stand beside it, and says that the rest is not used', () => {
    const beside = `${USED}              timeout: 5s\n              dryRun: true\n              interval: 2m\n`;
    const files = withTemplate(beside);
    expect(metricsOf(files)).toMatchObject([{ timeout: 5_000, dryRun: true, interval: 60_000 }]);
    expect(warnings(parse(files))).toContainEqual(
      expect.objectContaining({
        file: APP,
        line: lineOf(files[APP]!, '              interval: 2m'),
        message: expect.stringMatching(/interval is not used: the template.s fields are/) as string,
      }),
    );
  });

  it('is written as JSON, or in another folder', () => {
    const json = JSON.stringify({
      apiVersion: 'pipecd.dev/v1beta1',
      kind: 'AnalysisTemplate',
      spec: {
        metrics: {
          'error-rate': { provider: 'sample-datadog', interval: '1m', query: 'avg:a{*}', expected: { max: 1 } },
        },
      },
    });
    expect(metricsOf(withTemplate(USED, { '../../.pipe/t.json': json }))).toMatchObject([{ query: 'avg:a{*}' }]);
  });

  it('gives an https check too', () => {
    const items = `          https:
            - template:
                name: healthy
                appArgs: {host: shop.example.com}
`;
    const files = withTemplate(items);
    files[APP] = files[APP]!.replace('          metrics:\n', '');
    expect(metricsOf(files)).toMatchObject([
      { name: 'healthy', source: 'HTTP', query: 'GET https://shop.example.com/health' },
    ]);
  });
});

describe('what is wrong with a template', () => {
  it('a name that no file has: the known ones are told', () => {
    const files = withTemplate(USED.replace('error-rate', 'eror-rate'));
    expect(errors(parse(files))).toContainEqual(
      expect.objectContaining({
        file: APP,
        line: lineOf(files[APP]!, 'name: eror-rate'),
        field: 'spec.pipeline.stages[2].with.metrics[0].template.name',
        message: 'there is no template "eror-rate" for metrics; known: "error-rate"',
        fix: 'Did you mean "error-rate"?',
      }),
    );
  });

  it('no file of templates at all', () => {
    const [error] = errors(parse(withTemplate(USED, {})));
    expect(error).toMatchObject({ message: 'there is no template "error-rate" for metrics; known: none' });
    expect(error?.fix).toMatch(/kind: AnalysisTemplate/);
  });

  it('a mistake in its file is told there', () => {
    const broken = RATE.replace('        max: 0.01', '        maximum: 0.01');
    const found = errors(parse(withTemplate(USED, { [TEMPLATE]: broken })));
    expect(found).toContainEqual(
      expect.objectContaining({
        file: TEMPLATE,
        line: lineOf(broken, 'maximum'),
        field: 'spec.metrics.error-rate.expected.maximum',
      }),
    );
  });

  it('an argument that the metric does not give', () => {
    const found = errors(parse(withTemplate(USED.replace('                  env: prod\n', ''))));
    expect(found).toMatchObject([
      {
        file: TEMPLATE,
        line: lineOf(RATE, 'query:'),
        field: 'spec.metrics.error-rate.query',
        message: expect.stringMatching(
          /\{\{ \.AppCustomArgs\.env \}\} has no value for the primary; known here: .*\.AppCustomArgs\.service/,
        ) as string,
      },
    ]);
  });

  it('a file that is no YAML', () => {
    const found = errors(parse(withTemplate(USED, { [TEMPLATE]: `${RATE}    : [` })));
    expect(found).toContainEqual(expect.objectContaining({ file: TEMPLATE }));
  });

  it('one name in two files', () => {
    const found = errors(parse(withTemplate(USED, { [TEMPLATE]: RATE, '../.pipe/other.yml': RATE })));
    expect(found).toContainEqual(
      expect.objectContaining({
        file: '../.pipe/other.yml',
        field: 'spec.metrics.error-rate',
        message: `the template "error-rate" is also in ${TEMPLATE}`,
      }),
    );
  });

  it('a file of another kind is left alone', () => {
    const other = '# kind: AnalysisTemplate\nkind: EventWatcher\nspec: [1, 2';
    expect(errors(parse({ ...seedFiles(), [TEMPLATE]: 'kind: EventWatcher\nspec: {}\n' }))).toEqual([]);
    expect(errors(parse({ ...seedFiles(), [TEMPLATE]: other.replace('[1, 2', '{}') }))).toEqual([]);
  });
});
