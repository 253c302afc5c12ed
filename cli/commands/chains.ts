import { describeMatcher } from '../../model/chain.js';
import type { ChainDocument } from '../../model/chain.js';
import { chainAnswer, chainListAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

interface ChainsOptions {
  cancel?: true;
  reason?: string;
  json?: true;
}

/** `sluice chains`: what follows a deployment, as a tree. */
export function addChains({ program, context, done }: CommandHost): void {
  program
    .command('chains')
    .description('Show what follows a deployment (postSync.chain). Exit code 1 when a shown one did not succeed.')
    .argument('[deployment]', 'the deployment that the chain follows; the newest chains when left out')
    .option('--cancel', 'begin no further deployment of it; those that run go on')
    .option('--reason <why>', 'why it is cancelled')
    .option('--json', 'answer as JSON')
    .action(async (id: string | undefined, { cancel, reason, json }: ChainsOptions) => {
      const server = findServer(context);
      if (id === undefined) {
        if (cancel) throw new CommandFailure(EXIT.wrongUse, 'Which chain is cancelled?', 'Name its deployment.');
        const list = await call(server, { path: '/chains' }, chainListAnswer);
        const lines = list.chains.flatMap(chainLines);
        if (json) context.out(JSON.stringify(list));
        else for (const line of lines.length > 0 ? lines : ['No chain is known.']) context.out(line);
        return;
      }
      if (cancel && reason === undefined) {
        throw new CommandFailure(EXIT.wrongUse, 'A chain is not cancelled without a reason.', 'Say --reason "…".');
      }
      const path = `/chains/${encodeURIComponent(id)}`;
      const chain = cancel
        ? await call(server, { method: 'POST', path: `${path}/cancel`, body: { reason } }, chainAnswer)
        : await call(server, { path }, chainAnswer);
      if (json) context.out(JSON.stringify(chain));
      else for (const line of chainLines(chain)) context.out(line);
      if (chain.status === 'FAILED' || (!cancel && chain.status === 'CANCELLED')) done(EXIT.failed);
    });
}

const MARKS: Readonly<Record<string, string>> = {
  SUCCEEDED: '✔',
  RUNNING: '▶',
  NOT_STARTED: '·',
  WAITING: '·',
  PENDING: '·',
};

/** A chain as a tree: the deployment that it follows, its blocks, and the deployments in each. */
export function chainLines({ id, status, reason, blocks }: ChainDocument): string[] {
  const mark = (state: string): string => MARKS[state] ?? (/^(FAILED|ROLLED_BACK)$/.test(state) ? '✖' : '◼');
  const tail = (words: string | undefined): string => (words === undefined ? '' : `  ${plain(words)}`);
  return [
    `${mark(status)} ${id}  ${status}${tail(reason)}`,
    ...blocks.flatMap((block, i) => {
      const last = i === blocks.length - 1;
      const what = describeMatcher(block.matcher) || 'all applications';
      return [
        `${last ? '└─' : '├─'} ${mark(block.status)} ${plain(what)}  ${block.status}${block.nodes.length === 0 ? tail(block.reason) : ''}`,
        ...block.nodes.map(
          (node, n) =>
            `${last ? '  ' : '│ '}  ${n === block.nodes.length - 1 ? '└─' : '├─'} ${mark(node.status)} ${plain(node.deployment ?? node.app)}  ${node.status}${tail(node.reason)}`,
        ),
      ];
    }),
  ];
}
