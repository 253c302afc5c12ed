import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { SECOND } from '../model/duration.js';
import { eventDocuments } from '../model/event-document.js';
import type { PlanDocument } from '../model/plan-preview.js';
import type { RepositoryDocument } from '../model/wire.js';
import { applicationWorkflowId } from '../model/workflow-id.js';
import { applicationQuery, applicationUpdates } from '../workflows/messages.js';
import type { Gateway } from './gateway.js';
import { archivedDeployment, archivedRecords, createArchive } from './temporal/archive.js';
import { askWorker } from './temporal/ask-worker.js';
import { cancelChain, listChains, readChain } from './temporal/chains.js';
import { createTaskSetLooks } from './temporal/task-sets.js';
import { callTemporal } from './temporal/call.js';
import { readDeployment } from './temporal/deployment.js';
import { listDrift, lookForDrift, readDrift, withDrift } from './temporal/drift.js';
import { readInsights } from './temporal/insights.js';
import { doctor, readiness } from './temporal/health.js';
import { readEvents, registerEvent, repositoriesWithEvents } from './temporal/events.js';
import { pokeRepository, readRelease, readRepository, removedRepositories, withGit } from './temporal/repositories.js';
import { renameApplication } from './temporal/rename.js';
import { readRecords } from '../records/history.js';
import type { ClosedRuns } from '../records/history.js';
import { applicationDocument, withDeploymentLinks } from './temporal/links.js';
import type { LinkBases } from './temporal/links.js';
import { controlDeployment, updateApplication, updateKnownApplication } from './temporal/updates.js';
import { applicationOf, listApplications, listDeployments } from './temporal/visibility.js';

/** A read of a document is a handful of calls; one of histories may be many. */
const READ_DEADLINE = 10 * SECOND;
const RECORDS_DEADLINE = 30 * SECOND;
/** … and one of the archive's, by way of a worker. */
const LIST_DEADLINE = 30 * SECOND;
const QUERY_DEADLINE = 2 * SECOND;

/** The gateway over a Temporal client. The client may be lazy: nothing is asked before the first request. */
export function createGateway(client: Client, bases: LinkBases, repositoryIds: readonly string[] = []): Gateway {
  const repositories = async (): Promise<RepositoryDocument[]> => {
    const read = await callTemporal(client, READ_DEADLINE, () =>
      Promise.all([...repositoryIds].sort().map((repoId) => readRepository(client, repoId))),
    );
    return read.filter((one) => one !== undefined);
  };
  const closedRuns: ClosedRuns = new Map();
  const archive = createArchive(client);
  return {
    deploy: (app, request) => updateApplication(client, app, applicationUpdates.deploy, request),
    rollbackApplication: (app, request) => updateKnownApplication(client, app, applicationUpdates.rollback, request),
    rename: async (app, asked) => applicationDocument(await renameApplication(client, app, asked), bases),
    hold: async (app, control) =>
      applicationDocument(await updateKnownApplication(client, app, applicationUpdates.hold, control), bases),
    release: async (app, control) =>
      applicationDocument(await updateKnownApplication(client, app, applicationUpdates.release, control), bases),
    control: (id, name, control) => controlDeployment(client, id, name, control),
    application: async (app) => {
      const [document, watched, drift] = await Promise.all([
        readApplication(client, app, bases),
        repositories(),
        callTemporal(client, READ_DEADLINE, () => readDrift(client, app)),
      ]);
      return document && withDrift(withGit(document, watched), drift);
    },
    applications: async () => {
      const [states, watched, drift] = await Promise.all([
        callTemporal(client, READ_DEADLINE, () => listApplications(client)),
        repositories(),
        callTemporal(client, READ_DEADLINE, () => listDrift(client)),
      ]);
      return states.map((state) =>
        withDrift(withGit(applicationDocument(state, bases), watched), drift.get(state.app)),
      );
    },
    deployment: async (id) => {
      const live =
        (await callTemporal(client, READ_DEADLINE, () => readDeployment(client, id))) ??
        archivedDeployment(await archive.deployment(id));
      return live && { ...live, document: withDeploymentLinks(live.document, bases) };
    },
    deployments: async (query) => {
      const page = await callTemporal(client, LIST_DEADLINE, () => listDeployments(client, archive, query, Date.now()));
      return { ...page, deployments: page.deployments.map((document) => withDeploymentLinks(document, bases)) };
    },
    records: async (id, place, limit, wanted) => {
      const page = await callTemporal(client, RECORDS_DEADLINE, () =>
        readRecords(client, closedRuns, id, place, limit, wanted),
      );
      if (page) return page;
      const archived = await archive.deployment(id);
      return archived && archivedRecords(archived, place, limit, wanted);
    },
    repositories: async () => [
      ...(await repositories()),
      ...(await callTemporal(client, READ_DEADLINE, () => removedRepositories(client, repositoryIds))),
    ],
    poke: (repoId) => callTemporal(client, READ_DEADLINE, () => pokeRepository(client, repoId)),
    registerEvent: async (event) => {
      await callTemporal(client, READ_DEADLINE, () =>
        Promise.all(repositoryIds.map((repoId) => registerEvent(client, repoId, event))),
      );
      return repositoryIds.length > 0;
    },
    events: async () =>
      eventDocuments(
        await callTemporal(client, READ_DEADLINE, async () => {
          const known = new Set([...repositoryIds, ...(await repositoriesWithEvents(client))]);
          return Promise.all([...known].map((repoId) => readEvents(client, repoId)));
        }),
      ),
    plan: (input) =>
      askWorker<PlanDocument>(client, 'plan', input, {
        summary: `Plans a deployment of ${input.app}`,
        fix: 'Nothing was changed. Look at `sluice doctor` and at the worker’s log.',
      }),
    insights: (query) => callTemporal(client, RECORDS_DEADLINE, () => readInsights(client, query)),
    chains: () => callTemporal(client, READ_DEADLINE, () => listChains(client)),
    chain: (id) => callTemporal(client, READ_DEADLINE, () => readChain(client, id)),
    cancelChain: (id, control) => callTemporal(client, READ_DEADLINE, () => cancelChain(client, id, control)),
    taskSets: createTaskSetLooks(client),
    lookForDrift: (app) => lookForDrift(client, app),
    readRelease: (asked) => readRelease(client, asked),
    readiness: () => callTemporal(client, READ_DEADLINE, () => readiness(client)),
    doctor: () => doctor(client),
  };
}

/** By Query; by the memo where no worker answers or the workflow has ended. */
async function readApplication(client: Client, app: string, bases: LinkBases): ReturnType<Gateway['application']> {
  return callTemporal(client, READ_DEADLINE, async () => {
    const handle = client.workflow.getHandle(applicationWorkflowId(app));
    try {
      const { status, memo } = await handle.describe();
      const remembered = applicationOf(applicationWorkflowId(app), memo);
      if (status.name !== 'RUNNING') return applicationDocument(remembered, bases);
      const state = await client
        .withDeadline(Date.now() + QUERY_DEADLINE, () => handle.query(applicationQuery))
        .catch(() => remembered);
      return applicationDocument(state, bases);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}
