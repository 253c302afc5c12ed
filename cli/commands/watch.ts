import { findServer, follower } from '../context.js';
import type { CommandHost } from '../program.js';
import { followToEnd } from './follow-to-end.js';

/** `sluice watch`: follows a deployment to its end; the exit code tells how it ended. */
export function addWatch(host: CommandHost): void {
  host.program
    .command('watch')
    .description('Follow a deployment to its end. Exit code: 0 SUCCEEDED, 1 any other end, 3 server out of reach.')
    .argument('<deployment>', 'its id, such as web-12')
    .option('--json', 'show no progress; answer with the final document')
    .action((id: string, { json = false }: { json?: boolean }) =>
      followToEnd(host, findServer(host.context), id, follower(host.context, json), json),
    );
}
