import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idleProgram } from './commands-tree.js';
import { allCommands, completionTree } from '../../cli/completion/tree.js';
import { run } from './run.js';

const runs = promisify(execFile);
const nodes = allCommands(completionTree(idleProgram()));
const SHELLS = ['bash', 'zsh', 'fish'] as const;

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-completion-'));
  for (const shell of SHELLS) await writeFile(join(dir, shell), (await run(['completion', shell])).out);
  await mkdir(join(dir, 'here', 'web'), { recursive: true });
  await writeFile(join(dir, 'here', 'secret.txt'), '');
});
afterAll(() => rm(dir, { recursive: true }));

/** What bash proposes for the last word. */
async function proposed(...words: string[]): Promise<string[]> {
  const script = `source ../bash
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice
    for each in "\${COMPREPLY[@]}"; do printf '%s\\n' "$each"; done`;
  const { stdout, stderr } = await runs('bash', ['-euc', script, 'bash', 'sluice', ...words], {
    cwd: join(dir, 'here'),
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('completion in bash', () => {
  it('is registered for sluice', async () => {
    const { stdout } = await runs('bash', ['-euc', `source ${join(dir, 'bash')}; complete -p sluice`]);
    expect(stdout.trim()).toBe('complete -F _sluice sluice');
  });

  it('proposes each command and each option that there is', async () => {
    expect(nodes.length).toBeGreaterThan(25);
    const asked = nodes.map(async (node) => {
      const words = node.path.split(' ').slice(1);
      expect(await proposed(...words, '-')).toEqual(node.options.flatMap(({ flags }) => flags));
      if (node.commands.length > 0) expect(await proposed(...words, '')).toEqual(node.commands.map(({ name }) => name));
    });
    await Promise.all(asked);
  });

  it.each<[string[], string[]]>([
    [['dep'], ['deploy']],
    [
      ['event', ''],
      ['register', 'list', 'show'],
    ],
    [['event', 'register', '--la'], ['--labels']],
    [
      ['deploy', 'web', '--strategy', ''],
      ['AUTO', 'QUICK_SYNC', 'PIPELINE'],
    ],
    [['deploy', '--strategy', 'P'], ['PIPELINE']],
    // Readline takes --strategy=P for three words.
    [
      ['deploy', '--strategy', '='],
      ['AUTO', 'QUICK_SYNC', 'PIPELINE'],
    ],
    [['deploy', '--strategy', '=', 'P'], ['PIPELINE']],
    [['init', '--metrics', 'c'], ['cloudwatch']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['deploy', ''], ['web']],
    [['lint', 'w'], ['web']],
    [
      ['encrypt', '--input-file', ''],
      ['secret.txt', 'web'],
    ],
    [['encrypt', '--new-keys', ''], ['web']],
    // The value of an option is no command, and the next word is a value no more.
    [['--nonsense', 'deploy', '--app', 'lint', '--strat'], ['--strategy']],
    [['deploy', '--app', 'lint', ''], ['web']],
    [['status', ''], []],
    [['approve', 'web-1', '--reason', ''], []],
    [['approve', '-r', '*', '--js'], ['--json']],
  ])('of %j is %j', async (words, expected) => {
    expect((await proposed(...words)).sort()).toEqual([...expected].sort());
  });
});

/** Texts in single quotes, as each shell reads them. */
const QUOTED = {
  bash: /'(?:[^']|'\\'')*'/g,
  zsh: /'(?:[^']|'\\'')*'/g,
  fish: /'(?:[^'\\]|\\.)*'/g,
} as const;

describe.each(SHELLS)('the script for %s', (shell) => {
  it('names each command with its options and choices, and closes its quotes', async () => {
    const { code, out } = await run(['completion', shell]);
    expect(code).toBe(0);
    for (const node of nodes) {
      expect(out).toContain(`'${node.path}'`.replaceAll("'", shell === 'fish' ? String.raw`\'` : "'"));
      for (const { flags, value } of node.options) {
        for (const flag of flags) expect(out).toContain(shell === 'fish' ? flag.replace(/^-+/, '') : flag);
        if (value?.kind === 'choices') expect(out).toContain(value.choices.join(' '));
      }
    }
    const rest = out.replaceAll(/^ *#.*$/gm, '').replaceAll(QUOTED[shell], '');
    expect(rest).not.toContain("'");
  });
});

const installed = SHELLS.filter((shell) => !spawnSync(shell, ['-c', 'exit 0']).error);
it.each(installed)('the script for %s is read by it', (shell) => {
  const read = spawnSync(shell, ['-n', join(dir, shell)], { encoding: 'utf8' });
  expect([read.status, read.stderr]).toEqual([0, '']);
});

it.runIf(installed.includes('fish'))('fish proposes commands, options and choices', () => {
  const proposed = (line: string): string[] => {
    const asked = `source '${join(dir, 'fish')}'; complete -C '${line}'`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', asked], { encoding: 'utf8' });
    return stdout
      .split('\n')
      .flatMap((text) => text.split('\t').slice(0, 1))
      .filter(Boolean);
  };
  expect(proposed('sluice dep')).toEqual(['deploy']);
  expect(proposed('sluice deploy --strat')).toEqual(['--strategy']);
  expect(proposed('sluice completion ')).toEqual(['bash', 'fish', 'zsh']);
});

it('there is no script for another shell', async () => {
  const { code, said } = await run(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(said).toContain('Allowed choices are bash, zsh, fish');
});
