import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { SecretRef } from '../../config/server.js';
import type { Gateway } from '../gateway.js';
import { repositoryParam, unknownRepository } from '../names.js';
import { ApiProblem } from '../problem.js';

/** GitHub sends at most 25 MB, and a push of a few commits is some KB. */
const LIMIT_BYTES = 25 * 1024 * 1024;

/** What of a repository's configuration its webhook needs. */
export interface WebhookRepository {
  repoId: string;
  branch: string;
  /** Without one its webhook is refused. */
  webhookSecret?: SecretRef;
}

export interface Webhooks {
  repositories: readonly WebhookRepository[];
  openSecret: (ref: SecretRef) => Promise<string>;
}

const push = z.looseObject({ ref: z.string() });

/** The body as it came: the signature is over its bytes. */
export function rawBody(): RequestHandler {
  return express.raw({ type: () => true, limit: LIMIT_BYTES });
}

/**
 * `POST /webhooks/{repoId}`: a push makes the repository be looked at now. What it says is not believed, only that something happened: the
 * commit is read from the repository itself.
 */
export function receiveWebhook(gateway: Gateway, { repositories, openSecret }: Webhooks): RequestHandler {
  return async (req, res) => {
    const repoId = repositoryParam(req);
    const repository = repositories.find((one) => one.repoId === repoId);
    if (!repository) throw unknownRepository(repoId);
    if (!repository.webhookSecret) {
      throw new ApiProblem(
        401,
        `Repository ${repoId} has no webhook secret, so nothing that is sent here can be believed.`,
        {
          fix: 'Write webhookSecretFile for the repository in the server configuration.',
        },
      );
    }
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    if (!isSigned(req.headers, body, await openSecret(repository.webhookSecret))) {
      throw new ApiProblem(401, 'The signature does not fit.', {
        fix: 'Give the webhook the secret of the repository’s webhookSecretFile: GitHub signs with it, GitLab sends it as its token.',
      });
    }
    const reason = whyNot(req.headers, body, repository.branch);
    if (reason !== undefined) {
      res.status(202).json({ looks: false, reason });
      return;
    }
    if (!(await gateway.poke(repoId))) throw unknownRepository(repoId);
    res.status(202).json({ looks: true, reason: `Something was pushed to ${repository.branch}.` });
  };
}

/** GitHub, Gitea and Forgejo sign the body; GitLab sends the secret. */
function isSigned(headers: IncomingHttpHeaders, body: Buffer, secret: string): boolean {
  const signature = headers['x-hub-signature-256'];
  if (typeof signature === 'string') {
    return isSame(signature, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  }
  const token = headers['x-gitlab-token'];
  return typeof token === 'string' && isSame(token, secret);
}

/** In a time that tells nothing of how much fits. */
function isSame(sent: string, expected: string): boolean {
  const [a, b] = [sent, expected].map((text) => createHmac('sha256', 'compare').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** Why a delivery is no reason to look; one that cannot be read is one. */
function whyNot(headers: IncomingHttpHeaders, body: Buffer, branch: string): string | undefined {
  const event = headers['x-github-event'] ?? headers['x-gitlab-event'];
  if (event !== undefined && event !== 'push' && event !== 'Push Hook') {
    return `It is of ${String(event)}: only pushes make the repository be looked at.`;
  }
  const text = body.toString('utf8');
  const form = new URLSearchParams(text).get('payload');
  const parsed = push.safeParse(readJson(form ?? text));
  if (!parsed.success || parsed.data.ref === `refs/heads/${branch}`) return undefined;
  return `It is of ${parsed.data.ref}: only ${branch} is watched.`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
