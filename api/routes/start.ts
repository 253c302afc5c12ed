import type { Request, RequestHandler } from 'express';
import type { DeployRequest } from '../../workflows/messages.js';
import { fingerprint, parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { appParam } from '../names.js';
import { ApiProblem } from '../problem.js';
import type { ReleaseReader } from '../release-reader.js';
import { StartDeployment } from '../../spec/http.js';
import { answerDeployment } from './deploy-answer.js';
import { releaseOf } from './release-of.js';

/** `POST /applications/{app}/deployments`: the files become a release here or, of git, in a worker; the application's workflow takes it from there. */
export function startDeployment(gateway: Gateway, releases: ReleaseReader): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const key = idempotencyKey(req);
    const body = parseWith(StartDeployment, req.body, 422);
    const { release, commit } = await releaseOf(gateway, releases, app, body);
    if (release.noCommands) throw onlyByCommits(app);
    const by = keyOf(res).name;
    const told = body.commit ?? commit;
    const request: DeployRequest = {
      release,
      strategy: body.strategy,
      adopt: body.adopt,
      by,
      ...(told && { commit: told }),
      ...(key !== undefined && { idempotency: { key, bodySha256: fingerprint(body) } }),
    };
    await answerDeployment(gateway, res, await gateway.deploy(app, request), by);
  };
}

function onlyByCommits(app: string): ApiProblem {
  return new ApiProblem(409, `${app} is deployed by commits alone: its file says trigger.onCommand.disabled.`, {
    fix: `Push a commit that touches it, or delete that line. To go back: sluice rollback ${app}.`,
  });
}

function idempotencyKey(req: Request): string | undefined {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new ApiProblem(400, 'The Idempotency-Key does not fit.', {
    fix: 'Use 1 to 255 printable ASCII characters without spaces.',
  });
}
