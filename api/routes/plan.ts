import type { RequestHandler } from 'express';
import { PlanDeployment } from '../../spec/http.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import type { ReleaseReader } from '../release-reader.js';
import { releaseOf } from './release-of.js';

/** `POST /plan`: what a deployment would do now. Changes nothing, so that a viewer may ask. */
export function planDeployment(gateway: Gateway, releases: ReleaseReader): RequestHandler {
  return async (req, res) => {
    const { app, ...body } = parseWith(PlanDeployment, req.body, 422);
    const { release, commit } = await releaseOf(gateway, releases, app, body);
    const told = body.commit ?? commit;
    const { strategy, adopt } = body;
    const [plan, application] = await Promise.all([
      gateway.plan({ app, release, strategy, adopt, ...(told && { commit: told }) }),
      gateway.application(app),
    ]);
    const held = application?.held;
    const warnings = [
      ...(held ? [`${app} is held by ${held.by}: ${held.reason}. Nothing is deployed until it is released.`] : []),
      ...(release.noCommands ? ['trigger.onCommand.disabled: only commits deploy it.'] : []),
      ...plan.warnings,
    ];
    res.json({ ...plan, warnings });
  };
}
