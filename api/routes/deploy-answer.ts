import type { Response } from 'express';
import type { DeployAnswer } from '../../workflows/messages.js';
import type { Gateway } from '../gateway.js';
import { ApiProblem } from '../problem.js';
import { notBegun } from '../../records/document.js';

/** Answers a request for a deployment: 202 with its document and address, or the application's refusal. */
export async function answerDeployment(
  gateway: Gateway,
  res: Response,
  answer: DeployAnswer,
  by: string,
): Promise<void> {
  if (!answer.accepted) {
    throw new ApiProblem(answer.status, answer.reason, answer.fix === undefined ? {} : { fix: answer.fix });
  }
  // It is accepted whatever happens to this read.
  const live = await gateway.deployment(answer.id).catch(() => undefined);
  res
    .status(202)
    .location(`/api/v1/deployments/${answer.id}`)
    .json(live?.document ?? notBegun(answer.id, new Date(), by));
}
