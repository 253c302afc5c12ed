import type { ApplicationDocument } from '../../model/wire.js';
import { applicationAnswer, deploymentListAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer, type Context } from '../context.js';
import { findDeployment } from '../find-deployment.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';
import { renderTree } from '../watch/tree.js';

const LISTED = 20;

/** `sluice status`: the newest deployments, an application, or one deployment. */
export function addStatus({ program, context }: CommandHost): void {
  program
    .command('status')
    .description('Show the newest deployments, an application with its history, or one deployment.')
    .argument('[app-or-deployment]', 'an application such as web, or a deployment such as web-12')
    .option('--json', 'answer as JSON')
    .action((name: string | undefined, { json = false }: { json?: boolean }) => showStatus(context, name, json));
}

async function showStatus(context: Context, name: string | undefined, json: boolean): Promise<void> {
  const server = findServer(context);
  const show = <T>(answer: T, lines: (answer: T) => string[]): void => {
    if (json) return context.out(JSON.stringify(answer));
    for (const line of lines(answer)) context.out(context.terminal?.paint(line) ?? line);
  };
  if (name === undefined) {
    const list = await call(server, { path: `/deployments?limit=${LISTED}` }, deploymentListAnswer);
    return show(list, ({ deployments }) =>
      deployments.length === 0
        ? ['No deployments yet: sluice deploy DIR']
        : deployments.map(({ id, status, reason }) => plain(`${id.padEnd(24)} ${status.padEnd(16)} ${reason}`)),
    );
  }
  const deployment = await findDeployment(server, name);
  if (deployment) {
    const width = context.terminal?.stream.columns ?? 200;
    return show(deployment, (found) => renderTree(found, { now: Date.now(), width, height: Infinity, log: [] }));
  }
  const path = `/applications/${encodeURIComponent(name)}`;
  return show(await call(server, { path }, applicationAnswer), (found) => applicationLines(found).map(plain));
}

function applicationLines(application: ApplicationDocument): string[] {
  const { app, state, renamed, formerly, service, task, running, pending, held, drift, lastGood, history } =
    application;
  return [
    `${app}  ${state}`,
    ...(renamed ? [`renamed to ${renamed.to} by ${renamed.by} at ${renamed.at}: ${renamed.reason}`] : []),
    ...(formerly ? [`formerly ${formerly}`] : []),
    ...(service ? [`service ${service.name} in ${service.cluster} (${service.provider})`] : []),
    ...(task ? [`standalone task ${task.family} in ${task.cluster} (${task.provider})`] : []),
    ...(held ? [`held by ${held.by} since ${held.at}: ${held.reason}`] : []),
    ...(running ? [`running ${running}`] : []),
    ...(pending ? [`pending ${pending}`] : []),
    ...(drift ? [`drift ${drift.status} since ${drift.since}: ${drift.reason}`] : []),
    ...(lastGood ? [`last good ${lastGood.id}${lastGood.image ? ` · ${lastGood.image}` : ''}`] : []),
    ...history.map(
      ({ id, status, completedAt, reason }) => `  ${id.padEnd(20)} ${status.padEnd(12)} ${completedAt} ${reason}`,
    ),
  ];
}
