import type { RequestHandler } from 'express';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { deploymentParam, unknownDeployment } from '../names.js';
import { ListDeployments } from '../../spec/http.js';

/** `GET /deployments`: newest first, page by page. */
export function listDeployments(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const { app, status, text, limit, cursor } = parseWith(ListDeployments, req.query, 400);
    const page = await gateway.deployments({
      limit,
      ...(app !== undefined && { app }),
      ...(status !== undefined && { status }),
      ...(text !== undefined && { text }),
      ...(cursor !== undefined && { cursor }),
    });
    res.json(page);
  };
}

/** `GET /deployments/{id}` */
export function readDeployment(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const id = deploymentParam(req);
    const live = await gateway.deployment(id);
    if (!live) throw unknownDeployment(id);
    res.json(live.document);
  };
}
