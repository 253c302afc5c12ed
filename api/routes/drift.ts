import type { RequestHandler } from 'express';
import type { Gateway } from '../gateway.js';
import { appParam } from '../names.js';

/** `POST /applications/{app}/drift`: whether what runs is what was deployed last. Changes nothing, so that a viewer may ask. */
export function lookForDrift(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    res.json(await gateway.lookForDrift(appParam(req)));
  };
}
