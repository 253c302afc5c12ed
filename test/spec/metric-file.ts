import { MINUTE, SECOND } from '../../model/duration.js';
import type { Finding } from '../../model/finding.js';
import type { Metric } from '../../model/metric.js';
import type { AnalysisStage } from '../../model/stage.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import { parse, seedFiles } from './support.js';

/** One provider of each kind, named after it. */
export const ALL_SOURCES: KnownProviders = {
  ecsProviders: ['sample-ecs'],
  allowScripts: true,
  analysisProviders: [
    { name: 'datadog', type: 'DATADOG', maxDelay: 20 * MINUTE, resolution: MINUTE },
    { name: 'prometheus', type: 'PROMETHEUS', delay: 30 * SECOND, maxDelay: 2 * MINUTE, resolution: MINUTE },
    { name: 'cloudwatch', type: 'CLOUDWATCH', maxDelay: 10 * MINUTE, resolution: MINUTE },
    { name: 'tasks', type: 'TASKS', delay: 0, maxDelay: MINUTE, resolution: 10 * SECOND },
  ],
};

export const GREEN = 'targetgroup/green/2222222222222222';
export const BLUE = 'targetgroup/blue/1111111111111111';

type Fields = Readonly<Record<string, unknown>>;

function block(fields: Fields, indent: number): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const lines = given.map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return lines.map((line, index) => `${' '.repeat(index === 0 ? 0 : indent)}${line}\n`).join('');
}

/** The seed's application with this ANALYSIS in place of its own; each field on a line of its own. */
export function withAnalysis(metrics: readonly Fields[], stage: Fields = {}): Record<string, string> {
  const files = seedFiles();
  const app = files['app.pipecd.yaml'];
  const from = app.indexOf('          duration: 10m');
  const to = app.indexOf('      - name: ECS_PRIMARY_ROLLOUT');
  const list = metrics.map((fields) => `            - ${block(fields, 14)}`).join('');
  const own = block({ duration: '30m', ...stage }, 10);
  const text = `${app.slice(0, from)}          ${own}          metrics:\n${list}${app.slice(to)}`;
  return { ...files, 'app.pipecd.yaml': text };
}

/** What becomes of such a file: the ANALYSIS, and what is said of it (what is said of the task definition is left out). */
export interface ReadAnalysis {
  stage: AnalysisStage | undefined;
  metrics: Metric[];
  errors: Finding[];
  warnings: Finding[];
}

/** @param known null where no server configuration is at hand */
export function readFiles(files: Record<string, string>, known: KnownProviders | null = ALL_SOURCES): ReadAnalysis {
  const { release, findings } = parse(files, { known: known ?? undefined });
  const said = findings.filter(({ file }) => file !== 'taskdef.yaml');
  const stage = release?.pipeline.find((each) => each.name === 'ANALYSIS');
  return {
    stage,
    metrics: stage?.metrics ?? [],
    errors: said.filter(({ level }) => level === 'error'),
    warnings: said.filter(({ level }) => level === 'warning'),
  };
}

/** Reads one metric. */
export function readOne(metric: Fields, stage?: Fields, known?: KnownProviders): ReadAnalysis & { metric: Metric } {
  const read = readFiles(withAnalysis([{ interval: '1m', ...metric }], stage), known);
  const [only] = read.metrics;
  return { ...read, metric: only! };
}
