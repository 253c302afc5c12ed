import type { IRouter, RequestHandler } from 'express';
import { ApiProblem } from './problem.js';

type Method = 'get' | 'post' | 'delete';

/** Adds a path with all that it can do; any other method on it is a 405 that names them. Routes are written by this alone. */
export function addPath(router: IRouter, path: string, handlers: Partial<Record<Method, RequestHandler[]>>): void {
  const route = router.route(path);
  // For the metrics: after an error Express has forgotten where the router was mounted.
  route.all((req, res, next) => {
    res.locals['route'] = `${req.baseUrl}${path}`;
    next();
  });
  if (handlers.get) route.get(...handlers.get);
  if (handlers.post) route.post(...handlers.post);
  if (handlers.delete) route.delete(...handlers.delete);
  const allowed = Object.keys(handlers).map((method) => method.toUpperCase());
  if (handlers.get) allowed.push('HEAD');
  const allow = allowed.join(', ');
  route.all((req) => {
    throw new ApiProblem(405, `${req.method} is nothing that ${req.baseUrl}${req.path} can do.`, {
      fix: `Use ${allow}.`,
      headers: { Allow: allow },
    });
  });
}
