import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { gitEnvironment, scriptEnvironment } from '../config/environment.js';
import { openSealer } from '../config/seal.js';
import { openSecret } from '../config/secret.js';
import type { ServerConfig } from '../config/server.js';
import type { ArchiveActivities } from './archive.js';
import { createArchiveActivities } from './archive/activities.js';
import { openStore } from './archive/open.js';
import { createArchiveReader } from './archive/read.js';
import { createLimiter } from './aws/limiter.js';
import type { ActivityContext, Clock } from './context.js';
import type { DeliveryActivities } from './delivery.js';
import { createLookForDrift } from './drift/look.js';
import { createRedeploy } from './drift/redeploy.js';
import type { DriftActivities } from './drift.js';
import type { EventActivities } from './events.js';
import { createDoctor } from './doctor/examine.js';
import { createTaskSetDriver } from './ecs/driver.js';
import type { MeasureActivities } from './measure.js';
import { createReadEvidence } from './memory/evidence.js';
import { createMemory } from './memory/memory.js';
import { createMeasure } from './metrics/measure.js';
import { createSources } from './metrics/sources.js';
import { createGit } from './git/git.js';
import { createPullRequests } from './git/pull-request.js';
import { createAnnounce } from './notify/announce.js';
import { createPeople } from './notify/people.js';
import type { DoctorActivities, MemoryActivities, PeopleActivities } from './people.js';
import { createRepositoryActivities } from './repository/activities.js';
import type { RepositoryActivities } from './repository.js';
import type { ScriptActivities } from './script.js';
import { createRunScript } from './script/run-script.js';
import type { TaskActivities } from './task.js';

/** Everything that a workflow can ask for. */
export type Activities = DeliveryActivities &
  TaskActivities &
  MeasureActivities &
  MemoryActivities &
  PeopleActivities &
  RepositoryActivities &
  ScriptActivities &
  EventActivities &
  DoctorActivities &
  DriftActivities &
  ArchiveActivities;

export interface ActivityDependencies {
  config: ServerConfig;
  client: Client;
  clock: Clock;
  /** Time for what goes on between activities and must not keep a process alive that is to end; `clock` without it. */
  background?: Clock;
  /** The context of the activity that is running. */
  context: () => ActivityContext;
}

/**
 * Puts the outside world together: one driver, the metrics sources, the receivers of notices, and the memory of applications. Secrets are opened at
 * each use, but for the seal key, which never changes while sealed values live.
 */
export async function createActivities(dependencies: ActivityDependencies): Promise<Activities> {
  const { config, client, clock, background = clock, context } = dependencies;
  const sealer = await openSealer(config);
  const { running, findTasks, compare, ...driver } = createTaskSetDriver({ config, context, clock, ...sealer });
  const git = createGit({
    access: config.git,
    openSecret,
    environment: gitEnvironment(),
    folder: join(config.dataDir, 'git'),
    cancelled: () => context().cancelled,
  });
  const pullRequests = createPullRequests({
    token: config.git.token,
    openSecret,
    cancelled: () => context().cancelled,
  });
  const sources = createSources(config.analysisProviders, openSecret, {
    limiter: createLimiter(clock, 1),
    tasks: { findTasks, clock: background },
  });
  const store = await openStore(config.archive);
  const archive = createArchiveReader(store, clock);
  return {
    ...driver,
    measure: createMeasure({
      sources,
      observe: (traffic) => driver.observe(traffic),
      readEvidence: createReadEvidence(client, archive),
      context,
    }),
    ...createMemory({ client, readRunning: running, archive, watchesDrift: config.driftInterval !== undefined }),
    ...createPeople({ config, openSecret, clock, announce: createAnnounce(client) }),
    ...createRepositoryActivities({ config, client, git, pullRequests, ...sealer, context }),
    runScript: createRunScript({
      allowed: config.allowScripts,
      unseal: sealer.unseal,
      environment: scriptEnvironment(),
      context,
    }),
    ...createArchiveActivities({ client, store, reader: archive, context }),
    redeploy: createRedeploy(client),
    lookForDrift: createLookForDrift({ client, interval: config.driftInterval, compare }),
    examine: createDoctor({ config, sources, clock, git }),
  };
}
