import { applicationAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { addExamples } from '../examples.js';
import type { CommandHost } from '../program.js';
import type { HoldOptions } from './hold-state.js';

/** `sluice rename`: an application goes on under another name. */
export function addRename({ program, context }: CommandHost): void {
  const command = program
    .command('rename')
    .description('Let an application go on under another name, with its service, its last good version and its hold.')
    .argument('<app>', 'name of the application')
    .argument('<new-name>', 'a name that nothing good was ever deployed under')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name')
    .option('--json', 'answer as JSON')
    .action(async (app: string, to: string, { reason, json }: HoldOptions) => {
      const path = `/applications/${encodeURIComponent(app)}/rename`;
      const answer = await call(findServer(context), { method: 'POST', path, body: { to, reason } }, applicationAnswer);
      context.out(json ? JSON.stringify(answer) : `${app} is ${answer.app} now, ${answer.state}.`);
    });
  addExamples(command, [
    'files that say spec.name: storefront from now on',
    'sluice rename shop storefront --reason "the team calls it so"',
  ]);
}
