import { applicationAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import type { CommandHost } from '../program.js';

export interface HoldOptions {
  reason: string;
  json?: true;
}

/** Holds or releases an application and tells its state. */
export async function changeHold(
  { context }: CommandHost,
  action: 'hold' | 'release',
  app: string,
  { reason, json }: HoldOptions,
): Promise<void> {
  const path = `/applications/${encodeURIComponent(app)}/${action}`;
  const answer = await call(findServer(context), { method: 'POST', path, body: { reason } }, applicationAnswer);
  const held = answer.held ? `: held by ${answer.held.by}, ${answer.held.reason}` : '';
  context.out(json ? JSON.stringify(answer) : `${app} ${answer.state}${held}`);
}
