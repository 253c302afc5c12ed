import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { JsonSchema } from '../../document/described.js';
import { formatDuration, parseDuration } from '../../model/duration.js';
import type { AnalysisStage, StageName } from '../../model/stage.js';
import { applicationSchema } from '../../spec/described-application.js';
import { WITH } from '../../spec/described-stage.js';
import { edited, errors, parse, seedFiles } from './support.js';
import type { Edit } from './support.js';

const ROOT = join(import.meta.dirname, '../..');
const committed = JSON.parse(readFileSync(join(ROOT, 'docs/schema/app.pipecd.schema.json'), 'utf8')) as object;
const ajv = new Ajv({ allErrors: true });
const validate = ajv.compile(committed);

/** What the schema says of a file: places and complaints. */
function complaints(text: string): string[] {
  validate(parseYaml(text));
  return (validate.errors ?? []).map(({ dataPath, message = '' }) => `${dataPath} ${message}`);
}

const EXAMPLES = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('app.pipecd.yaml'),
);

it('there are examples to hold against it', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(3);
});

it.each([...EXAMPLES.map((file) => join('examples', file)), 'test/spec/fixtures/app.pipecd.yaml'])(
  '%s fits',
  (file) => {
    expect(complaints(readFileSync(join(ROOT, file), 'utf8'))).toEqual([]);
  },
);

const ANALYSIS_WITH = `
          duration: 10m
          initialDelay: 1m
          onNoData: WAIT_APPROVAL
          alpha: 5%
          skipOn: {paths: ["docs/**"]}
          https: [{url: "http://web/health", interval: 1m, headers: [{key: Accept, value: text/plain}]}]
          metrics:
            - {template: {name: errors, appArgs: {service: web}}, interval: 5m}
            - {strategy: CANARY_PRIMARY, provider: sample-datadog, metric: http-5xx-rate, interval: 1m, tolerance: 20%}`;

/** Files with more of what may be written, in the words of the documentation. */
const GOOD: Record<string, string> = {
  'kind Application': `
apiVersion: pipecd.dev/v1beta1
kind: Application
spec:
  plugins:
    ecs: {input: {serviceDefinitionFile: servicedef.yaml}, quickSync: {recreate: false}}
    analysis: {appCustomArgs: {env: prd}}
    another: {anything: 1}`,
  'every part of spec': `
apiVersion: pipecd.dev/v1beta1
kind: ECSApp
spec:
  labels: {tier: 1}
  planner: {alwaysUsePipeline: true}
  timeout: 1h30m
  input: {serviceDefinitionFile: servicedef.yaml, autoRollback: false}
  trigger: {onCommit: {paths: [libs/**]}, onChain: {disabled: false}}
  postSync: {chain: {applications: [{name: api}]}}
  encryption: {encryptedSecrets: {password: QUJD}, decryptionTargets: [taskdef.yaml]}
  eventWatcher: [{matcher: {name: image}, handler: {config: {replacements: [{file: taskdef.yaml, yamlField: $.a}]}}}]
  pipeline:
    stages:
      - {name: WAIT, skipOn: {commitMessagePrefixes: ["docs:"]}}
      - {name: WAIT_APPROVAL, with: {approvers: [ann], analysis: {metrics: []}}}
      - {name: SCRIPT_RUN, with: {run: make check, env: {LEVEL: 3}}}
      - {name: ECS_CANARY_ROLLOUT, with: {scale: "30%"}}
      - {name: ECS_TRAFFIC_ROUTING, with: {canary: 20, baseline: 20}}
      - {name: ECS_SYNC}
      - name: ANALYSIS
        with:${ANALYSIS_WITH}`,
};

it.each(Object.entries(GOOD))('%s fits', (_, text) => {
  expect(complaints(text)).toEqual([]);
});

it('the configuration for Compose fits the schema of the server', () => {
  const server = JSON.parse(readFileSync(join(ROOT, 'docs/schema/sluice.schema.json'), 'utf8')) as object;
  const fits = ajv.compile(server);
  const compose = readFileSync(join(ROOT, 'deploy/compose/sluice.yaml'), 'utf8');
  expect(fits(parseYaml(compose)), JSON.stringify(fits.errors)).toBe(true);
  expect(fits(parseYaml(compose.replace('ecsProviders', 'ecsProvider')))).toBe(false);
});

/** What people get wrong, and where the editor must show it. */
const MISTAKES: [what: string, edit: Edit, at: string][] = [
  ['a stage that there is not', ['app.pipecd.yaml', 'ECS_CANARY_CLEAN', 'ECS_CANARY_CLEEN'], 'stages[5].name'],
  ['a mistyped key of a stage', ['app.pipecd.yaml', 'canary: 20', 'canry: 20'], 'stages[1].with'],
  ['a key of another stage', ['app.pipecd.yaml', 'scale: 30', 'scale: 30\n          canary: 20'], 'stages[0].with'],
  ['no scale', ['app.pipecd.yaml', '        with:\n          scale: 30\n', ''], 'stages[0]'],
  ['a share above 100', ['app.pipecd.yaml', 'canary: 20', 'canary: 120'], 'stages[1].with.canary'],
  ['no duration of an ANALYSIS', ['app.pipecd.yaml', '          duration: 10m\n', ''], 'stages[2].with'],
  ['a duration in days', ['app.pipecd.yaml', 'duration: 10m', 'duration: 1d'], 'stages[2].with.duration'],
  ['a mistyped key of a metric', ['app.pipecd.yaml', 'interval: 1m', 'intervall: 1m'], 'metrics[0]'],
  ['a strategy that there is not', ['app.pipecd.yaml', 'THRESHOLD', 'BOUNDS'], 'metrics[0].strategy'],
  ['a bound that is text', ['app.pipecd.yaml', 'max: 10', 'max: ten'], 'expected.max'],
  ['a mistyped key of spec', ['app.pipecd.yaml', '  labels:', '  lables:'], '.spec'],
  ['another kind', ['app.pipecd.yaml', 'ECSApp', 'KubernetesApp'], '.kind'],
  [
    'skipOn on what cannot be left out',
    ['app.pipecd.yaml', '- name: ECS_PRIMARY_ROLLOUT', '- name: ECS_PRIMARY_ROLLOUT\n        skipOn: {paths: [a]}'],
    'stages[3].skipOn',
  ],
];

it.each(MISTAKES)('%s does not fit, there and for the reader', (_, edit, at) => {
  const files = edited(edit);
  expect(complaints(files['app.pipecd.yaml']).join('\n')).toContain(at);
  // The editor must not be stricter than the reader.
  expect(errors(parse(files))).not.toEqual([]);
});

describe('the defaults that the schema names are those that the reader takes', () => {
  const files = (stages: string): Record<string, string> => {
    const [head = ''] = seedFiles()['app.pipecd.yaml'].split('  pipeline:');
    return { ...seedFiles(), 'app.pipecd.yaml': `${head}  pipeline:\n    stages:\n${stages}      - name: ECS_SYNC\n` };
  };
  const release = (stages: string) => {
    const { release: read, findings } = parse(files(stages));
    if (!read) throw new Error(JSON.stringify(findings));
    return read;
  };
  const defaultOf = ({ properties }: JsonSchema, field: string): unknown => properties?.[field]?.default;
  const ofStage = (name: StageName, field: string): unknown => defaultOf(WITH[name], field);
  const definitions = applicationSchema()['definitions'] as Record<string, JsonSchema>;

  it('of WAIT and WAIT_APPROVAL', () => {
    const [wait, approval] = release('      - name: WAIT\n      - name: WAIT_APPROVAL\n').pipeline;
    expect(wait).toMatchObject({ name: 'WAIT', duration: parseDuration(String(ofStage('WAIT', 'duration'))) });
    expect(approval).toMatchObject({
      name: 'WAIT_APPROVAL',
      timeout: parseDuration(String(ofStage('WAIT_APPROVAL', 'timeout'))),
      minApprovers: ofStage('WAIT_APPROVAL', 'minApproverNum'),
    });
  });

  it('of ANALYSIS, its metrics and checks', () => {
    const metric = '{provider: sample-datadog, query: "avg:a{b:c}", interval: 1m, expected: {max: 1}}';
    const check = '{url: "http://web/health", interval: 1m, expectedCode: 0}';
    const stage = `      - {name: ANALYSIS, with: {duration: 10m, metrics: [${metric}], https: [${check}]}}\n`;
    const [analysis] = release(stage).pipeline as [AnalysisStage];
    expect(analysis.onNoData).toBe(ofStage('ANALYSIS', 'onNoData'));
    expect(analysis.onNotEnoughData).toBe(ofStage('ANALYSIS', 'onNotEnoughData'));
    expect(analysis.initialDelay).toBe(parseDuration(String(ofStage('ANALYSIS', 'initialDelay'))));
    const [read, asked] = analysis.metrics;
    for (const [judged, definition] of [
      [read, definitions['metric']!],
      [asked, definitions['httpCheck']!],
    ] as const) {
      expect(judged).toMatchObject({
        failureLimit: defaultOf(definition, 'failureLimit'),
        skipOnNoData: defaultOf(definition, 'skipOnNoData'),
        dryRun: defaultOf(definition, 'dryRun'),
        timeout: parseDuration(String(defaultOf(definition, 'timeout'))),
        minMeasured: Number.parseInt(String(defaultOf(definition, 'minMeasured')), 10) / 100,
      });
    }
    expect(read?.strategy).toBe(defaultOf(definitions['metric']!, 'strategy'));
    expect(asked).toMatchObject({
      http: {
        method: defaultOf(definitions['httpCheck']!, 'method'),
        expectedCode: defaultOf(definitions['httpCheck']!, 'expectedCode'),
      },
    });
  });

  it('of spec and input', () => {
    const read = release('');
    const spec = applicationSchema().properties?.['spec'] ?? {};
    expect(formatDuration(read.timeout)).toBe(defaultOf(spec, 'timeout'));
    expect(read.autoRollback).toBe(defaultOf(definitions['input']!, 'autoRollback'));
    expect(read.strictRules).toBe(defaultOf(definitions['input']!, 'strictRules'));
    expect(read.alwaysUsePipeline).toBe(defaultOf(spec.properties?.['planner'] ?? {}, 'alwaysUsePipeline'));
  });
});

describe('what an editor’s YAML server shows', () => {
  interface Shown {
    enum?: string[];
    enumDescriptions?: string[];
    if?: object;
    patternErrorMessage?: string;
  }
  const { definitions } = committed as { definitions: { stage: { properties: Record<string, Shown> } } };
  const { name, timeout } = definitions.stage.properties;

  it('says of each stage what it does, and of a duration how it is written', () => {
    expect(name?.enumDescriptions).toHaveLength(name?.enum?.length ?? -1);
    expect(new Set(name?.enumDescriptions).size).toBe(name?.enum?.length);
    expect(timeout?.patternErrorMessage).toContain('10m');
  });

  it('takes an entry of metrics that is still empty as a metric, not as a template', () => {
    const metrics = (WITH.ANALYSIS.properties?.['metrics'] as { items: Shown }).items;
    const isTemplate = new Ajv().compile(metrics.if ?? false);
    expect([isTemplate(null), isTemplate({ template: { name: 'errors' } })]).toEqual([false, true]);
  });
});
