import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { DeploymentDocument } from '../../model/wire.js';
import { deploymentAnswer, repositoryListAnswer } from '../../spec/http-answers.js';
import { call, type Server } from '../client.js';
import { findServer, follower } from '../context.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { readReleaseFolder } from '../release-folder.js';
import { followToEnd } from './follow-to-end.js';

/** The image of the primary container, or of each container by name. */
type Images = string | Record<string, string>;

/** What a deployment can be asked with beside its files. */
export interface DeployOptions {
  app?: string;
  git?: string;
  image?: Images;
  strategy?: string;
  provider?: string;
  adopt?: true;
  commit?: string;
  commitMessage?: string;
  commitAuthor?: string;
  commitUrl?: string;
  idempotencyKey?: string;
}

/** `sluice deploy`: sends an application's files and, with --wait, follows the deployment to its end. */
export function addDeploy(host: CommandHost): void {
  const { program, context } = host;
  const command = program
    .command('deploy')
    .description('Start a deployment from the app.pipecd.yaml of a folder and the files it names.');
  addExamples(
    command,
    ['the files of the folder web; the exit code tells how it ended', 'sluice deploy web --wait'],
    [
      'what CI built; sent twice it is one deployment',
      'sluice deploy web --image registry.example.com/web:1.28 --commit "$COMMIT" --idempotency-key "$COMMIT"',
    ],
    ['all at once, with no canary', 'sluice deploy web --strategy QUICK_SYNC'],
    ['the files of a tag in a configured repository', 'sluice deploy --git shop@v1.28:apps/web'],
  );
  addSourceOptions(command)
    .option('--commit <hash>', 'the commit that this is')
    .option('--commit-message <text>')
    .option('--commit-author <name>')
    .option('--commit-url <url>')
    .option('--idempotency-key <key>', 'the same key and files start one deployment, however often they are sent')
    .option('--wait', 'follow it to its end: exit code 0 SUCCEEDED, 1 any other end')
    .option('--json', 'answer with the deployment document as JSON; with --wait the final one')
    .action(async (dir: string, options: DeployOptions & { wait?: true; json?: true }) => {
      const server = findServer(context);
      const started = await startDeployment(server, resolve(dir), options);
      const json = options.json ?? false;
      if (options.wait) return followToEnd(host, server, started.id, follower(context, json), json);
      context.out(json ? JSON.stringify(started) : `${started.id} ${started.status}: sluice watch ${started.id}`);
    });
}

/** What `deploy` and `plan` both take: where the files are, and what is asked of them. */
export function addSourceOptions(command: Command): Command {
  return command
    .argument('[dir]', 'the folder', '.')
    .option('--git <place>', 'read the files from a configured repository: REPOID[@REF]:PATH')
    .option('--app <name>', 'name of the application; spec.name of the file when left out')
    .option('--image <image>', 'replaces the image: IMAGE, or CONTAINER=IMAGE for each container', readImage)
    .addOption(
      new Option('--strategy <strategy>', 'AUTO decides from what runs').choices(['AUTO', 'QUICK_SYNC', 'PIPELINE']),
    )
    .option('--provider <name>', 'the ECS provider, when several are configured')
    .option('--adopt', 'take over task sets that PipeCD left');
}

/**
 * Sends the files of a folder.
 * @returns the deployment as it was accepted.
 * @throws CommandFailure with every finding in the files when they are refused (exit code 2).
 */
export async function startDeployment(
  server: Server,
  dir: string,
  options: DeployOptions,
): Promise<DeploymentDocument> {
  const { app, ...body } = await requestOf(server, dir, options);
  const headers = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
  const path = `/applications/${encodeURIComponent(app)}/deployments`;
  return call(server, { method: 'POST', path, body, headers }, deploymentAnswer);
}

/**
 * What a folder or a place in git is asked to be deployed with, and the name of its application.
 * @throws CommandFailure when there is no application, or it has no name
 */
export async function requestOf(
  server: Server,
  dir: string,
  options: DeployOptions,
): Promise<{ app: string } & Record<string, unknown>> {
  const place = options.git === undefined ? undefined : placeInGit(options.git);
  const { app: named, ...source } = place
    ? { app: await applicationAt(server, place, options.app), git: place }
    : await readReleaseFolder(dir);
  const app = options.app ?? named;
  if (app === undefined) {
    throw new CommandFailure(
      EXIT.wrongUse,
      'The application has no name.',
      'Write spec.name in app.pipecd.yaml, or say --app NAME.',
    );
  }
  const { commit: hash, commitMessage: message, commitAuthor: author, commitUrl: url } = options;
  return {
    app,
    ...source,
    ...(options.image !== undefined && { image: options.image }),
    ...(options.strategy !== undefined && { strategy: options.strategy }),
    ...(options.provider !== undefined && { platformProvider: options.provider }),
    ...(options.adopt && { adopt: true }),
    ...(hash !== undefined && {
      commit: { hash, ...(message && { message }), ...(author && { author }), ...(url && { url }) },
    }),
  };
}

/** Where the files lie in git. */
interface PlaceInGit {
  repoId: string;
  ref?: string;
  path: string;
}

/** `shop@v1.2:apps/web`: the repository, perhaps a branch, tag or commit, and the folder or application file. */
function placeInGit(written: string): PlaceInGit {
  const [, repoId, ref, path] = /^([^@:]+)(?:@([^:]+))?:(.+)$/.exec(written) ?? [];
  if (repoId !== undefined && path !== undefined) return { repoId, ...(ref !== undefined && { ref }), path };
  throw new CommandFailure(
    EXIT.wrongUse,
    `--git must be REPOID:PATH or REPOID@REF:PATH, not "${written}".`,
    'Write for example --git shop:apps/web; `sluice repositories` shows what there is.',
  );
}

/** The name of the application at a place, as the repository's watcher knows it. */
async function applicationAt(
  server: Server,
  { repoId, path }: PlaceInGit,
  given: string | undefined,
): Promise<string | undefined> {
  if (given !== undefined) return given;
  const { repositories } = await call(server, { path: '/repositories' }, repositoryListAnswer);
  const asked = path.replace(/^\.?\/|\/$/g, '');
  const files = repositories.find((one) => one.repoId === repoId)?.applications ?? [];
  return files.find((file) => file.path === asked || file.path.startsWith(`${asked}/`))?.app;
}

function readImage(value: string, before: Images | undefined): Images {
  const equals = value.indexOf('=');
  if (equals < 0) {
    if (before !== undefined) throw new InvalidArgumentError('Say IMAGE once, or CONTAINER=IMAGE for each container.');
    return value;
  }
  if (typeof before === 'string')
    throw new InvalidArgumentError('Say IMAGE once, or CONTAINER=IMAGE for each container.');
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}
