import { CommandFailure, EXIT } from '../failure.js';
import type { Prompt } from '../prompt.js';
import { METRICS, problemWith, type AnswerKey, type Typed } from './answers.js';

interface Question {
  key: AnswerKey;
  /** The flag that answers it. */
  flag: string;
  text: string;
  /** What is taken when nothing is typed. */
  proposes?: (sofar: Typed) => string | undefined;
  /** What is wrong with an answer beside the others. */
  refuses?: (typed: string, sofar: Typed) => string | undefined;
  needless?: (sofar: Typed) => boolean;
}

/** In the order in which people are asked. */
export const QUESTIONS: readonly Question[] = [
  { key: 'app', flag: '--app', text: 'Name of the application' },
  { key: 'cluster', flag: '--cluster', text: 'ECS cluster, name or ARN' },
  { key: 'service', flag: '--service', text: 'ECS service', proposes: ({ app }) => app },
  { key: 'image', flag: '--image', text: 'Image' },
  { key: 'container', flag: '--container', text: 'Name of the container', proposes: ({ app }) => app },
  { key: 'port', flag: '--port', text: 'Port of the container', proposes: () => '80' },
  { key: 'primaryTargetGroup', flag: '--primary-target-group', text: 'ARN of the target group that serves' },
  {
    key: 'canaryTargetGroup',
    flag: '--canary-target-group',
    text: 'ARN of the target group for canaries, with weight 0 in the same rule',
    refuses: (typed, { primaryTargetGroup }) =>
      typed === primaryTargetGroup ? 'must be another group than the one that serves' : undefined,
  },
  { key: 'subnets', flag: '--subnets', text: 'Subnets of the tasks, divided by commas' },
  {
    key: 'securityGroups',
    flag: '--security-groups',
    text: 'Security groups, divided by commas (none: the VPC’s own)',
    proposes: () => '',
  },
  {
    key: 'publicIp',
    flag: '--public-ip',
    text: 'Public addresses, which tasks in public subnets need to pull images (yes or no)',
    proposes: () => 'no',
  },
  {
    key: 'executionRole',
    flag: '--execution-role',
    text: 'ARN of the execution role, which ECR, logs and secrets need (none: no role)',
    proposes: () => '',
  },
  {
    key: 'metrics',
    flag: '--metrics',
    text: `Where the canary is measured: ${METRICS.join(', ')} (then a person approves)`,
    proposes: () => METRICS[0],
  },
  {
    key: 'metricsProvider',
    flag: '--metrics-provider',
    text: 'Name of that analysis provider in the server configuration',
    proposes: ({ metrics }) => metrics,
    needless: ({ metrics }) => metrics === 'none',
  },
];

/**
 * Completes what is given: by asking where somebody can be asked, else by what is proposed.
 * @param keys which questions there are
 * @param proposals beside the questions' own
 * @throws CommandFailure that names each flag that is wrong or missing
 */
export async function completeAnswers(
  keys: readonly AnswerKey[],
  given: Typed,
  proposals: Typed,
  prompt: Prompt | undefined,
): Promise<Typed> {
  const sofar: Typed = {};
  const missing: string[] = [];
  for (const question of QUESTIONS) {
    const { key, flag, proposes, needless, refuses } = question;
    if (!keys.includes(key) || needless?.(sofar)) continue;
    const check = (typed: string): string | undefined => problemWith(key, typed) ?? refuses?.(typed, sofar);
    const told = given[key];
    const proposed = proposals[key] ?? proposes?.(sofar);
    if (told !== undefined) {
      const problem = check(told);
      if (problem !== undefined) throw new CommandFailure(EXIT.wrongUse, `${flag} ${problem}, not "${told}".`);
      sofar[key] = told;
    } else if (prompt) {
      sofar[key] = await askUntilRight(prompt, question.text, proposed, check);
    } else if (proposed !== undefined && check(proposed) === undefined) {
      sofar[key] = proposed;
    } else {
      missing.push(flag);
    }
  }
  if (missing.length === 0) return sofar;
  throw new CommandFailure(
    EXIT.wrongUse,
    `Not known: ${missing.join(', ')}.`,
    'Say them, or run it on a terminal without --yes to be asked.',
  );
}

async function askUntilRight(
  prompt: Prompt,
  text: string,
  proposed: string | undefined,
  check: (typed: string) => string | undefined,
): Promise<string> {
  const shown = proposed === undefined ? '' : ` [${proposed || 'none'}]`;
  for (let question = `${text}${shown}: `; ;) {
    const typed = (await prompt.ask(question)).trim() || (proposed ?? '');
    const problem = check(typed);
    if (problem === undefined) return typed;
    question = `  It ${problem}.\n${text}${shown}: `;
  }
}
