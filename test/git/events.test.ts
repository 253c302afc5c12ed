import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGit } from '../../activities/git/git.js';
import type { Git } from '../../activities/git/repository.js';
import { commitEvents } from '../../activities/repository/commit-events.js';
import { gitEnvironment } from '../../config/environment.js';
import { openSecret } from '../../config/secret.js';
import type { RegisteredEvent } from '../../model/event.js';
import { createOrigin, NO_REQUESTS, serveHttp } from './served.js';
import type { GitHost, Origin } from './served.js';

let origin: Origin;
let host: GitHost;
let folder: string;
let git: Git;
const TASKDEF =
  'family: web\r\n\r\ncontainerDefinitions:\r\n  - name:  web   # the app\r\n    image: public.ecr.aws/nginx/nginx:1.23-alpine\r\n    image2: x\r\n';
const WATCHERS = (name: string, file: string, field: string): string =>
  `  events:\n    - name: ${name}\n      replacements:\n        - file: ${file}\n          yamlField: ${field}\n`;

beforeAll(async () => {
  origin = await createOrigin();
  await origin.push({
    'taskdef.yaml': TASKDEF,
    'big.bin': 'x'.repeat(700_000),
    'values.yaml': Array.from({ length: 100 }, (_, i) => `v${i}: old # ${i}\n`).join(''),
    '.pipe/event-watcher.yaml': `apiVersion: pipecd.dev/v1beta1\nkind: EventWatcher\nspec:\n${WATCHERS('image-update', 'taskdef.yaml', '$.containerDefinitions[0].image')}`,
    '.pipe/many.yaml': `apiVersion: pipecd.dev/v1beta1\nkind: EventWatcher\nspec:\n  events:\n${Array.from({ length: 100 }, (_, i) => WATCHERS(`e${i}`, 'values.yaml', `$.v${i}`).replace('  events:\n', '')).join('')}`,
  });
  host = await serveHttp(origin);
  folder = await mkdtemp(join(tmpdir(), 'sluice-events-'));
  git = createGit({
    access: { username: 'Bot', email: 'bot@example.com' },
    openSecret,
    environment: gitEnvironment(),
    folder,
    cancelled: () => new AbortController().signal,
  });
});
afterAll(async () => {
  await host.close();
  await origin.remove();
  await rm(folder, { recursive: true, force: true });
});

const repository = () => ({ repoId: 'r', remote: host.remote, branch: 'main' });
const event = (id: string, name: string, data: string): RegisteredEvent => ({
  ...{ id, name, data, labels: {}, by: 'ci', at: 0 },
  contexts: { 'Build-Url': 'https://ci/1' },
});
const log = async (...args: string[]): Promise<string> => {
  await origin.git('fetch', '--quiet', 'origin', 'main');
  await origin.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
  return origin.git(...args);
};

it('changes the one line of the seed user’s task definition, with message and trailers', async () => {
  const ended = await commitEvents(git, NO_REQUESTS, repository(), [event('id-1', 'image-update', 'nginx:1.25')]);
  expect(ended).toMatchObject({ ends: { 'id-1': { status: 'HANDLED' } } });
  expect(await log('show', '--numstat', '--format=%an <%ae>%n%B')).toBe(
    'Bot <bot@example.com>\nReplace values with "nginx:1.25" set by Event "image-update"\n\nBuild-Url: https://ci/1\nSluice-Event: id-1\n\n\n1\t1\ttaskdef.yaml',
  );
  expect(await log('show', 'HEAD:taskdef.yaml')).toBe(
    TASKDEF.replace('public.ecr.aws/nginx/nginx:1.23-alpine', 'nginx:1.25').trim(),
  );
  expect(await log('ls-tree', '--name-only', 'HEAD')).toContain('big.bin');
});

it('finds the commit of one who was killed after the push, whatever was pushed since', async () => {
  const before = await log('rev-parse', 'HEAD');
  await origin.push({ 'taskdef.yaml': TASKDEF });
  const ended = await commitEvents(git, NO_REQUESTS, repository(), [event('id-1', 'image-update', 'nginx:1.25')]);
  expect(ended).toMatchObject({ ends: { 'id-1': { status: 'HANDLED', commit: before } } });
  expect(await log('show', 'HEAD:taskdef.yaml')).toBe(TASKDEF.trim());
});

it('commits once when it was killed between commit and push', async () => {
  const killed: Git = {
    ...git,
    push: async (of, commit) =>
      git.push({ ...of, branch: 'other' }, commit).then(() => Promise.reject(new Error('killed'))),
  };
  const events = [event('id-2', 'image-update', 'nginx:1.26')];
  await expect(commitEvents(killed, NO_REQUESTS, repository(), events)).rejects.toThrow('killed');
  expect(await commitEvents(git, NO_REQUESTS, repository(), events)).toMatchObject({
    ends: { 'id-2': { status: 'HANDLED' } },
  });
  expect(await log('log', '--format=%s', '--grep=Sluice-Event: id-2')).toBe(
    'Replace values with "nginx:1.26" set by Event "image-update"',
  );
});

it('runs a lost race again on the new head, and loses neither change', async () => {
  let races = 0;
  const racing: Git = {
    ...git,
    async push(of, commit) {
      races += 1;
      if (races === 1) await origin.push({ 'other.txt': 'of somebody else' });
      return git.push(of, commit);
    },
  };
  await log('status');
  const ended = await commitEvents(racing, NO_REQUESTS, repository(), [event('id-3', 'image-update', 'nginx:1.27')]);
  expect(ended).toMatchObject({ ends: { 'id-3': { status: 'HANDLED' } } });
  expect(races).toBe(2);
  expect(await log('ls-tree', '--name-only', 'HEAD')).toContain('other.txt');
  expect(await log('show', 'HEAD:taskdef.yaml')).toContain('nginx:1.27');
});

it('makes one commit of 100 events, and fails the one that nobody waits for', async () => {
  const before = await log('rev-list', '--count', 'HEAD');
  const events = Array.from({ length: 100 }, (_, i) => event(`many-${i}`, `e${i}`, `new-${i}`));
  const ended = await commitEvents(git, NO_REQUESTS, repository(), [...events, event('none', 'nobody', 'x')]);
  if ('problem' in ended) throw new Error(ended.problem);
  expect(new Set(events.map(({ id }) => JSON.stringify(ended.ends[id])))).toHaveProperty('size', 1);
  expect(ended.ends['none']).toMatchObject({ status: 'FAILED', unmatched: true });
  expect(Number(await log('rev-list', '--count', 'HEAD'))).toBe(Number(before) + 1);
  expect(await log('show', 'HEAD:values.yaml')).toBe(
    Array.from({ length: 100 }, (_, i) => `v${i}: new-${i} # ${i}\n`)
      .join('')
      .trim(),
  );
});

it('waits when the host does not answer, and fails what the host refuses', async () => {
  const away = { ...repository(), remote: 'http://127.0.0.1:1/repo.git', repoId: 'away' };
  expect(await commitEvents(git, NO_REQUESTS, away, [event('id-4', 'image-update', 'y')])).toHaveProperty('problem');
  await import('node:fs/promises').then(({ writeFile }) =>
    writeFile(join(origin.root, 'repo.git', 'hooks', 'pre-receive'), '#!/bin/sh\nexit 1\n', { mode: 0o755 }),
  );
  // One whose commit was pushed before is handled all the same.
  const batch = [event('id-3', 'image-update', 'nginx:1.27'), event('id-5', 'image-update', 'y')];
  expect(await commitEvents(git, NO_REQUESTS, repository(), batch)).toMatchObject({
    ends: {
      'id-3': { status: 'HANDLED' },
      'id-5': { status: 'FAILED', reason: expect.stringContaining('refused the commit') as string },
    },
  });
});
