import type { DriftDifference, DriftDocument } from '../../model/drift.js';
import { MINUTE } from '../../model/duration.js';
import { driftAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

/** `sluice drift`: whether what runs in AWS is what was deployed last. Changes nothing. */
export function addDrift({ program, context, done }: CommandHost): void {
  program
    .command('drift')
    .description(
      'Look whether what runs in AWS is what was deployed last, and change nothing. Exit code 1 when it is out of sync, 4 when that is not known or a deployment is under way.',
    )
    .argument('<app>', 'an application such as web')
    .option('--json', 'answer as JSON')
    .action(async (app: string, { json = false }: { json?: boolean }) => {
      const path = `/applications/${encodeURIComponent(app)}/drift`;
      const drift = await call(findServer(context), { method: 'POST', path, timeout: 2 * MINUTE }, driftAnswer);
      for (const line of json ? [JSON.stringify(drift)] : driftLines(drift)) context.out(line);
      if (drift.status === 'OUT_OF_SYNC') done(EXIT.failed);
      else if (drift.status !== 'SYNCED') done(EXIT.notJudged);
    });
}

/** A look for people. */
export function driftLines({ app, status, reason, differences }: DriftDocument): string[] {
  return [`${app}: ${status}. ${plain(reason)}`, ...differences.map((one) => `  ${plain(lineOf(one))}`)];
}

function lineOf({ path, deployed, running }: DriftDifference): string {
  if (deployed === undefined) return `+ ${path}: ${running ?? ''} (not deployed)`;
  return running === undefined
    ? `- ${path}: ${deployed} (gone)`
    : `~ ${path}: deployed ${deployed}, running ${running}`;
}
