import type { RequestHandler } from 'express';
import { ReadInsights } from '../../spec/http.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';

/** `GET /insights`: how often, how fast and how well, by application or by the values of a label. */
export function readInsights(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    res.json(await gateway.insights(parseWith(ReadInsights, req.query, 400)));
  };
}
