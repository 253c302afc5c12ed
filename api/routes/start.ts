import type { Request, RequestHandler } from 'express';
import type { Commit, Release } from '../../model/release.js';
import type { ReleaseInGit } from '../../model/repository.js';
import type { DeployRequest } from '../../workflows/messages.js';
import { fingerprint, parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { appParam } from '../names.js';
import { ApiProblem } from '../problem.js';
import { refusedFiles } from '../release-reader.js';
import type { ReleaseReader } from '../release-reader.js';
import { StartDeployment } from '../../spec/http.js';
import { answerDeployment } from './deploy-answer.js';

/** `POST /applications/{app}/deployments`: the files become a release here or, of git, in a worker; the application's workflow takes it from there. */
export function startDeployment(gateway: Gateway, releases: ReleaseReader): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const key = idempotencyKey(req);
    const body = parseWith(StartDeployment, req.body, 422);
    const provider = body.platformProvider ?? (await rememberedProvider(gateway, releases, app));
    const what = {
      app,
      ...(body.image !== undefined && { image: body.image }),
      ...(provider !== undefined && { provider }),
    };
    const { release, commit } = body.git
      ? await readFromGit(gateway, { ...what, ...body.git })
      : { release: releases.read({ ...what, files: body.files ?? {} }) };
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

/** A worker reads the files: the api holds no right to any repository. */
async function readFromGit(gateway: Gateway, asked: ReleaseInGit): Promise<{ release: Release; commit?: Commit }> {
  const { release, commit, findings } = await gateway.readRelease(asked);
  if (!release) throw refusedFiles(findings);
  return { release, ...(commit && { commit }) };
}

function onlyByCommits(app: string): ApiProblem {
  return new ApiProblem(409, `${app} is deployed by commits alone: its file says trigger.onCommand.disabled.`, {
    fix: `Push a commit that touches it, or delete that line. To go back: sluice rollback ${app}.`,
  });
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
