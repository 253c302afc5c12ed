import { SECOND } from '../../model/duration.js';
import type { AwsClients } from '../aws/clients.js';
import { COMMANDS } from '../aws/commands.js';
import { wordsOf } from '../aws/errors.js';
import type { Check } from '../people.js';
import { judgeRight, type RightVerdict } from './judge-right.js';
import { PROBES, type Nowhere, type Probe, type ProbedCommand } from './probes.js';
import { fewAtOnce, withinLimit } from './time-limit.js';

const CALL_LIMIT = 5 * SECOND;
const AT_ONCE = 6;
/** More denials than this are one line, so that the whole fits a screen. */
const LINES = 5;
const WORDS_MAX = 240;

/** What a probe showed. */
export interface Right {
  /** IAM's name: `ecs:DescribeServices`. */
  action: string;
  kind: Probe['kind'];
  verdict: RightVerdict;
  /** AWS's words, or what kept them from us. */
  words: string;
}

function isProbed(name: string): name is ProbedCommand {
  return name in PROBES;
}

/**
 * Asks AWS for each right that the product needs, a few calls at once.
 * @param remaining ms until the examination must end; calls that would begin later are not made.
 */
export async function probeRights(aws: AwsClients, none: Nowhere, remaining: () => number): Promise<Right[]> {
  return await fewAtOnce(Object.keys(PROBES).filter(isProbed), AT_ONCE, async (name) => {
    const { kind, send } = PROBES[name];
    const { action } = COMMANDS[name];
    const limit = Math.min(CALL_LIMIT, remaining());
    if (limit <= 0) return { action, kind, verdict: 'unheard', words: 'there was no time left to ask' };
    try {
      await withinLimit(limit, (abortSignal) => send(aws, none, { abortSignal }));
      return { action, kind, verdict: judgeRight(), words: '' };
    } catch (error) {
      return { action, kind, verdict: judgeRight(error), words: wordsOf(error).slice(0, WORDS_MAX) };
    }
  });
}

function counted(rights: readonly Right[], what: string): string {
  return `${rights.filter(({ verdict }) => verdict === 'allowed').length} of ${rights.length} ${what}`;
}

function names(rights: readonly Right[]): string {
  return rights.map(({ action }) => action).join(', ');
}

function deniedChecks(provider: string, denied: readonly Right[]): Check[] {
  const fix = 'Add what deploy/iam-policy.json grants; if it is there, look for a boundary or an organisation policy.';
  if (denied.length <= LINES) {
    return denied.map(({ action, words }) => ({ name: `${provider}: ${action}`, ok: false, detail: words, fix }));
  }
  const detail = `Not allowed: ${names(denied)}. The first: ${denied[0]?.words ?? ''}`;
  return [{ name: `${provider}: IAM denied`, ok: false, detail, fix }];
}

/** The lines of one provider's rights: one for all that is allowed, then what is denied or could not be told. */
export function rightChecks(provider: string, rights: readonly Right[]): Check[] {
  const reads = rights.filter(({ kind }) => kind === 'read');
  const changes = rights.filter(({ kind }) => kind === 'change' || kind === 'narrow');
  const checks: Check[] = [];
  if (rights.some(({ verdict }) => verdict === 'allowed')) {
    checks.push({
      name: `${provider}: IAM`,
      ok: true,
      detail:
        `${counted(reads, 'reads')} and ${counted(changes, 'changes')} allowed. ` +
        'ecs:TagResource at a creation and iam:PassRole cannot be tried without a change.',
    });
  }
  const denied = rights.filter(({ verdict }) => verdict === 'denied');
  checks.push(
    ...deniedChecks(
      provider,
      denied.filter(({ kind }) => kind === 'read' || kind === 'change'),
    ),
  );
  const optional = denied.filter(({ kind }) => kind === 'optional');
  if (optional.length > 0) {
    checks.push({
      name: `${provider}: CloudWatch`,
      ok: null,
      detail: `Not allowed: ${names(optional)}, which only metrics of type CLOUDWATCH need.`,
      fix: 'Add what deploy/iam-policy.json grants, if a pipeline is to judge by CloudWatch.',
    });
  }
  const narrow = denied.filter(({ kind }) => kind === 'narrow');
  if (narrow.length > 0) {
    checks.push({
      name: `${provider}: IAM limited`,
      ok: null,
      detail: `${names(narrow)}: denied for something that does not exist, which proves nothing if the policy names your own cluster and load balancer.`,
      fix: 'Check these actions, and the cluster and load balancer they are limited to, against deploy/iam-policy.json.',
    });
  }
  const unheard = rights.filter(({ verdict }) => verdict === 'unheard');
  if (unheard.length > 0) {
    const all = unheard.length === rights.length ? 'None could be asked' : `Not told for ${names(unheard)}`;
    checks.push({
      name: `${provider}: IAM not told`,
      ok: null,
      detail: `${all}. The first: ${unheard[0]?.words ?? ''}`,
      fix: `Run sluice doctor again. If it stays, check the way from the worker to AWS's endpoints.`,
    });
  }
  return checks;
}
