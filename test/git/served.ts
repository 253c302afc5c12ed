import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createPullRequests } from '../../activities/git/pull-request.js';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { until } from '../support/processes.js';

const run = promisify(execFile);
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** For watchers that want none. */
export const NO_REQUESTS = createPullRequests({
  token: undefined,
  openSecret: () => Promise.reject(new Error('no secret')),
  cancelled: () => new AbortController().signal,
});

/** A bare repository on this machine, and a place to push from. */
export interface Origin {
  /** Holds the bare repository `repo.git`. */
  root: string;
  /** Writes the files (null deletes one) and pushes one commit; answers its hash. */
  push: (files: Record<string, string | null>, message?: string, branch?: string) => Promise<string>;
  git: (...args: string[]) => Promise<string>;
  remove: () => Promise<void>;
}

export async function createOrigin(): Promise<Origin> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-origin-'));
  const work = join(root, 'work');
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', work, ...args], { env: { ...process.env, ...IDENTITY } })).stdout.trim();
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(root, 'repo.git')]);
  await run('git', ['-C', join(root, 'repo.git'), 'config', 'uploadpack.allowFilter', 'true']);
  await run('git', ['-C', join(root, 'repo.git'), 'config', 'http.receivepack', 'true']);
  await run('git', ['clone', '--quiet', join(root, 'repo.git'), work], { env: { ...process.env, ...IDENTITY } });
  await git('checkout', '--quiet', '-B', 'main');
  return {
    root,
    git,
    async push(files, message = 'Change', branch = 'main') {
      for (const [path, text] of Object.entries(files)) {
        const file = join(work, path);
        if (text === null) await rm(file);
        else {
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, text);
        }
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', message);
      await git('push', '--quiet', '--force', 'origin', `HEAD:${branch}`);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A host that serves the origin. */
export interface GitHost {
  remote: string;
  close: () => Promise<void>;
  /** How many requests or connections there were. */
  asked: () => number;
}

/** Smart HTTP by git's own program behind a small gateway; with a token only those that send it are let in. */
export async function serveHttp({ root }: Origin, token?: string): Promise<GitHost> {
  const { stdout } = await run('git', ['--exec-path']);
  const backend = join(stdout.trim(), 'git-http-backend');
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked += 1;
    const expected = token && `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const child = spawn(backend, {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method,
        PATH_INFO: path,
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
        REMOTE_USER: 'tester',
      },
    });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all.subarray(0, end).toString().split('\r\n');
      let status = 200;
      for (const line of headers) {
        const [name = '', value = ''] = line.split(/:\s*/, 2);
        if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
        else if (name) response.setHeader(name, value);
      }
      response.writeHead(status).end(all.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    remote: `http://127.0.0.1:${port}/repo.git`,
    asked: () => asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Where Debian puts it. */
export const SSHD = '/usr/sbin/sshd';

/** A real sshd of our own on loopback, with a key of the host and one that it lets in. */
export interface SshHost extends GitHost {
  keyFile: string;
  knownHostsFile: string;
  /** Gives the host another key, as one that is not it would have. */
  changeHostKey: () => Promise<void>;
}

export async function serveSsh({ root }: Origin): Promise<SshHost> {
  const [port = 0] = await freePorts(1);
  const folder = join(root, 'ssh');
  await mkdir(folder, { mode: 0o700 });
  const key = async (name: string): Promise<string> => {
    const file = join(folder, name);
    await rm(file, { force: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return file;
  };
  const [hostKey, keyFile] = [await key('host'), await key('client')];
  const known = async (): Promise<string> => {
    const [type, blob] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
    return `[127.0.0.1]:${port} ${type ?? ''} ${blob ?? ''}\n`;
  };
  const knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, await known());
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${keyFile}.pub`), { mode: 0o600 });
  const config = join(folder, 'sshd_config');
  await writeFile(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `PidFile ${join(folder, 'sshd.pid')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PubkeyAuthentication yes',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin prohibit-password',
    ].join('\n'),
  );
  let sshd: ChildProcess | undefined;
  let log = '';
  async function start(): Promise<void> {
    log = '';
    if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
    sshd = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    sshd.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await until('sshd to listen', () => log.includes('Server listening'), { timeout: 20_000 });
  }
  async function stop(): Promise<void> {
    const ended = new Promise((resolve) => sshd?.once('exit', resolve));
    sshd?.kill();
    await ended;
  }
  await start();
  return {
    remote: `ssh://${userInfo().username}@127.0.0.1:${port}${join(root, 'repo.git')}`,
    keyFile,
    knownHostsFile,
    asked: () => log.split('Accepted publickey').length - 1,
    close: stop,
    async changeHostKey() {
      await stop();
      await key('host');
      await start();
    },
  };
}
