import { applicationAnswer } from '../../spec/http-answers.js';
import { call, type Server } from '../client.js';
import { startDeployment } from '../commands/deploy.js';
import type { Context } from '../context.js';
import { follower } from '../context.js';
import { CommandFailure, EXIT, type ExitCode } from '../failure.js';
import { readReleaseFolder } from '../release-folder.js';
import { follow } from '../watch/follow.js';

/** The example's versions differ in the tag of their image alone. */
const TAGS = ['1.28-alpine', '1.27-alpine'] as const;

/**
 * Runs a canary of the application in `dir` to its end, with live progress. On a fresh data folder the version of the file goes out
 * first, so that there is something to compare with; a deployment that still runs from the last time is followed to its end.
 * @returns 0 when the last deployment SUCCEEDED, else 1.
 */
export async function runExample(context: Context, server: Server, dir: string): Promise<ExitCode> {
  const { app = 'example' } = await readReleaseFolder(dir);
  const before = await findApplication(server, app);
  const unfinished = before?.running ?? before?.pending;
  if (unfinished !== undefined) {
    context.say(`${unfinished} still runs: following it to its end.`);
    return finish(context, server, unfinished);
  }
  if (!before?.lastGood) {
    context.say(`First deployment of ${app}: nothing runs yet that a canary could be compared with.`);
    const first = await startDeployment(server, dir, { app });
    const code = await finish(context, server, first.id);
    if (code !== EXIT.ok) return code;
  }
  const running = (await findApplication(server, app))?.lastGood?.image ?? '';
  const tag = TAGS.find((candidate) => !running.endsWith(`:${candidate}`)) ?? TAGS[0];
  const image = running.replace(/:[^:/]*$/, `:${tag}`);
  context.say(`\nA canary of ${image}:`);
  const canary = await startDeployment(server, dir, { app, image });
  return finish(context, server, canary.id);
}

async function findApplication(
  server: Server,
  app: string,
): Promise<ReturnType<typeof applicationAnswer.parse> | undefined> {
  try {
    return await call(server, { path: `/applications/${encodeURIComponent(app)}` }, applicationAnswer);
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === EXIT.wrongUse) return undefined;
    throw error;
  }
}

async function finish(context: Context, server: Server, id: string): Promise<ExitCode> {
  const ended = await follow(server, id, follower(context, false));
  return ended.status === 'SUCCEEDED' ? EXIT.ok : EXIT.failed;
}
