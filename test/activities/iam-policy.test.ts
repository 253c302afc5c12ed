import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_COMMANDS, COMMANDS } from '../../activities/aws/commands.js';

const ROOT = join(import.meta.dirname, '../..');

/** What IAM asks besides the commands: tags on creation, which a statement of its own allows, and handing roles to tasks (ecs-alb-facts §20). */
const IMPLIED = ['ecs:TagResource', 'iam:PassRole'];
/** AWS always answers it. */
const NEEDS_NO_RIGHT = 'sts:GetCallerIdentity';

interface Policy {
  Statement: { Action: string | string[] }[];
}

/** The AWS commands that the files of activities/ make, by file. */
function commandsMade(): { file: string; command: string }[] {
  const folder = join(ROOT, 'activities');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/new (\w+)Command\(/g)].map(([, command = '']) => ({
        file,
        command,
      })),
    );
}

function named(made: { command: string }[]): string[] {
  return [...new Set(made.map(({ command }) => command))].sort();
}

describe('the rights that Sluice asks for', () => {
  // The doctor's probes name every command, needed or not: only what the rest sends says what is needed.
  const isProbe = ({ file }: { file: string }): boolean => file.split(sep)[0] === 'doctor';
  const made = commandsMade();

  it('names every command that the code can send, and no other', () => {
    expect(named(made.filter((one) => !isProbe(one)))).toEqual(
      Object.keys({ ...COMMANDS, ...ARCHIVE_COMMANDS }).sort(),
    );
  });

  it('are all that the doctor tries', () => {
    const tried = named(made.filter(isProbe));
    expect(tried).not.toEqual([]);
    expect(Object.keys(COMMANDS)).toEqual(expect.arrayContaining(tried));
  });

  it('are the actions of deploy/iam-policy.json', () => {
    const policy = JSON.parse(readFileSync(join(ROOT, 'deploy/iam-policy.json'), 'utf8')) as Policy;
    const allowed = policy.Statement.flatMap(({ Action }) => Action);
    const needed = Object.values({ ...COMMANDS, ...ARCHIVE_COMMANDS })
      .map(({ action }) => action as string)
      .filter((action) => action !== NEEDS_NO_RIGHT);
    expect(allowed.sort()).toEqual([...needed, ...IMPLIED].sort());
  });
});
