import type { Request } from 'express';
import { APP_NAME, DEPLOYMENT_ID, REPOSITORY_ID } from '../spec/http.js';
import { ApiProblem, notFound } from './problem.js';

/** The application in the path. @throws ApiProblem 422 when the name does not fit the contract's pattern */
export function appParam(req: Request): string {
  const app = String(req.params['app']);
  if (APP_NAME.test(app)) return app;
  throw new ApiProblem(422, `“${app.slice(0, 80)}” is no name for an application.`, {
    fix: 'Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.',
  });
}

/** The deployment in the path. @throws ApiProblem 404 when no deployment can have this id */
export function deploymentParam(req: Request): string {
  const id = String(req.params['id']);
  if (DEPLOYMENT_ID.test(id)) return id;
  throw new ApiProblem(404, `There is no deployment “${id.slice(0, 80)}”.`, {
    fix: 'A deployment’s id is its application’s name, a hyphen and a number: web-7.',
  });
}

/** The 404 of an application. */
export function unknownApplication(app: string): ApiProblem {
  return notFound(`application ${app}`, 'GET /api/v1/applications lists them; the first deployment creates one.');
}

/** The 404 of a deployment. */
export function unknownDeployment(id: string): ApiProblem {
  return notFound(`deployment ${id}`, 'GET /api/v1/deployments lists them.');
}

/** The repository in the path. @throws ApiProblem 404 when no repository can have this name */
export function repositoryParam(req: Request): string {
  const repoId = String(req.params['repoId']);
  if (REPOSITORY_ID.test(repoId)) return repoId;
  throw unknownRepository(repoId.slice(0, 80));
}

/** The 404 of a repository. */
export function unknownRepository(repoId: string): ApiProblem {
  return notFound(
    `watched repository ${repoId}`,
    'GET /api/v1/repositories lists them; `repositories` in the server configuration names them.',
  );
}
