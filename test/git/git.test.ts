import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGit } from '../../activities/git/git.js';
import type { Git } from '../../activities/git/repository.js';
import { gitEnvironment } from '../../config/environment.js';
import { openSecret } from '../../config/secret.js';
import type { GitAccess } from '../../config/server.js';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { createOrigin, serveHttp, serveSsh, SSHD } from './served.js';
import type { GitHost, Origin, SshHost } from './served.js';

let origin: Origin;
let folder: string;
let first: string;
let second: string;

beforeAll(async () => {
  origin = await createOrigin();
  folder = await mkdtemp(join(tmpdir(), 'sluice-mirrors-'));
  first = await origin.push({ 'web/app.pipecd.yaml': 'one', 'big.bin': 'x'.repeat(700_000) }, 'Begin');
  second = await origin.push({ 'web/app.pipecd.yaml': 'two', 'docs/ü "a".md': 'text' }, 'Go on\n\nWith a body.');
});
afterAll(async () => {
  await origin.remove();
  await rm(folder, { recursive: true, force: true });
});

function gitWith(access: GitAccess, mirrors = folder, cancelled = new AbortController().signal): Git {
  return createGit({
    access,
    openSecret,
    environment: gitEnvironment(),
    folder: mirrors,
    cancelled: () => cancelled,
  });
}

const of = (host: Pick<GitHost, 'remote'>, repoId: string, branch = 'main') => ({
  repoId,
  remote: host.remote,
  branch,
});

function readsEverything(name: string, start: () => Promise<{ host: GitHost; git: Git }>): void {
  describe(name, () => {
    let host: GitHost;
    let git: Git;
    const repository = () => of(host, name);
    beforeAll(async () => ({ host, git } = await start()));
    afterAll(() => host.close());

    it('tells the head, and fetches nothing for it', async () => {
      expect(await git.head(repository())).toBe(second);
      expect(existsSync(join(folder, `${name}.git`))).toBe(false);
    });

    it('reads the files of a commit, by their names and bytes', async () => {
      const files = await git.open(repository(), second);
      expect((await files.list()).sort()).toEqual(['big.bin', 'docs/ü "a".md', 'web/app.pipecd.yaml']);
      expect((await files.read('web/app.pipecd.yaml'))?.toString()).toBe('two');
      expect(await files.read('web/none')).toBeUndefined();
      expect(await files.read('web')).toBeUndefined();
      expect((await (await git.open(repository(), first)).read('web/app.pipecd.yaml'))?.toString()).toBe('one');
    });

    it('leaves out what is too large for a file of an application', async () => {
      expect(await (await git.open(repository(), second)).read('big.bin')).toBeUndefined();
    });

    it('tells what a commit says, what changed since another, and which is older', async () => {
      expect(await git.commit(repository(), second)).toEqual({
        hash: second,
        author: 'Ada <ada@example.com>',
        message: 'Go on\n\nWith a body.',
      });
      expect(await git.changedPaths(repository(), first, second)).toEqual(['docs/ü "a".md', 'web/app.pipecd.yaml']);
      expect(await git.changedPaths(repository(), '0'.repeat(40), second)).toBeUndefined();
      expect(await git.isAncestor(repository(), first, second)).toBe(true);
      expect(await git.isAncestor(repository(), second, first)).toBe(false);
      expect(await git.isAncestor(repository(), second, '0'.repeat(40))).toBe(false);
    });

    it('resolves branches, tags and commits', async () => {
      await origin.git('tag', '-f', '-a', 'v1', '-m', 'one', first);
      await origin.git('push', '--quiet', '--force', 'origin', 'v1');
      expect(await git.resolve(repository(), 'main')).toBe(second);
      expect(await git.resolve(repository(), 'v1')).toBe(first);
      expect(await git.resolve(repository(), first.slice(0, 10))).toBe(first);
      expect(await git.resolve(repository(), 'none')).toBeUndefined();
    });
  });
}

readsEverything('http', async () => ({ host: await serveHttp(origin), git: gitWith({}) }));
readsEverything('token', async () => {
  const file = join(folder, 'token');
  await writeFile(file, 'abc123\n');
  return { host: await serveHttp(origin, 'abc123'), git: gitWith({ token: { file } }) };
});
describe.runIf(existsSync(SSHD))('over ssh', () => {
  let host: SshHost;
  readsEverything('ssh', async () => {
    host = await serveSsh(origin);
    // Kubernetes and the like mount secrets for all to read, which ssh refuses.
    await chmod(host.keyFile, 0o644);
    return { host, git: gitWith({ sshKey: { file: host.keyFile }, knownHostsFile: host.knownHostsFile }) };
  });

  describe('a host or key that is not as it should be', () => {
    let own: Origin;
    beforeAll(async () => {
      own = await createOrigin();
      host = await serveSsh(own);
    });
    afterAll(async () => {
      await host.close();
      await own.remove();
    });
    const repository = () => of(host, 'ssh-wrong');
    const refused = (access: GitAccess) => expect(gitWith(access).head(repository())).rejects;

    it('is not believed when nobody has named its key', async () => {
      const empty = join(folder, 'empty');
      await writeFile(empty, '');
      await refused({ sshKey: { file: host.keyFile }, knownHostsFile: empty }).toThrow(
        /host key is not known.*ssh-keyscan 127\.0\.0\.1:\d+/,
      );
    });

    it('says that the key does not exist, is none, or is not let in', async () => {
      const { knownHostsFile } = host;
      await refused({ sshKey: { file: join(folder, 'none') }, knownHostsFile }).toThrow(/does not exist/);
      const wrong = join(folder, 'wrong');
      await writeFile(wrong, 'no key');
      await refused({ sshKey: { file: wrong }, knownHostsFile }).toThrow(/SSH key cannot be read/);
      await refused({ knownHostsFile }).toThrow(/does not take our SSH key/);
    });

    it('is not believed when its key has changed', async () => {
      await host.changeHostKey();
      const { keyFile, knownHostsFile } = host;
      await refused({ sshKey: { file: keyFile }, knownHostsFile }).toThrow(/another key than the one that is known/);
    });
  });
});

describe('what cannot be read', () => {
  let host: GitHost;
  beforeAll(async () => (host = await serveHttp(origin, 'secret')));
  afterAll(() => host.close());

  it('says that the token is wrong or missing, and never what it is', async () => {
    for (const access of [{}, { token: { base64: Buffer.from('a-wrong-token').toString('base64') } }]) {
      const failure = await gitWith(access)
        .head(of(host, 'locked'))
        .catch((error: unknown) => String(error));
      expect(failure).toMatch(/does not take our token, or wants one/);
      expect(failure).not.toContain('a-wrong-token');
    }
  });

  it('is read with the repository’s own token, which counts before that of all', async () => {
    const token = (text: string) => ({ token: { base64: Buffer.from(text).toString('base64') } });
    const git = gitWith(token('a-wrong-token'));
    expect(await git.head({ ...of(host, 'own'), access: token('secret') })).toBe(second);
  });

  it('says that there is no such branch, repository or host', async () => {
    const open = await serveHttp(origin);
    const git = gitWith({});
    await expect(git.head(of(open, 'r', 'none'))).rejects.toThrow(/there is no branch none/);
    await expect(git.head(of({ remote: open.remote.replace('repo', 'other') }, 'r'))).rejects.toThrow(
      /There is no repository at/,
    );
    await open.close();
    const [port = 0] = await freePorts(1);
    await expect(git.head(of({ remote: `http://127.0.0.1:${port}/repo.git` }, 'r'))).rejects.toThrow(
      /127\.0\.0\.1:\d+ does not answer/,
    );
  });

  it('ends git with the cancellation', async () => {
    const cancel = new AbortController();
    const asked = gitWith({}, folder, cancel.signal).head(of({ remote: 'ssh://git@192.0.2.1/repo.git' }, 'r'));
    cancel.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

it('makes a damaged mirror anew, and one of another address', async () => {
  const mirrors = await mkdtemp(join(tmpdir(), 'sluice-damaged-'));
  const host = await serveHttp(origin);
  const git = gitWith({}, mirrors);
  await git.commit(of(host, 'r'), second);
  await writeFile(join(mirrors, 'r.git', 'config'), '[broken');
  expect((await git.commit(of(host, 'r'), second)).hash).toBe(second);
  await host.close();
  await rm(mirrors, { recursive: true, force: true });
});

it('goes on after a git that was killed and left its lock, once it is too old to be anybody’s', async () => {
  const mirrors = await mkdtemp(join(tmpdir(), 'sluice-locked-'));
  const own = await createOrigin();
  const host = await serveHttp(own);
  const git = gitWith({}, mirrors);
  await git.commit(of(host, 'r'), await own.push({ a: '1' }));
  const lock = join(mirrors, 'r.git', 'refs', 'sluice', 'branch.lock');
  await writeFile(lock, '');
  const locked = await own.push({ a: '2' });
  await expect(git.commit(of(host, 'r'), locked)).rejects.toThrow('File exists');
  const next = await own.push({ a: '3' });
  const longAgo = new Date(Date.now() - 60 * 60_000);
  await utimes(lock, longAgo, longAgo);
  expect((await git.commit(of(host, 'r'), next)).hash).toBe(next);
  expect(existsSync(lock)).toBe(false);
  await host.close();
  await own.remove();
  await rm(mirrors, { recursive: true, force: true });
});

it('removes what a fetch has left that was cut off long ago, and nothing that may still be written', async () => {
  const host = await serveHttp(origin);
  const git = gitWith({});
  const before = await git.head(of(host, 'swept'));
  await git.commit(of(host, 'swept'), before);
  const packs = join(folder, 'swept.git', 'objects', 'pack');
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of ['tmp_pack_old', 'tmp_pack_new']) await writeFile(join(packs, name), 'half a pack');
  await utimes(join(packs, 'tmp_pack_old'), hourAgo, hourAgo);
  const after = await origin.push({ 'web/app.pipecd.yaml': 'three' }, 'Go further');
  expect((await git.commit(of(host, 'swept'), after)).message).toBe('Go further');
  expect((await readdir(packs)).filter((name) => name.startsWith('tmp_'))).toEqual(['tmp_pack_new']);
  await host.close();
});

it('keeps what a forced push left behind, to compare with', async () => {
  const own = await createOrigin();
  const host = await serveHttp(own);
  const git = gitWith({}, join(own.root, 'mirrors'));
  const base = await own.push({ a: '1' });
  const left = await own.push({ a: '2', b: '1' });
  await git.commit(of(host, 'r'), left);
  await own.git('reset', '--quiet', '--hard', base);
  const forced = await own.push({ a: '3' });
  expect(await git.head(of(host, 'r'))).toBe(forced);
  expect(await git.changedPaths(of(host, 'r'), left, forced)).toEqual(['a', 'b']);
  expect(await git.isAncestor(of(host, 'r'), left, forced)).toBe(false);
  await host.close();
  await own.remove();
});
