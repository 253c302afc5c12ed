import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createGit } from '../../activities/git/git.js';
import { createPullRequests, hostOf } from '../../activities/git/pull-request.js';
import type { PullRequests } from '../../activities/git/pull-request.js';
import type { Git, Repository } from '../../activities/git/repository.js';
import { commitEvents } from '../../activities/repository/commit-events.js';
import { gitEnvironment } from '../../config/environment.js';
import { openSecret } from '../../config/secret.js';
import type { RegisteredEvent } from '../../model/event.js';
import { createOrigin, NO_REQUESTS, serveHttp } from './served.js';
import type { GitHost, Origin } from './served.js';

const WATCHERS = `apiVersion: pipecd.dev/v1beta1
kind: EventWatcher
spec:
  events:
    - name: image-update
      commitMessage: Update the image to {{ .Value }}
      makePullRequest: true
      replacements: [{file: taskdef.yaml, yamlField: $.image}]
    - name: direct
      replacements: [{file: taskdef.yaml, yamlField: $.other}]
`;

/** A host's API that keeps what it is asked, and answers as GitHub or GitLab do. */
interface FakeApi {
  url: string;
  opened: { path: string; headers: Record<string, unknown>; body: Record<string, string> }[];
  /** Answers the next requests to open one. */
  answers: number[];
  close: () => void;
}

let origin: Origin;
let host: GitHost;
let folder: string;
let git: Git;
let requests: PullRequests;
let api: FakeApi;
let n = 0;

async function serveApi(): Promise<FakeApi> {
  const fake: FakeApi = { url: '', opened: [], answers: [], close: () => void server.close() };
  const server: Server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { pathname: path, searchParams } = new URL(req.url ?? '/', 'http://x');
      const branch = searchParams.get('source_branch') ?? searchParams.get('head')?.split(':')[1];
      const answer = (status: number, body: unknown): void => {
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const documentOf = (head: string): object => ({
        html_url: `https://x/pull/${head}`,
        web_url: `https://x/merge/${head}`,
      });
      if (req.method === 'GET') {
        const known = fake.opened.filter(({ body }) => (body['head'] ?? body['source_branch']) === branch);
        answer(
          200,
          known.map(() => documentOf(branch ?? '')),
        );
        return;
      }
      const status = fake.answers.shift() ?? 201;
      if (status >= 400) {
        answer(status, { message: 'not now' });
        return;
      }
      const body = JSON.parse(text) as Record<string, string>;
      fake.opened.push({ path, headers: req.headers, body });
      answer(201, documentOf(body['head'] ?? body['source_branch'] ?? ''));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

beforeAll(async () => {
  origin = await createOrigin();
  await origin.push({ 'taskdef.yaml': 'image: nginx:1 # kept\nother: a\n', '.pipe/watchers.yaml': WATCHERS });
  host = await serveHttp(origin);
  folder = await mkdtemp(join(tmpdir(), 'sluice-requests-'));
  process.env['TEST_GIT_TOKEN'] = 'the-token';
  const cancelled = (): AbortSignal => new AbortController().signal;
  git = createGit({ access: {}, openSecret, environment: gitEnvironment(), folder, cancelled });
  requests = createPullRequests({ token: { env: 'TEST_GIT_TOKEN' }, openSecret, cancelled });
});
beforeEach(async () => {
  api = await serveApi();
});
afterEach(() => api.close());
afterAll(async () => {
  delete process.env['TEST_GIT_TOKEN'];
  await host.close();
  await origin.remove();
  await rm(folder, { recursive: true, force: true });
});

const repository = (type: 'GITHUB' | 'GITLAB' = 'GITHUB'): Repository => ({
  repoId: 'r',
  remote: host.remote,
  branch: 'main',
  host: { type, apiUrl: api.url },
});
const event = (name: string, data: string): RegisteredEvent => ({
  ...{ id: `id-${++n}`, name, data, labels: {}, by: 'ci', at: 0, contexts: {} },
});

describe.each(['GITHUB', 'GITLAB'] as const)('on %s', (type) => {
  test('the change is on a branch of its own, with one request, however often it is asked', async () => {
    const main = await git.head(repository(type));
    const one = event('image-update', `nginx:${type}`);
    const ended = await commitEvents(git, requests, repository(type), [one]);
    const branch = `sluice/event-${one.id}`;
    const url = type === 'GITHUB' ? `https://x/pull/${branch}` : `https://x/merge/${branch}`;
    expect(ended).toMatchObject({ ends: { [one.id]: { status: 'HANDLED', url, reason: `Proposed on ${branch}.` } } });
    expect(await git.head(repository(type))).toBe(main);
    await origin.git('fetch', '--quiet', 'origin', branch);
    expect(await origin.git('show', 'FETCH_HEAD:taskdef.yaml')).toBe(`image: nginx:${type} # kept\nother: a`);
    expect(await origin.git('rev-parse', 'FETCH_HEAD~1')).toBe(main);
    expect(await commitEvents(git, requests, repository(type), [one])).toEqual(ended);
    expect(api.opened).toHaveLength(1);
    const title = `Update the image to nginx:${type}`;
    if (type === 'GITHUB') {
      expect(api.opened[0]).toMatchObject({
        path: expect.stringMatching(/^\/repos\/.*repo\/pulls$/) as string,
        headers: { authorization: 'Bearer the-token' },
        body: { title, head: branch, base: 'main' },
      });
    } else {
      expect(api.opened[0]).toMatchObject({
        path: expect.stringMatching(/^\/projects\/.*repo\/merge_requests$/) as string,
        headers: { 'private-token': 'the-token' },
        body: { title, source_branch: branch, target_branch: 'main' },
      });
    }
  });
});

test('the newest of one thing is proposed, and what wants none is committed beside it', async () => {
  const [older, newer, direct] = [
    event('image-update', 'nginx:5'),
    event('image-update', 'nginx:6'),
    event('direct', 'b'),
  ];
  const main = await git.head(repository());
  const ended = await commitEvents(git, requests, repository(), [older, newer, direct]);
  expect(ended).toMatchObject({
    ends: {
      [older.id]: { status: 'SUPERSEDED' },
      [newer.id]: { status: 'HANDLED', reason: `Proposed on sluice/event-${newer.id}.` },
      [direct.id]: { status: 'HANDLED', reason: 'Committed.' },
    },
  });
  await origin.git('fetch', '--quiet', 'origin', 'main');
  expect(await origin.git('diff', '--stat', main, 'FETCH_HEAD')).toContain('1 insertion(+), 1 deletion(-)');
});

test('a host that is away between branch and request lets the event wait, and there is one request in the end', async () => {
  const one = event('image-update', 'nginx:7');
  api.answers.push(503);
  expect(await commitEvents(git, requests, repository(), [one])).toMatchObject({
    problem: expect.stringContaining('503') as string,
  });
  expect(await commitEvents(git, requests, repository(), [one])).toMatchObject({
    ends: { [one.id]: { status: 'HANDLED' } },
  });
  expect(api.opened).toHaveLength(1);
});

test('one that is refused fails with the host’s words', async () => {
  const one = event('image-update', 'nginx:8');
  api.answers.push(422);
  const ended = await commitEvents(git, requests, repository(), [one]);
  expect(ended).toMatchObject({
    ends: { [one.id]: { status: 'FAILED', reason: expect.stringMatching(/422.*not now/) as string } },
  });
});

test('without a token, or with a host of no known kind, it fails and says what to write', async () => {
  const one = event('image-update', 'nginx:9');
  const withoutToken = await commitEvents(git, NO_REQUESTS, repository(), [one]);
  expect(withoutToken).toMatchObject({
    ends: { [one.id]: { status: 'FAILED', reason: expect.stringContaining('git.tokenFile') as string } },
  });
  const unknown: Repository = { repoId: 'r', remote: host.remote, branch: 'main' };
  const withoutHost = await commitEvents(git, requests, unknown, [one]);
  expect(withoutHost).toMatchObject({
    ends: { [one.id]: { status: 'FAILED', reason: expect.stringContaining('repositories[].host') as string } },
  });
});

test.each([
  ['git@github.com:team/shop.git', 'GITHUB', 'https://api.github.com'],
  ['https://github.example.com/team/shop', 'GITHUB', 'https://github.example.com/api/v3'],
  ['https://gitlab.com/team/sub/shop.git', 'GITLAB', 'https://gitlab.com/api/v4'],
  ['ssh://git@code.gitlab.example.com:2222/team/shop.git', 'GITLAB', 'https://code.gitlab.example.com/api/v4'],
])('the API of %s', (remote, type, apiUrl) => {
  expect(hostOf({ repoId: 'r', remote, branch: 'main' })).toEqual({ type, apiUrl });
});

test('a token that no request can be made with is not told', async () => {
  process.env['TEST_GIT_TOKEN'] = 'glpat\nhidden';
  onTestFinished(() => void (process.env['TEST_GIT_TOKEN'] = 'the-token'));
  const asked = requests.find(
    { repoId: 'r', remote: 'https://x/a/b.git', branch: 'main', host: { type: 'GITHUB', apiUrl: api.url } },
    'x',
  );
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('does not answer (the request cannot be made');
  expect(String(error)).not.toContain('hidden');
});
