import { deploymentAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { addExamples } from '../examples.js';
import { findDeployment } from '../find-deployment.js';
import type { CommandHost } from '../program.js';
import { sendControl, type ControlOptions } from './control.js';

/** `sluice rollback`: a running deployment, or an application to an earlier good version. */
export function addRollback(host: CommandHost): void {
  const { program, context } = host;
  const command = program
    .command('rollback')
    .description('Roll back a running deployment, or an application to an earlier good version, which then is held.')
    .argument('<deployment-or-app>', 'a deployment such as web-12, or an application such as web')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--to <deployment>', 'the earlier good version; the last one when left out (applications only)')
    .option('--json', 'answer as JSON')
    .action(async (name: string, { to, ...options }: ControlOptions & { to?: string }) => {
      const server = findServer(context);
      if (to === undefined && (await findDeployment(server, name))) return sendControl(host, 'rollback', name, options);
      const body = { reason: options.reason, ...(to !== undefined && { to }) };
      const path = `/applications/${encodeURIComponent(name)}/rollback`;
      const started = await call(server, { method: 'POST', path, body }, deploymentAnswer);
      context.out(
        options.json ? JSON.stringify(started) : `${started.id} ${started.status}: sluice watch ${started.id}`,
      );
    });
  addExamples(
    command,
    ['a deployment that runs', 'sluice rollback web-12 --reason "checkout is slow"'],
    ['the application, to its last good version', 'sluice rollback web --reason "checkout is slow"'],
    ['the application, to the version of web-9', 'sluice rollback web --to web-9 --reason "since web-10 it leaks"'],
  );
}
