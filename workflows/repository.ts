import {
  allHandlersFinished,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { FileToRename } from '../activities/repository.js';
import { MINUTE } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { mentionedFor } from '../model/notification.js';
import type { FileRenamed, RepositoryFiles, RepositoryLook, RepositoryState } from '../model/repository.js';
import type { Commit } from '../model/release.js';
import { announce } from './announce.js';
import { deployCommit } from './deploy-commit.js';
import { pokeSignal, repositoryQuery } from './messages.js';
import type { RepositoryInput } from './messages.js';
import { looking } from './proxies.js';
import { isFailedActivity, reasonOf } from './reason.js';
import {
  consideredBy,
  detailsOfRepository,
  filesNamedAnew,
  forgetFormerNames,
  noteDeployed,
  noteFiles,
  noteLook,
  noteRenamed,
  waitingFiles,
} from './repository-state.js';
import type { DueFile, NamedAnew, Trouble } from './repository-state.js';

const EVENTS_PER_RUN = 2_000;
/** A repository that does not answer is asked less often, up to this. */
const SLOWEST: Millis = 5 * MINUTE;
/** As many deployments are begun at once; the rest of a commit follow. */
const AT_ONCE = 10;

/**
 * One for each configured repository: looks at its branch each interval, or when a webhook or a person says so, and has those applications
 * deployed that a new commit touches. It never touches a deployment; what it knows is where each application's changes are counted from.
 */
export async function repository({ repoId, state: carried }: RepositoryInput): Promise<void> {
  const state: RepositoryState = carried ?? { repoId, remote: '', branch: '', applications: [] };
  let poked = false;
  // After a continue-as-new all is known already.
  let anew = carried === undefined;
  let failures = 0;

  setHandler(repositoryQuery, () => state, { description: 'Head, and how each application file stands.' });
  setHandler(
    pokeSignal,
    (everything?: boolean) => {
      poked = true;
      if (everything === true) anew = true;
    },
    { description: 'Look at the repository now; `true` reads all of it anew.' },
  );

  async function deployAll(commit: Commit, due: readonly DueFile[]): Promise<void> {
    const waiting = [...due];
    const next = async (): Promise<void> => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        const { path, app, why } = file;
        const deployed = await deployCommit({ repoId, path, app, commit }, `deploy ${app}: ${why}`);
        tell(state, noteDeployed(state, file, commit, deployed));
        publish(state);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /** Files that got another name, of which it is not done yet what follows from that. */
  function namedAnew(refused: boolean): NamedAnew[] {
    const named = filesNamedAnew(state, refused);
    // The worker that looked before the upgrade took each name for another application.
    if (named.length === 0 || patched('rename-application')) return named;
    forgetFormerNames(state);
    return [];
  }

  /** Has applications take their new names before anything is deployed under them. @returns the paths of those that have to wait */
  async function renameAll(commit: Commit, named: readonly NamedAnew[], due: readonly DueFile[]): Promise<Set<string>> {
    const waiting = new Set<string>();
    for (const one of named) {
      const renamed = await renameApplication({ repoId, ...one, commit });
      const isDue = due.some(({ path }) => path === one.path);
      tell(state, noteRenamed(state, one, renamed, isDue ? undefined : commit.hash));
      publish(state);
      if (renamed.outcome === 'WAITS' || renamed.outcome === 'REFUSED') waiting.add(one.path);
    }
    return waiting;
  }

  /** @returns whether the repository could be looked at */
  async function look(found: RepositoryLook, everything: boolean): Promise<boolean> {
    tell(state, noteLook(state, found, Date.now()));
    publish(state);
    if (found.head === undefined) return false;
    if (found.head === state.head?.hash && !everything) {
      const named = namedAnew(false);
      const waiting = await renameAll(state.head, named, dueOf(named));
      // What it has to deploy under its new name is found by reading it anew.
      if (waiting.size < named.length) return look(found, true);
      await deployAll(state.head, waitingFiles(state));
      return true;
    }
    const read = await readFiles(state, found.head);
    if ('problem' in read) {
      tell(state, noteLook(state, { ...found, ...read }, Date.now()));
      publish(state);
      return false;
    }
    const { due, troubles } = noteFiles(state, read);
    publish(state);
    tell(state, troubles);
    const waiting = await renameAll(read.commit, namedAnew(true), due);
    await deployAll(
      read.commit,
      due.filter(({ path }) => !waiting.has(path)),
    );
    return true;
  }

  for (;;) {
    const everything = anew;
    poked = false;
    anew = false;
    const found = await lookAt(state);
    if (!found) return;
    const answered = await look(found, everything);
    // Not read is to be read.
    anew ||= everything && !answered;
    failures = answered ? 0 : failures + 1;
    const pause = Math.max(found.interval, Math.min(SLOWEST, found.interval * 2 ** Math.min(failures, 10)));
    await condition(() => poked, answered ? found.interval : pause, { summary: 'until the next look' });
    if (workflowInfo().historyLength > EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof repository>({ repoId, state });
    }
  }
}

/** A look that fails is told as the repository's problem: the next one comes anyway. */
async function lookAt({ repoId, remote, branch }: RepositoryState): Promise<RepositoryLook | undefined> {
  try {
    return await looking.lookAtRepository.executeWithOptions({ summary: 'has the branch moved?' }, [repoId]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { remote, branch, interval: MINUTE, problem: `The look at the repository failed: ${reasonOf(error)}` };
  }
}

/** As if each were due: where its changes are counted from stays as it is. */
function dueOf(named: readonly NamedAnew[]): DueFile[] {
  return named.map(({ path, to }) => ({ path, app: to, why: '' }));
}

async function renameApplication(asked: FileToRename): Promise<FileRenamed> {
  try {
    return await looking.renameApplication.executeWithOptions({ summary: `${asked.from} is ${asked.to} now` }, [asked]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { outcome: 'WAITS', problem: `${asked.from} could not be renamed to ${asked.to}: ${reasonOf(error)}` };
  }
}

async function readFiles(state: RepositoryState, head: string): Promise<RepositoryFiles> {
  const { repoId } = state;
  try {
    return await looking.readRepository.executeWithOptions({ summary: `read ${head.slice(0, 9)}` }, [
      { repoId, head, considered: consideredBy(state) },
    ]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { problem: `The repository could not be read: ${reasonOf(error)}` };
  }
}

function tell({ repoId, audiences }: RepositoryState, troubles: readonly Trouble[]): void {
  for (const { app, path, problem } of troubles) {
    const audience = path === undefined ? undefined : audiences?.[path];
    const mention = mentionedFor(audience?.mentions ?? [], 'DEPLOYMENT_TRIGGER_FAILED');
    void announce({
      id: uuid4(),
      event: 'DEPLOYMENT_TRIGGER_FAILED',
      ...(app !== undefined && { app }),
      repository: repoId,
      ...(audience && { labels: audience.labels }),
      ...(mention && { mention }),
      at: Date.now(),
      reason: problem,
      link: `/api/v1/repositories/${repoId}`,
      page: '/repositories',
    });
  }
}

function publish(state: RepositoryState): void {
  upsertMemo({ repository: { ...state, applications: [], audiences: {} } });
  setCurrentDetails(detailsOfRepository(state));
}
