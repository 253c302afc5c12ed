import type { Server } from '../client.js';
import { EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { follow, type Follower } from '../watch/follow.js';

/** Follows a deployment, and hands over the exit code that its end means: 0 for SUCCEEDED, 1 for every other. */
export async function followToEnd(
  { context, done }: Pick<CommandHost, 'context' | 'done'>,
  server: Server,
  id: string,
  follower: Follower,
  json: boolean,
): Promise<void> {
  const ended = await follow(server, id, follower);
  if (json) context.out(JSON.stringify(ended));
  if (ended.status !== 'SUCCEEDED') done(EXIT.failed);
}
