import { join } from 'node:path';
import express from 'express';
import type { RequestHandler } from 'express';

/** Addresses of the page: it shows what they name by itself (web/app.tsx). */
const ADDRESSES = [
  '/',
  '/applications/:app',
  '/deployments',
  '/deployments/:id',
  '/deployments/:id/retrospective',
  '/plan',
  '/repositories',
  '/insights',
] as const;

/**
 * Serves the built page. Files under `assets/` carry a hash of their content in their name, so a browser may keep them for ever; the
 * page itself is asked for anew each time, so that a new version is seen with the next look.
 */
export function servePage(folder: string): RequestHandler {
  const router = express.Router();
  router.use(
    '/assets',
    express.static(join(folder, 'assets'), { immutable: true, maxAge: '365d', index: false, redirect: false }),
  );
  router.use(express.static(folder, { index: false, redirect: false, cacheControl: false }));
  router.get([...ADDRESSES], (_req, res) => {
    res.setHeader('Cache-Control', 'no-cache');
    res.sendFile('index.html', { root: folder, cacheControl: false });
  });
  return router;
}
