import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderQuery } from '../../spec/query-template.js';
import { edited, parse, warnings } from './support.js';

const VARIABLES = {
  App: { Name: 'web', Env: '' },
  VariantCustomArgs: { job: 'web-primary' },
  AppCustomArgs: { 'not-a-path': 'x', team: 'red' },
};

describe('a query’s template', () => {
  it.each([
    ['sum:a{env:prd}', 'sum:a{env:prd}'],
    ['sum:a{app:{{ .App.Name }}}', 'sum:a{app:web}'],
    ['{{.App.Name}}/{{ .VariantCustomArgs.job }}/{{ .AppCustomArgs.team }}', 'web/web-primary/red'],
    ['a {{- .App.Name -}} b', 'awebb'],
    ['[{{ .App.Env }}]', '[]'],
  ])('%s becomes %s', (template, query) => {
    expect(renderQuery(template, VARIABLES)).toEqual({ query, problems: [] });
  });

  it.each([
    '{{ .App.Nme }}',
    '{{ .App }}',
    '{{ .VariantCustomArgs.none }}',
    '{{ .App.Name | upper }}',
    '{{ if .App.Name }}',
    '{{ App.Name }}',
    '{{ }}',
    '{{ .App.constructor }}',
    '{{ .App.__proto__.x }}',
    '{{ .AppCustomArgs.not-a-path }}',
  ])('%s is a problem, and nothing is put in its place', (template) => {
    const { query, problems } = renderQuery(template, VARIABLES);
    expect(query).toBe(template);
    expect(problems).toHaveLength(1);
  });

  it('names what is known', () => {
    expect(renderQuery('{{ .X }}', { App: { Name: 'a' } }).problems).toEqual([
      '{{ .X }} has no value; known here: .App.Name',
    ]);
  });

  it('leaves text without double braces as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{{') && !text.includes('}}')),
        (text) => {
          expect(renderQuery(text, VARIABLES)).toEqual({ query: text, problems: [] });
        },
      ),
    );
  });

  it('knows the application’s name, the metric’s primaryArgs and the plugin’s appCustomArgs', () => {
    const parsed = parse(
      edited(
        [
          'app.pipecd.yaml',
          'env:prd',
          'env:{{ .VariantCustomArgs.env }},app:{{ .App.Name }},{{ .AppCustomArgs.more }}',
        ],
        ['app.pipecd.yaml', 'interval: 1m', 'interval: 1m\n              primaryArgs: {env: stg}'],
        ['app.pipecd.yaml', '  input:', '  plugins: {analysis: {appCustomArgs: {more: "team:xyz"}}}\n  input:'],
      ),
    );
    const stage = parsed.release!.pipeline[2]!;
    const query = stage.name === 'ANALYSIS' ? stage.metrics[0]!.query : '';
    expect(query).toContain('{env:stg,app:canary,team:xyz,hostname:');
    expect(warnings(parsed).map(({ field }) => field)).not.toContain(
      'spec.pipeline.stages[2].with.metrics[0].primaryArgs',
    );
  });
});
