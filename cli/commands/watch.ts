import { findServer, follower } from '../context.js';
import { addExamples } from '../examples.js';
import type { CommandHost } from '../program.js';
import { followToEnd } from './follow-to-end.js';

/** `sluice watch`: follows a deployment to its end; the exit code tells how it ended. */
export function addWatch(host: CommandHost): void {
  const command = host.program
    .command('watch')
    .description('Follow a deployment to its end. Exit code: 0 SUCCEEDED, 1 any other end, 3 server out of reach.')
    .argument('<deployment>', 'its id, such as web-12')
    .option('--json', 'show no progress; answer with the final document')
    .action((id: string, { json = false }: { json?: boolean }) =>
      followToEnd(host, findServer(host.context), id, follower(host.context, json), json),
    );
  addExamples(
    command,
    ['until web-12 has ended', 'sluice watch web-12'],
    ['the final document alone, for a script', 'sluice watch web-12 --json'],
  );
}
