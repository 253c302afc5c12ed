import type { RequestHandler } from 'express';
import type { Gateway } from '../gateway.js';
import { appParam, unknownApplication } from '../names.js';
import { notFound } from '../problem.js';

/** `GET /applications/{app}/task-sets`: what stands in AWS now, read by a worker. */
export function readTaskSets(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const app = appParam(req);
    const application = await gateway.application(app);
    if (!application) throw unknownApplication(app);
    if (application.task) {
      throw notFound(`service of ${app}`, 'It runs a task once, and its deployments tell how that ended.');
    }
    // Before its first deployment has ended, only that one knows the service.
    const first = application.service ? undefined : (application.running ?? application.pending);
    const service = application.service ?? (first && (await gateway.deployment(first))?.document.service);
    if (!service) throw notFound(`service of ${app}`, 'Its first deployment creates it.');
    const { provider, cluster, name } = service;
    res.json(await gateway.taskSets({ app, provider, cluster, service: name }));
  };
}
