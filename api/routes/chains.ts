import type { RequestHandler } from 'express';
import type { ChainList } from '../../model/chain.js';
import { Hold } from '../../spec/http.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { deploymentParam } from '../names.js';
import { ApiProblem, notFound } from '../problem.js';

/** `GET /chains` */
export function listChains(gateway: Gateway): RequestHandler {
  return async (_req, res) => {
    res.json({ chains: await gateway.chains() } satisfies ChainList);
  };
}

/** `GET /chains/{id}` */
export function readChain(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const id = deploymentParam(req);
    const chain = await gateway.chain(id);
    if (!chain) throw unknownChain(id);
    res.json(chain);
  };
}

/** `POST /chains/{id}/cancel` */
export function cancelChain(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const id = deploymentParam(req);
    const { reason } = parseWith(Hold, req.body ?? {}, 422);
    const answer = await gateway.cancelChain(id, { by: keyOf(res).name, reason });
    if (answer && !('refused' in answer)) {
      res.json(answer);
      return;
    }
    const ended = answer ? undefined : await gateway.chain(id);
    if (!answer && !ended) throw unknownChain(id);
    throw new ApiProblem(409, answer?.refused ?? `The chain after ${id} is ${ended?.status ?? 'over'}.`, {
      fix: 'Its deployments have controls of their own.',
    });
  };
}

function unknownChain(id: string): ApiProblem {
  return notFound(`chain after ${id}`, 'GET /api/v1/chains lists them; one begins when its deployment has succeeded.');
}
