import Ajv from 'ajv';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { runCommand } from '../../cli/program.js';
import { readEnvironment } from '../../config/environment.js';
import { serverSchema } from '../../config/described-server.js';
import { applicationSchema } from '../../spec/described-application.js';
import { errors, parse, seedFiles } from '../spec/support.js';

const ROOT = join(import.meta.dirname, '../..');
const GUIDE = readdirSync(join(ROOT, 'docs/analysis')).map((name) => `analysis/${name}`);
const PAGES = ['getting-started.md', 'from-pipecd.md', 'troubleshooting.md', 'schema/README.md', 'fields.md', ...GUIDE];
const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8')) as { include: string[] };
/** Where messages stand: the sandbox has words of its own. */
const PRODUCT = include.filter((folder) => folder !== 'sandbox');

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');

describe('docs/troubleshooting.md and docs/analysis', () => {
  const sources = PRODUCT.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
  );
  const quotedIn = (text: string): string[] =>
    [...text.matchAll(/\*\*`([^`]+)`\*\*/g)].map(([, message = '']) => message);
  const quoted = quotedIn(page('troubleshooting.md'));

  /** Whether one source has the message: its parts, in this order, with something of the code between them. */
  function isSaid(message: string): boolean {
    const parts = message.split('…').map((part) => part.trim());
    return sources.some((source) => {
      let at = 0;
      return parts.every((part) => {
        const found = source.indexOf(part, at);
        at = found + part.length;
        return found >= 0;
      });
    });
  }

  it('quotes messages', () => {
    expect(quoted.length).toBeGreaterThan(60);
    expect(isSaid('a message that nobody … ever wrote')).toBe(false);
  });

  it('every quoted message is one of the code’s', () => {
    expect(quoted.filter((message) => !isSaid(message))).toEqual([]);
  });

  it('so is every one that the analysis guide quotes', () => {
    const guide = GUIDE.flatMap((name) => quotedIn(page(name)));
    expect(guide.length).toBeGreaterThan(10);
    expect(guide.filter((message) => !isSaid(message))).toEqual([]);
  });
});

describe('commands', () => {
  /** `sluice NAME …` up to what ends a command: a comment, a quote, a backquote, the line. */
  const commandsIn = (text: string): string[][] =>
    [...text.matchAll(/(?:npx |`)sluice ([a-z][^`#\n|;]*)/g)].map(([, words = '']) => words.trim().split(/\s+/));

  async function helpOf(command: string[]): Promise<string> {
    const said: string[] = [];
    const context = { environment: readEnvironment({}), out: (text: string) => said.push(text), say: () => undefined };
    await runCommand([...command, '--help'], context);
    return said.join('\n');
  }

  it.each(['getting-started.md', 'from-pipecd.md', 'troubleshooting.md'])('each in docs/%s exists', async (name) => {
    const commands = commandsIn(page(name));
    expect(commands.length).toBeGreaterThan(5);
    const everything = await helpOf([]);
    for (const words of commands) {
      const [first = '', second = ''] = words;
      expect(everything, first).toMatch(new RegExp(`^ {2}${first}\\b`, 'm'));
      const help = await helpOf(first === 'event' ? [first, second] : [first]);
      for (const flag of words.filter((word) => word.startsWith('--'))) {
        expect(help, `sluice ${words.join(' ')}`).toMatch(new RegExp(`${flag.split('=')[0] ?? flag}\\b`));
      }
    }
  });
});

it.each(PAGES)('docs/%s links to files that are there', (name) => {
  const links = [...page(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => to);
  expect(links.filter((to) => !existsSync(join(ROOT, 'docs', dirname(name), to)))).toEqual([]);
});

describe('docs/getting-started.md', () => {
  const blocks = [...page('getting-started.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const ajv = new Ajv();

  it('has a configuration that the server takes', () => {
    const block = blocks.find((text) => text.includes('kind: Sluice'));
    const fits = ajv.compile(serverSchema());
    expect(fits(parseYaml(block ?? '')), JSON.stringify(fits.errors)).toBe(true);
  });

  it('has an application that lint finds no mistake in', () => {
    const block = blocks.find((text) => text.includes('kind: ECSApp')) ?? '';
    const fits = ajv.compile(applicationSchema());
    expect(fits(parseYaml(block)), JSON.stringify(fits.errors)).toBe(true);
    const known = {
      ecsProviders: ['production'],
      allowScripts: false,
      analysisProviders: [{ name: 'production', type: 'CLOUDWATCH' as const, maxDelay: 600_000, resolution: 60_000 }],
    };
    // Its account and region are the example’s; the service of the seed is of another.
    const files = { ...seedFiles(), 'app.pipecd.yaml': block.replaceAll('eu-central-1', 'ap-northeast-1') };
    const read = parse(files, { app: 'web', known });
    expect(errors(read)).toEqual([]);
    expect(read.findings.filter(({ file }) => file === 'app.pipecd.yaml')).toEqual([]);
  });
});
