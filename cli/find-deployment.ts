import type { DeploymentDocument } from '../model/wire.js';
import { deploymentAnswer } from '../spec/http-answers.js';
import { call, type Server } from './client.js';
import { CommandFailure, EXIT } from './failure.js';

/**
 * The deployment of this name, where a command takes a deployment or an application. An application may be called like a deployment
 * (`web-2`), so the server is asked.
 */
export async function findDeployment(server: Server, name: string): Promise<DeploymentDocument | undefined> {
  if (!/-\d+$/.test(name)) return undefined;
  try {
    return await call(server, { path: `/deployments/${encodeURIComponent(name)}` }, deploymentAnswer);
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === EXIT.wrongUse) return undefined;
    throw error;
  }
}
