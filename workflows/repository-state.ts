import type {
  ApplicationFile,
  CommitDeployed,
  FileRenamed,
  RepositoryLook,
  RepositoryState,
  SeenFile,
} from '../model/repository.js';
import type { Commit } from '../model/release.js';

/** Files that are gone are shown until there are more than this: a repository's whole life must fit a workflow's input. */
const REMOVED_KEPT = 50;

const STATUS_OF = { WAITS: 'WAITING', INVALID: 'INVALID', REFUSED: 'REFUSED' } as const;

/** A file whose commit is to be deployed now. */
export interface DueFile {
  path: string;
  app: string;
  why: string;
}

/** Something that people must hear of: an application cannot be deployed from git, or a repository cannot be read. */
export interface Trouble {
  app?: string;
  /** Of the application's file. */
  path?: string;
  problem: string;
}

/** A file whose application is to go on under the name that the file has now. */
export interface NamedAnew {
  path: string;
  from: string;
  to: string;
}

/** What a commit changed: what to deploy, and what people did not know yet. */
export interface Changes {
  due: DueFile[];
  troubles: Trouble[];
}

/** Takes a look into the state, and says what people did not know yet. */
export function noteLook(state: RepositoryState, { remote, branch, problem }: RepositoryLook, now: number): Trouble[] {
  Object.assign(state, { remote, branch });
  if (problem === undefined) {
    delete state.problem;
    state.lookedAt = now;
    return [];
  }
  const news = state.problem === undefined;
  state.problem = problem;
  return news ? [{ problem }] : [];
}

/** Takes the files of a commit into the state. */
export function noteFiles(state: RepositoryState, { commit, files }: { commit: Commit; files: SeenFile[] }): Changes {
  const troubles: Trouble[] = [];
  const due: DueFile[] = [];
  const before = new Map(state.applications.map((file) => [file.path, file]));
  const seen = files.map((file) => {
    const old = before.get(file.path);
    if (file.problem !== undefined && file.problem !== old?.problem) {
      troubles.push({ problem: file.problem, path: file.path, ...(file.app !== undefined && { app: file.app }) });
    }
    if (file.due !== undefined && file.app !== undefined) due.push({ path: file.path, app: file.app, why: file.due });
    before.delete(file.path);
    return noteFile(old, file, commit, formerName(old, file, files));
  });
  const gone = [...before.values()].map(({ problem: _nowhere, ...file }): ApplicationFile => ({
    ...file,
    status: 'REMOVED',
  }));
  state.head = commit;
  state.audiences = Object.fromEntries(files.flatMap(({ path, audience }) => (audience ? [[path, audience]] : [])));
  state.applications = [...seen, ...gone.slice(-REMOVED_KEPT)].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { due, troubles };
}

/**
 * The name that a file's application still has to leave. A name that another file says is that one's; a file that was gone has left it for
 * good.
 */
function formerName(
  old: ApplicationFile | undefined,
  { app, path }: SeenFile,
  files: readonly SeenFile[],
): string | undefined {
  const former = old?.status === 'REMOVED' ? undefined : (old?.was ?? old?.app);
  if (former === undefined || former === app) return undefined;
  return files.some((other) => other.app === former && other.path !== path) ? undefined : former;
}

/** A file keeps where its changes are counted from while it is due, has a new name or cannot be loaded. */
function noteFile(
  old: ApplicationFile | undefined,
  seen: SeenFile,
  head: Commit,
  was: string | undefined,
): ApplicationFile {
  const open = seen.due !== undefined || seen.status === 'INVALID' || was !== undefined;
  const considered = open ? old?.considered : head.hash;
  const { path, app, problem } = seen;
  return {
    path,
    status: seen.status,
    ...(app !== undefined && { app }),
    ...(problem !== undefined && { problem }),
    ...(considered !== undefined && { considered }),
    ...(old?.deployment !== undefined && { deployment: old.deployment }),
    ...(was !== undefined && { was }),
  };
}

/** Files that got another name and can be loaded. @param refused also those whose name was refused, such as after a new commit */
export function filesNamedAnew(state: RepositoryState, refused: boolean): NamedAnew[] {
  return state.applications.flatMap(({ path, app, was, status }) => {
    const open = status !== 'INVALID' && status !== 'REMOVED' && (status !== 'REFUSED' || refused);
    return was !== undefined && app !== undefined && open ? [{ path, from: was, to: app }] : [];
  });
}

/** Takes every file for what it says now. */
export function forgetFormerNames(state: RepositoryState): void {
  for (const file of state.applications) delete file.was;
}

/** Takes what became of a new name into the state. A commit that changes nothing else counts from there on. */
export function noteRenamed(
  state: RepositoryState,
  { path, to }: NamedAnew,
  renamed: FileRenamed,
  considered: string | undefined,
): Trouble[] {
  const file = state.applications.find((one) => one.path === path);
  if (!file) return [];
  if (renamed.outcome === 'RENAMED' || renamed.outcome === 'NONE') {
    delete file.was;
    if (considered !== undefined) file.considered = considered;
    return [];
  }
  const news = file.problem !== renamed.problem;
  file.problem = renamed.problem;
  file.status = STATUS_OF[renamed.outcome];
  return news ? [{ app: to, path, problem: renamed.problem }] : [];
}

/** Files whose commit waits, such as for a held application: asked again with each look. */
export function waitingFiles(state: RepositoryState): DueFile[] {
  return state.applications.flatMap(({ path, app, status, problem, was }) =>
    status === 'WAITING' && app !== undefined && was === undefined ? [{ path, app, why: problem ?? '' }] : [],
  );
}

/** Takes what became of a due commit into the state. */
export function noteDeployed(
  state: RepositoryState,
  { path, app }: DueFile,
  commit: Commit,
  deployed: CommitDeployed,
): Trouble[] {
  const file = state.applications.find((one) => one.path === path);
  if (!file) return [];
  if (deployed.outcome === 'DEPLOYED') {
    delete file.problem;
    Object.assign(file, { status: 'WATCHED', considered: commit.hash, deployment: deployed.deployment });
    return [];
  }
  const news = file.problem !== deployed.problem;
  file.problem = deployed.problem;
  file.status = STATUS_OF[deployed.outcome];
  // What was refused is refused for good; what waits or is mended later is still to be considered.
  if (deployed.outcome === 'REFUSED') file.considered = commit.hash;
  return news ? [{ app, path, problem: deployed.problem }] : [];
}

/** What Temporal's own UI shows of the repository: Markdown. */
export function detailsOfRepository(state: RepositoryState): string {
  const { head, problem, applications } = state;
  const rows = applications
    .filter(({ status }) => status !== 'REMOVED')
    .map(
      ({ app = '?', path, status, deployment }) =>
        `- **${app}** (${path}): ${status}${deployment === undefined ? '' : `, last deployment ${deployment}`}`,
    );
  return [
    `### ${state.remote} ${state.branch}`,
    head
      ? `At ${head.hash.slice(0, 9)}${head.message ? `: ${head.message.split('\n', 1)[0] ?? ''}` : ''}`
      : 'Not read yet.',
    ...(problem === undefined ? [] : [`**${problem}**`]),
    ...(rows.length > 0 ? [rows.slice(0, 100).join('\n')] : []),
  ].join('\n\n');
}

/** By path: where each file's changes are counted from. */
export function consideredBy(state: RepositoryState): Record<string, string> {
  return Object.fromEntries(
    state.applications.flatMap(({ path, considered }) => (considered === undefined ? [] : [[path, considered]])),
  );
}
