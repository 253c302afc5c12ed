import { resolve } from 'node:path';
import { MINUTE } from '../../model/duration.js';
import type { Difference, PlanDocument } from '../../model/plan-preview.js';
import { planAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { addExamples } from '../examples.js';
import { EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';
import { addSourceOptions, requestOf } from './deploy.js';
import type { DeployOptions } from './deploy.js';

/** `sluice plan`: what a deployment would do now, against what runs in AWS. Changes nothing. */
export function addPlan({ program, context, done }: CommandHost): void {
  const command = program
    .command('plan')
    .description(
      'Show what a deployment of a folder would do now, and change nothing. Exit code 1 when it would be refused.',
    );
  addExamples(
    command,
    ['what the files of the folder web would change', 'sluice plan web'],
    ['the same with another image, for a script', 'sluice plan web --image registry.example.com/web:1.28 --json'],
  );
  addSourceOptions(command)
    .option('--commit <hash>', 'the commit that this is')
    .option('--commit-message <text>', 'what commitMatcher looks at')
    .option('--json', 'answer as JSON')
    .action(async (dir: string, options: DeployOptions & { json?: true }) => {
      const server = findServer(context);
      const body = await requestOf(server, resolve(dir), options);
      const plan = await call(server, { method: 'POST', path: '/plan', body, timeout: 2 * MINUTE }, planAnswer);
      const lines = options.json ? [JSON.stringify(plan)] : planLines(plan);
      for (const line of lines) context.out(line);
      if (plan.plan === 'REFUSED') done(EXIT.failed);
    });
}

/** A plan for people. */
export function planLines(plan: PlanDocument): string[] {
  const { running, version } = plan;
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${plain(line)}`)];
  const width = Math.max(0, ...plan.stages.map(({ name }) => name.length));
  return [
    `${plan.app}: ${plan.plan}. ${plain(plan.reason)}`,
    `${plain(running?.image ?? running?.taskDefinitionArn ?? 'nothing runs')} → ${plain(version.image)}${version.commit === undefined ? '' : ` (${plain(version.commit.slice(0, 9))})`}`,
    ...part(
      'Stages',
      plan.stages.map(({ name, does }) => `${name.padEnd(width)}  ${does}`),
    ),
    ...part('Changes in AWS', plan.changes),
    ...part(
      'Analysis',
      plan.analysis.flatMap(({ stage, metric, strategy, query, windows, firstVerdict, lastVerdict }) => [
        `${stage} ${metric}: ${strategy}, ${windows} window(s); first verdict after ${firstVerdict}, last after ${lastVerdict}`,
        ...query
          .trim()
          .split('\n')
          .map((line) => `  ${line}`),
      ]),
    ),
    ...part('Task definition', plan.taskDefinition.map(differenceLine)),
    ...part('Service', plan.service.map(differenceLine)),
    ...part('Warnings', plan.warnings),
    ...(plan.peakTasks > 0 ? ['', `At most ${plan.peakTasks} tasks stand at once.`] : []),
  ];
}

function differenceLine({ path, from, to }: Difference): string {
  if (from === undefined) return `+ ${path}: ${to ?? ''}`;
  return to === undefined ? `- ${path}: ${from}` : `~ ${path}: ${from} → ${to}`;
}
