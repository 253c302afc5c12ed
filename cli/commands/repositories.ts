import type { RepositoryDocument } from '../../model/wire.js';
import { lookAnswer, repositoryListAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

const SHORT_HASH = 9;
const REMOVED =
  'Not configured any more: commits deploy nothing, events end FAILED. Its applications stay as they run; deploy and roll them back by hand.';

/** `sluice repositories`: what is watched, and how each application file stands. */
export function addRepositories({ program, context, done }: CommandHost): void {
  program
    .command('repositories')
    .description(
      'Show the watched repositories and their application files. Exit code 1 when one cannot be read or loaded.',
    )
    .option('--sync <repoId>', 'have this one looked at now, and show nothing')
    .option('--json', 'answer as JSON')
    .action(async ({ sync, json = false }: { sync?: string; json?: boolean }) => {
      const server = findServer(context);
      if (sync !== undefined) {
        const path = `/repositories/${encodeURIComponent(sync)}/sync`;
        const answer = await call(server, { method: 'POST', path }, lookAnswer);
        context.out(json ? JSON.stringify(answer) : `${plain(sync)} is looked at.`);
        return;
      }
      const list = await call(server, { path: '/repositories' }, repositoryListAnswer);
      const lines = json ? [JSON.stringify(list)] : repositoryLines(list.repositories);
      for (const line of lines) context.out(line);
      if (list.repositories.some(isTroubled)) done(EXIT.failed);
    });
}

function isTroubled({ problem, applications }: RepositoryDocument): boolean {
  return problem !== undefined || applications.some(({ status }) => status === 'INVALID');
}

/** Each repository with its files below it, and what is wrong below those. */
export function repositoryLines(repositories: readonly RepositoryDocument[]): string[] {
  if (repositories.length === 0) {
    return ['No repository is watched. Name them in the server configuration: repositories.'];
  }
  return repositories.flatMap(({ repoId, remote, branch, head, lookedAt, problem, removed, applications }) => {
    const width = Math.max(0, ...applications.map(({ app = '?' }) => app.length));
    const reading = problem === undefined ? ' (the first fetch of a large one takes minutes)' : '';
    const at = head ? `at ${head.hash.slice(0, SHORT_HASH)}` : `not read yet${reading}`;
    return [
      `${plain(repoId)}  ${plain(remote)} ${plain(branch)}, ${at}${lookedAt === undefined ? '' : `, looked at ${lookedAt}`}`,
      ...(removed ? [`  – ${REMOVED}`] : []),
      ...(problem === undefined ? [] : [`  ✖ ${plain(problem)}`]),
      ...applications.flatMap(({ app = '?', path, status, deployment, problem: wrong }) => [
        `  ${plain(app).padEnd(width)}  ${status.padEnd(10)}  ${plain(path)}${deployment === undefined ? '' : `  ${deployment}`}`,
        ...(wrong === undefined ? [] : wrong.split('\n').map((line) => `  ${' '.repeat(width)}  → ${plain(line)}`)),
      ]),
    ];
  });
}
