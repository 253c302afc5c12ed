import { randomUUID } from 'node:crypto';
import compression from 'compression';
import express from 'express';
import type { Express, RequestHandler, Response, Router } from 'express';
import helmet from 'helmet';
import type { HelmetOptions } from 'helmet';
import type { Logger } from 'pino';
import { deploymentUpdates } from '../workflows/messages.js';
import type { ControlName } from '../workflows/messages.js';
import { jsonBody } from './body.js';
import type { Gateway } from './gateway.js';
import { authenticate, keyOf, requireRole } from './identity.js';
import type { Identity } from './identity.js';
import type { LiveApplications } from './live-applications.js';
import type { LiveEvents } from './live-events.js';
import { addPath } from './methods.js';
import { createMetrics } from './metrics.js';
import { servePage } from './page.js';
import { problemHandler, unavailable, unknownRoute } from './problem.js';
import type { ReleaseReader } from './release-reader.js';
import {
  holdApplication,
  listApplications,
  readApplication,
  renameApplication,
  rollbackApplication,
} from './routes/applications.js';
import { cancelChain, listChains, readChain } from './routes/chains.js';
import { controlDeployment } from './routes/controls.js';
import { listDeployments, readDeployment } from './routes/deployments.js';
import { lookForDrift } from './routes/drift.js';
import { streamApplications, streamEvents } from './routes/events.js';
import { readEncryptionKey } from './routes/encryption-key.js';
import type { PublicKey } from './routes/encryption-key.js';
import { listEvents, readEvent, registerEvent } from './routes/registered-events.js';
import { readInsights } from './routes/insights.js';
import { listLog, listMeasurements } from './routes/records.js';
import { planDeployment } from './routes/plan.js';
import { listRepositories, syncRepository } from './routes/repositories.js';
import { beginSession, endSession, readSession } from './routes/session.js';
import { startDeployment } from './routes/start.js';
import { readTaskSets } from './routes/task-sets.js';
import { rawBody, receiveWebhook } from './routes/webhooks.js';
import type { Webhooks } from './routes/webhooks.js';

export interface AppDeps {
  gateway: Gateway;
  live: LiveEvents;
  applications: LiveApplications;
  releases: ReleaseReader;
  identity: Identity;
  logger: Logger;
  /** Whether people reach us by https. */
  secure: boolean;
  webhooks: Webhooks;
  /** What secrets are encrypted with. */
  publicKey: PublicKey;
  /** The OpenAPI document. */
  openApi: unknown;
  /** Folder of the page's files, if there is one. */
  webDir?: string;
}

/** The HTTP API as one Express application; it listens nowhere by itself. */
export function createApp(deps: AppDeps): Express {
  const { gateway, identity, logger, openApi } = deps;
  const metrics = createMetrics();
  const app = express();
  app.disable('x-powered-by');
  // ETags would be computed from whole documents that change each second.
  app.disable('etag');
  app.use(helmet(headersFor(deps.secure)));
  app.use(compression({ filter: (req, res) => !isEventStream(res) && compression.filter(req, res) }));
  app.use(metrics.count, logRequests(logger));

  const authenticated = authenticate(identity);
  addPath(app, '/healthz', { get: [(_req, res) => void res.json({ status: 'ok' })] });
  addPath(app, '/readyz', { get: [ready(gateway)] });
  addPath(app, '/openapi.json', { get: [(_req, res) => void res.json(openApi)] });
  addPath(app, '/metrics', {
    get: [
      authenticated,
      (_req, res) => void res.type('text/plain; version=0.0.4').send(metrics.render(deps.live.streams())),
    ],
  });
  app.use('/api/v1', apiRoutes(deps, authenticated));
  if (deps.webDir !== undefined) app.use(servePage(deps.webDir));
  app.use(unknownRoute);
  app.use(problemHandler(logger));
  return app;
}

/**
 * The page asks nobody but us, and has no style or script in its HTML. Helmet's defaults send browsers to https, where nobody listens when
 * people come by plain http.
 */
function headersFor(secure: boolean): HelmetOptions {
  return {
    contentSecurityPolicy: {
      directives: {
        fontSrc: ["'self'"],
        styleSrc: ["'self'"],
        ...(!secure && { upgradeInsecureRequests: null }),
      },
    },
    ...(!secure && { strictTransportSecurity: false }),
  };
}

/** Its events would wait in the compressor for more to come. */
function isEventStream(res: Response): boolean {
  return String(res.getHeader('Content-Type')).startsWith('text/event-stream');
}

function apiRoutes(
  { gateway, live, applications, releases, identity, openApi, webhooks, publicKey }: AppDeps,
  authenticated: RequestHandler,
): Router {
  const api = express.Router();
  api.use((_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    next();
  });
  addPath(api, '/openapi.json', { get: [(_req, res) => void res.json(openApi)] });
  addPath(api, '/session', {
    get: [authenticated, readSession()],
    post: [jsonBody(), beginSession(identity)],
    delete: [endSession(identity)],
  });

  addPath(api, '/webhooks/:repoId', { post: [rawBody(), receiveWebhook(gateway, webhooks)] });

  api.use(authenticated);
  const change = [requireRole('deployer'), jsonBody()];
  addPath(api, '/applications', { get: [listApplications(gateway)] });
  addPath(api, '/live/applications', { get: [streamApplications(applications)] });
  addPath(api, '/applications/:app', { get: [readApplication(gateway)] });
  addPath(api, '/applications/:app/task-sets', { get: [readTaskSets(gateway)] });
  addPath(api, '/applications/:app/deployments', { post: [...change, startDeployment(gateway, releases)] });
  addPath(api, '/applications/:app/rollback', { post: [...change, rollbackApplication(gateway)] });
  addPath(api, '/applications/:app/rename', { post: [...change, renameApplication(gateway)] });
  addPath(api, '/applications/:app/hold', { post: [...change, holdApplication(gateway, 'hold')] });
  addPath(api, '/applications/:app/release', { post: [...change, holdApplication(gateway, 'release')] });
  // Reads only, so that a viewer may ask.
  addPath(api, '/applications/:app/drift', { post: [lookForDrift(gateway)] });
  addPath(api, '/deployments', { get: [listDeployments(gateway)] });
  addPath(api, '/deployments/:id', { get: [readDeployment(gateway)] });
  addPath(api, '/deployments/:id/measurements', { get: [listMeasurements(gateway)] });
  addPath(api, '/deployments/:id/log', { get: [listLog(gateway)] });
  addPath(api, '/deployments/:id/events', { get: [streamEvents(live)] });
  for (const name of Object.keys(deploymentUpdates) as ControlName[]) {
    addPath(api, `/deployments/:id/${name}`, { post: [...change, controlDeployment(gateway, name)] });
  }
  addPath(api, '/insights', { get: [readInsights(gateway)] });
  addPath(api, '/chains', { get: [listChains(gateway)] });
  addPath(api, '/chains/:id', { get: [readChain(gateway)] });
  addPath(api, '/chains/:id/cancel', { post: [...change, cancelChain(gateway)] });
  addPath(api, '/plan', { post: [jsonBody(), planDeployment(gateway, releases)] });
  addPath(api, '/repositories', { get: [listRepositories(gateway)] });
  addPath(api, '/repositories/:repoId/sync', { post: [...change, syncRepository(gateway)] });
  addPath(api, '/events', { get: [listEvents(gateway)], post: [...change, registerEvent(gateway)] });
  addPath(api, '/events/:id', { get: [readEvent(gateway)] });
  addPath(api, '/encryption-key', { get: [readEncryptionKey(publicKey)] });
  addPath(api, '/doctor', { get: [async (_req, res) => void res.json(await gateway.doctor())] });
  return api;
}

function ready(gateway: Gateway): RequestHandler {
  return async (_req, res) => {
    const { ready: isReady, detail } = await gateway.readiness();
    if (!isReady) throw unavailable(detail, 'Deployments that run go on when it is back; `sluice doctor` tells more.');
    res.json({ status: 'ok', detail });
  };
}

/** One line for each answered request; the id is what a 500 tells its caller to look for. */
function logRequests(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const requestId = randomUUID();
    const began = Date.now();
    res.locals['requestId'] = requestId;
    res.on('close', () => {
      const by = res.locals['key'] ? keyOf(res).name : undefined;
      logger.info(
        {
          requestId,
          method: req.method,
          path: req.originalUrl.split('?')[0],
          status: res.statusCode,
          ms: Date.now() - began,
          by,
        },
        'request',
      );
    });
    next();
  };
}
