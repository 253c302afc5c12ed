import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const NOTES = ['ecs-alb-facts', 'pipecd.md', 'aws-emulators.md', 'temporal-typescript.md', 'verdicts.md'];
/** The bench rebuilds other tools' rules from notes that the product does not rest on. */
const NOT_OURS = ['node_modules', 'dist', 'bench'];
/** A section, with the work before it where one is named; specifications of others have sections too. */
const CITATION =
  /(?:(ecs-alb-facts|pipecd\.md|aws-emulators\.md|temporal-typescript\.md|verdicts\.md|RFC \d+|WHATWG HTML)[, ]+)?(?:§(\w+(?:\.\w+)*)|(?<=\.md, )(call table))/g;
const ENTRY = /^- \*\*(?:§(\w+(?:\.\w+)*)|(call table))/gm;

function sources(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_OURS.includes(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)),
    )
    .filter((file) => file.endsWith('.ts') && !file.startsWith(join('test', 'bench')));
}

/** What a source cites. A section by itself belongs to the work that was named last, at first to the notes on ECS. */
function citedIn(source: string): string[] {
  const text = source.replace(/\n\s*(?:\*|\/\/)\s*/g, ' ');
  let work = 'ecs-alb-facts';
  const cited: string[] = [];
  for (const [, named, section, words] of text.matchAll(CITATION)) {
    work = named ?? work;
    if (NOTES.includes(work)) cited.push(`${work} ${section ?? words ?? ''}`);
  }
  return cited;
}

const page = readFileSync(join(ROOT, 'docs/facts.md'), 'utf8');

function entries(): string[] {
  return page.split(/^## /m).flatMap((part) => {
    const [work = ''] = part.split('\n');
    return [...part.matchAll(ENTRY)].map(([, section, words]) => `${work} ${section ?? words ?? ''}`);
  });
}

it('finds citations in comments, in lists and across lines', () => {
  const source =
    '/**\n * One (ecs-alb-facts §1 c, §17;\n * aws-emulators.md, call table), two (pipecd.md\n * §1.7). RFC 9112 §6.3.\n */';
  expect(citedIn(source)).toEqual([
    'ecs-alb-facts 1',
    'ecs-alb-facts 17',
    'aws-emulators.md call table',
    'pipecd.md 1.7',
  ]);
});

it('docs/facts.md has one entry for each section that the code cites, and no other', () => {
  const self = join('test', 'docs', 'facts.test.ts');
  const files = sources().filter((file) => file !== self);
  const cited = new Set(files.flatMap((file) => citedIn(readFileSync(join(ROOT, file), 'utf8'))));
  expect(entries().sort()).toEqual([...cited].sort());
});

it('docs/facts.md names files that exist', () => {
  const named = [...page.matchAll(/`([\w-]+(?:\/[\w.-]+)+\.(?:ts|json))`/g)].map(([, file = '']) => file);
  expect(named).not.toEqual([]);
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
