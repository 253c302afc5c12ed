import { describe, expect, it } from 'vitest';
import type { Git, GitFiles } from '../../activities/git/repository.js';
import { findChained } from '../../activities/repository/find-chained.js';
import { ALL_SOURCES } from '../spec/metric-file.js';
import { seedFiles } from '../spec/support.js';

const ENABLED = '\n  trigger: {onChain: {disabled: false}}\n';

/** The seed's files of one application, with labels and whatever else its file says. */
function application(app: string, labels: string, more = ENABLED): Record<string, string> {
  const files = Object.entries(seedFiles()).map(([file, text]): [string, string] => {
    if (file !== 'app.pipecd.yaml') return [`${app}/${file}`, text];
    const named = text.replace('name: canary', `name: ${app}`).replaceAll(/provider: [\w-]+/g, 'provider: datadog');
    return [`${app}/${file}`, named.replace(/labels:\n(?: {4}.*\n)+/, `labels: ${labels}\n`).trimEnd() + more];
  });
  return Object.fromEntries(files);
}

const FILES: Record<string, Record<string, string>> = {
  one: { ...application('web', '{team: a, tier: "1"}'), ...application('api', '{team: a, tier: "2"}') },
  two: { ...application('batch', '{team: b}'), ...application('shut', '{team: c}', '\n') },
};

const git = {
  head: ({ remote }) => Promise.resolve(`head-of-${remote}`),
  commit: (_repository, hash) => Promise.resolve({ hash }),
  open: ({ remote }): Promise<GitFiles> => {
    const files = FILES[remote] ?? {};
    return Promise.resolve({
      list: () => Promise.resolve(Object.keys(files)),
      read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
    });
  },
} as Partial<Git> as Git;

const REPOSITORIES = ['one', 'two'].map((name) => ({ repoId: name, remote: name, branch: 'main' }));

const find = (matcher: Parameters<typeof findChained>[2], not: string[] = []): ReturnType<typeof findChained> =>
  findChained({ git, known: ALL_SOURCES, decrypt: () => '' }, REPOSITORIES, matcher, not);

async function names(matcher: Parameters<typeof findChained>[2], not: string[] = []): Promise<unknown> {
  const found = await find(matcher, not);
  return 'problem' in found ? found.problem : found.applications.map(({ app }) => app);
}

describe('a block of a chain', () => {
  it('is what its name or all its labels say, in every repository, at its head', async () => {
    expect(await names({ name: 'api' })).toEqual(['api']);
    expect(await names({ labels: { team: 'a' } })).toEqual(['web', 'api']);
    expect(await names({ labels: { team: 'a', tier: '2' } })).toEqual(['api']);
    expect(await find({ name: 'batch' })).toEqual({
      applications: [{ app: 'batch', repoId: 'two', path: 'batch/app.pipecd.yaml', commit: { hash: 'head-of-two' } }],
    });
  });

  it('leaves out what the chain deployed already', async () => {
    expect(await names({ labels: { team: 'a' } }, ['web'])).toEqual(['api']);
    expect(await names({ name: 'web' }, ['web'])).toMatch(/no application in the watched repositories fits/);
  });

  it('is no empty one: a wrong name is told', async () => {
    expect(await names({ name: 'apy' })).toBe(
      'Nothing to deploy for apy: no application in the watched repositories fits that it has not deployed already',
    );
  });

  it('holds only what lets chains deploy it', async () => {
    expect(await names({ name: 'shut' })).toMatch(
      /^Nothing to deploy for shut: shut fits, and lets no chain deploy it/,
    );
  });

  it('fails for one that cannot be loaded', async () => {
    const two = FILES['two'] ?? {};
    two['batch/servicedef.yaml'] = 'cluster: [';
    expect(await names({ name: 'batch' })).toMatch(/^batch cannot be loaded: batch\/servicedef.yaml:1/);
  });
});
