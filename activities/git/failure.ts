import { formatDuration } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import { GitFailure } from './repository.js';
import type { Repository } from './repository.js';
import type { GitRun } from './run-git.js';

/** What git and ssh say (in English: LC_ALL is C), and what it means for people. The first that fits. */
const MEANINGS: readonly [RegExp, (repository: Repository) => string][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    () =>
      'The host shows another key than the one that is known: it was changed, or it is not the host. Ask who runs it before you replace the line in known_hosts.',
  ],
  [
    /Host key verification failed|No \w+ host key is known|authenticity of host/,
    ({ remote }) =>
      `The host key is not known, and unknown hosts are not believed. Put the line of \`ssh-keyscan ${hostOf(remote)}\` into git.knownHostsFile, once you have compared it with what its owner publishes.`,
  ],
  [
    /Load key .*: (error in libcrypto|invalid format|Invalid key)|invalid format/,
    () => 'The SSH key cannot be read: git.sshKeyFile must hold a private key in OpenSSH or PEM format.',
  ],
  [
    /incorrect passphrase|passphrase/i,
    () =>
      'The SSH key has a passphrase, and nobody is there to type it: use a key without one, for this repository alone.',
  ],
  [
    /Permission denied \(publickey|Permission denied, please try again|Too many authentication failures/,
    () =>
      'The host does not take our SSH key: add its public half to the repository as a deploy key, or name it in git.sshKeyFile.',
  ],
  [
    /Authentication failed|could not read (Username|Password)|HTTP Basic: Access denied|error: 40[13]/,
    () => 'The host does not take our token, or wants one: check git.tokenFile and that it may read this repository.',
  ],
  [
    /Repository not found|not found|does not appear to be a git repository|error: 404/i,
    ({ remote }) => `There is no repository at ${remote}, or our key may not see it.`,
  ],
  [
    /SSL|certificate|TLS/i,
    () =>
      'The TLS connection failed: check the certificate of the host, and the ones that this machine believes (SSL_CERT_FILE).',
  ],
  [
    /Could not resolve host/i,
    ({ remote }) => `The host ${hostOf(remote)} is not known by name here: check the address and DNS.`,
  ],
  [
    /Connection refused|Failed to connect|timed out|No route to host|Network is unreachable|Connection reset|Connection closed|Could not connect/i,
    ({ remote }) => `The host ${hostOf(remote)} does not answer: check the address, the port and the firewall.`,
  ],
  [/No space left on device/, () => 'The disk of SLUICE_DATA is full.'],
];

/** Why a command failed, as people read it: what it means and what to do, then git's own last line. */
export function failureOf(repository: Repository, run: GitRun, timeout: Millis): GitFailure {
  const words = run.stderr
    .split('\n')
    .map((line) => line.replace(/^(fatal|error|remote):\s*/i, '').trim())
    .filter((line) => line !== '' && !/^(Please make sure|and the repository exists|hint:|warning:|@@@)/i.test(line));
  const last = words.at(0) ?? `git ended with status ${run.code}`;
  const name = `Repository ${repository.repoId}`;
  if (run.timedOut) {
    return new GitFailure(`${name}: git took longer than ${formatDuration(timeout)}. ${last}`);
  }
  const meaning = MEANINGS.find(([pattern]) => pattern.test(run.stderr))?.[1](repository);
  return new GitFailure(`${name}: ${meaning ? `${meaning} ` : ''}(git: ${last.slice(0, 300)})`);
}

function hostOf(remote: string): string {
  if (URL.canParse(remote)) {
    const { hostname, port } = new URL(remote);
    return port ? `${hostname}:${port}` : hostname;
  }
  return /@([^:]+):/.exec(remote)?.[1] ?? remote;
}
