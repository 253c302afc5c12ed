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

/** `POST /applications/{app}/deployments`: the files become a release here; the application's workflow takes it from there. */
export function startDeployment(gateway: Gateway, releases: ReleaseReader): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const key = idempotencyKey(req);
    const body = parseWith(StartDeployment, req.body, 422);
    const provider = body.platformProvider ?? (await rememberedProvider(gateway, releases, app));
    const release = releases.read({
      app,
      files: body.files,
      ...(body.image !== undefined && { image: body.image }),
      ...(provider !== undefined && { provider }),
    });
    const by = keyOf(res).name;
    const request: DeployRequest = {
      release,
      strategy: body.strategy,
      adopt: body.adopt,
      by,
      ...(body.commit && { commit: body.commit }),
      ...(key !== undefined && { idempotency: { key, bodySha256: fingerprint(body) } }),
    };
    await answerDeployment(gateway, res, await gateway.deploy(app, request), by);
  };
}

/** Of several providers, the application's last one, unless the request names another. */
async function rememberedProvider(gateway: Gateway, releases: ReleaseReader, app: string): Promise<string | undefined> {
  if (releases.ecsProviders.length < 2) return undefined;
  return (await gateway.application(app))?.service?.provider;
}

function idempotencyKey(req: Request): string | undefined {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new ApiProblem(400, 'The Idempotency-Key does not fit.', {
    fix: 'Use 1 to 255 printable ASCII characters without spaces.',
  });
}
