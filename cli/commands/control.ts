import { call } from '../client.js';
import { controlAnswer } from '../../spec/http-answers.js';
import { findServer } from '../context.js';
import type { CommandHost } from '../program.js';

export interface ControlOptions {
  reason?: string;
  stage?: string;
  keep?: true;
  json?: true;
}

/**
 * Sends a control to a deployment and tells what it led to.
 * @throws CommandFailure with the deployment's own words when its state does not allow it (exit code 1).
 */
export async function sendControl(
  { context }: CommandHost,
  name: string,
  id: string,
  { reason, stage, keep, json }: ControlOptions,
): Promise<void> {
  const body = {
    ...(reason !== undefined && { reason }),
    ...(stage !== undefined && { stage }),
    ...(keep && { rollback: false }),
  };
  const path = `/deployments/${encodeURIComponent(id)}/${name}`;
  const answer = await call(findServer(context), { method: 'POST', path, body }, controlAnswer);
  context.out(json ? JSON.stringify(answer) : `${id} ${answer.status}: ${answer.text}`);
}

/** Registers a control that takes a deployment, a reason and nothing else. */
export function addControl(host: CommandHost, name: string, description: string, more: { stage: boolean }): void {
  const command = host.program
    .command(name)
    .description(description)
    .argument('<deployment>', 'its id, such as web-12')
    .requiredOption('-r, --reason <text>', 'why; it is recorded with your name');
  if (more.stage) command.option('--stage <id>', 'the stage that is meant; the current one when left out');
  command
    .option('--json', 'answer as JSON')
    .action((id: string, options: ControlOptions) => sendControl(host, name, id, options));
}
