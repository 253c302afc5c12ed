import type { RequestHandler } from 'express';
import type { ControlName } from '../../workflows/messages.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { deploymentParam } from '../names.js';
import { CancelControl, Control } from '../../spec/http.js';

/** `POST /deployments/{id}/{approve,reject,skip,pause,resume,cancel,rollback}`: answers the workflow's own words. */
export function controlDeployment(gateway: Gateway, name: ControlName): RequestHandler {
  return async (req, res) => {
    const id = deploymentParam(req);
    const body = parseWith(name === 'cancel' ? CancelControl : Control, req.body ?? {}, 422);
    res.json(await gateway.control(id, name, { ...body, by: keyOf(res).name }));
  };
}
