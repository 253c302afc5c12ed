import type { RequestHandler } from 'express';
import type { ApplicationList } from '../../model/wire.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { appParam, unknownApplication } from '../names.js';
import { Hold, RenameApplication, RollbackApplication } from '../../spec/http.js';
import { answerDeployment } from './deploy-answer.js';

/** `GET /applications` */
export function listApplications(gateway: Gateway): RequestHandler {
  return async (_req, res) => {
    res.json({ applications: await gateway.applications() } satisfies ApplicationList);
  };
}

/** `GET /applications/{app}` */
export function readApplication(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const application = await gateway.application(app);
    if (!application) throw unknownApplication(app);
    res.json(application);
  };
}

/** `POST /applications/{app}/rollback`: answers the deployment that goes back. */
export function rollbackApplication(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const { reason, to } = parseWith(RollbackApplication, req.body ?? {}, 422);
    const by = keyOf(res).name;
    const answer = await gateway.rollbackApplication(app, {
      by,
      reason: reason ?? 'no reason given',
      ...(to !== undefined && { to }),
    });
    await answerDeployment(gateway, res, answer, by);
  };
}

/** `POST /applications/{app}/rename`: answers the application under its new name. */
export function renameApplication(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const { to, reason } = parseWith(RenameApplication, req.body ?? {}, 422);
    res.json(await gateway.rename(app, { to, reason, by: keyOf(res).name }));
  };
}

/** `POST /applications/{app}/{hold,release}` */
export function holdApplication(gateway: Gateway, name: 'hold' | 'release'): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const { reason } = parseWith(Hold, req.body ?? {}, 422);
    res.json(await gateway[name](app, { by: keyOf(res).name, reason }));
  };
}
