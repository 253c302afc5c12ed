import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../activities/aws/commands.js';

const ROOT = join(import.meta.dirname, '../..');

/** What IAM asks besides the commands: tags on creation, and handing roles to tasks (ecs-alb-facts §20). */
const IMPLIED = ['ecs:TagResource', 'iam:PassRole'];
/** AWS always answers it. */
const NEEDS_NO_RIGHT = 'sts:GetCallerIdentity';

interface Policy {
  Statement: { Action: string | string[] }[];
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('the rights that Sluice asks for', () => {
  const sent = new Set(
    sources(join(ROOT, 'activities')).flatMap((text) =>
      [...text.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name),
    ),
  );

  it('names every command that the code can send, and no other', () => {
    expect([...sent].sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it('are the actions of deploy/iam-policy.json', () => {
    const policy = JSON.parse(readFileSync(join(ROOT, 'deploy/iam-policy.json'), 'utf8')) as Policy;
    const allowed = policy.Statement.flatMap(({ Action }) => Action);
    const needed = Object.values(COMMANDS)
      .map(({ action }) => action as string)
      .filter((action) => action !== NEEDS_NO_RIGHT);
    expect(allowed.sort()).toEqual([...needed, ...IMPLIED].sort());
  });
});
