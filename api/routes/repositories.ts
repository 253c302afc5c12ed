import type { RequestHandler } from 'express';
import type { RepositoryList } from '../../model/wire.js';
import type { Gateway } from '../gateway.js';
import { repositoryParam, unknownRepository } from '../names.js';

/** `GET /repositories` */
export function listRepositories(gateway: Gateway): RequestHandler {
  return async (_req, res) => {
    res.json({ repositories: await gateway.repositories() } satisfies RepositoryList);
  };
}

/** `POST /repositories/{repoId}/sync` */
export function syncRepository(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const repoId = repositoryParam(req);
    if (!(await gateway.poke(repoId))) throw unknownRepository(repoId);
    res.status(202).json({ looks: true, reason: 'It was asked for.' });
  };
}
