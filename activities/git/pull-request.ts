import { z } from 'zod';
import type { SecretRef } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { fetchFailure } from '../fetch-failure.js';
import { GitFailure, PushRefused } from './repository.js';
import type { Repository } from './repository.js';
import { placeOf } from './repository-address.js';

/** A branch that is offered to be merged. */
export interface Proposal {
  branch: string;
  title: string;
  body: string;
}

/** Pull requests (GitHub) and merge requests (GitLab). Every function throws GitFailure where the host does not answer, PushRefused where it refuses. */
export interface PullRequests {
  /** The address of the one that was opened from this branch, whatever became of it since. */
  find(repository: Repository, branch: string): Promise<string | undefined>;
  open(repository: Repository, proposal: Proposal): Promise<string>;
}

export interface PullRequestDependencies {
  token: SecretRef | undefined;
  openSecret: (ref: SecretRef) => Promise<string>;
  cancelled: () => AbortSignal;
}

interface Host {
  type: 'GITHUB' | 'GITLAB';
  apiUrl: string;
}

const ANSWER_WITHIN = 20 * SECOND;
const WORDS_KEPT = 300;

const gitHub = z.object({ html_url: z.string() });
const gitLab = z.object({ web_url: z.string() });

/** The host's API by the repository's address; enterprise installations have theirs under the same name. */
export function hostOf({ repoId, remote, host }: Repository): Host {
  if (host) return host;
  const { host: name } = placeOf(remote);
  if (name === 'github.com') return { type: 'GITHUB', apiUrl: 'https://api.github.com' };
  if (/(^|\.)github\./.test(name)) return { type: 'GITHUB', apiUrl: `https://${name}/api/v3` };
  if (/(^|\.)gitlab\./.test(name)) return { type: 'GITLAB', apiUrl: `https://${name}/api/v4` };
  throw new PushRefused(
    `Repository ${repoId}: nothing tells whether ${name} is a GitHub or a GitLab, so no pull request can be opened. Write repositories[].host {type, apiUrl} in the server configuration.`,
  );
}

/** Asks the host's REST API with the token that git has. */
export function createPullRequests({ token: ofAll, openSecret, cancelled }: PullRequestDependencies): PullRequests {
  async function ask<T>(
    repository: Repository,
    { type, apiUrl }: Host,
    path: string,
    answer: z.ZodType<T>,
    body?: object,
  ): Promise<T> {
    const token = repository.access?.token ?? ofAll;
    if (!token) {
      throw new PushRefused(
        `Repository ${repository.repoId}: a pull request needs a token. Write git.tokenFile or git.tokenEnv in the server configuration.`,
      );
    }
    const key = (await openSecret(token)).trim();
    let response: Response;
    try {
      response = await fetch(`${apiUrl}${path}`, {
        method: body ? 'POST' : 'GET',
        redirect: 'error',
        signal: AbortSignal.any([cancelled(), AbortSignal.timeout(ANSWER_WITHIN)]),
        headers: {
          accept: 'application/json',
          'user-agent': 'sluice',
          ...(type === 'GITHUB' ? { authorization: `Bearer ${key}` } : { 'private-token': key }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      cancelled().throwIfAborted();
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const why = timedOut ? `nothing within ${ANSWER_WITHIN / SECOND} s` : fetchFailure(error).words;
      throw new GitFailure(`Repository ${repository.repoId}: ${new URL(apiUrl).host} does not answer (${why}).`);
    }
    const text = await response.text();
    const said = `${new URL(apiUrl).host} answered ${response.status}: ${text.slice(0, WORDS_KEPT)}`;
    if (response.status === 429 || response.status >= 500 || isRateLimit(response)) {
      throw new GitFailure(`Repository ${repository.repoId}: ${said}`);
    }
    if (!response.ok) throw new PushRefused(`Repository ${repository.repoId}: no pull request: ${said}`);
    const parsed = answer.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new GitFailure(`Repository ${repository.repoId}: ${said} — that is no answer of a ${type} API.`);
  }

  return {
    async find(repository, branch) {
      const host = hostOf(repository);
      const { path } = placeOf(repository.remote);
      if (host.type === 'GITHUB') {
        const [owner = ''] = path.split('/');
        const query = new URLSearchParams({ head: `${owner}:${branch}`, state: 'all' });
        const [found] = await ask(repository, host, `/repos/${path}/pulls?${query.toString()}`, z.array(gitHub));
        return found?.html_url;
      }
      const query = new URLSearchParams({ source_branch: branch, state: 'all' });
      const project = encodeURIComponent(path);
      const [found] = await ask(
        repository,
        host,
        `/projects/${project}/merge_requests?${query.toString()}`,
        z.array(gitLab),
      );
      return found?.web_url;
    },
    async open(repository, { branch, title, body }) {
      const host = hostOf(repository);
      const { path } = placeOf(repository.remote);
      if (host.type === 'GITHUB') {
        const asked = { title, body, head: branch, base: repository.branch };
        return (await ask(repository, host, `/repos/${path}/pulls`, gitHub, asked)).html_url;
      }
      const asked = {
        ...{ title, description: body, source_branch: branch, target_branch: repository.branch },
        remove_source_branch: true,
      };
      const project = encodeURIComponent(path);
      return (await ask(repository, host, `/projects/${project}/merge_requests`, gitLab, asked)).web_url;
    },
  };
}

/** GitHub says 403 for it. */
function isRateLimit({ status, headers }: Response): boolean {
  return status === 403 && headers.get('x-ratelimit-remaining') === '0';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
