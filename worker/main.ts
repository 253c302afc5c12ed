import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/activities.js';
import { watchDriftOfAll } from '../activities/drift/watch.js';
import { createAnnounce } from '../activities/notify/announce.js';
import { loadServerConfig } from '../config/load.js';
import { TASK_QUEUE } from '../model/workflow-id.js';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.js';
import { backgroundClock, temporalContext, wallClock } from './activity-context.js';
import { keepDeployments } from './keep-deployments.js';
import { createLog, temporalLogger } from './logger.js';
import { keepHistories, registerSearchAttributes } from './namespace.js';
import { tellStarted, tellStopped } from './tell-people.js';
import { watchRepositories } from './watch-repositories.js';
import { untilConnected } from './until-connected.js';
import { WORKFLOW_BUNDLE } from './workflow-bundle.js';

/** `--own-temporal`: the server was started by `sluice up` and is ours to set up. */
const ownTemporal = process.argv.includes('--own-temporal');

const log = createLog();
// Once, before any connection: it carries the logger and the signals that begin a shutdown.
Runtime.install({ logger: temporalLogger(log), shutdownSignals: ['SIGINT', 'SIGTERM'] });

const config = await loadServerConfig();
const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await untilConnected(log, () => NativeConnection.connect(connectionOptions));
await registerSearchAttributes(connection, namespace, SEARCH_ATTRIBUTES);
if (ownTemporal) await keepHistories(connection, namespace);

const client = new Client({ connection: await Connection.connect(connectionOptions), namespace });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: TASK_QUEUE,
  workflowBundle: { codePath: WORKFLOW_BUNDLE },
  activities: await createActivities({
    config,
    client,
    clock: wallClock,
    background: backgroundClock,
    context: temporalContext,
  }),
  maxCachedWorkflows: 300,
  // What the server had meant for a worker that was killed goes to the next one after this, well before a control's deadline.
  stickyQueueScheduleToStartTimeout: '4s',
  // Most of them wait: an analysis that asks late data again holds a slot for minutes.
  maxConcurrentActivityTaskExecutions: 500,
  // A judged window and a fence reach the server within a second.
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  shutdownGraceTime: '10s',
  shutdownForceTime: '15s',
});
await watchRepositories(client, config.repositories);
await keepDeployments(client);
const announce = createAnnounce(client);
/** Whether people hear of it decides nothing. */
const nobodyTold = (error: unknown): void => log.warn({ err: error }, 'people could not be told of this worker');
await tellStarted(config, announce).catch(nobodyTold);
if (config.driftInterval !== undefined) {
  // Not waited for: there may be thousands, and each is looked after from its next deployment on all the same.
  watchDriftOfAll(client).catch((err: unknown) => log.warn({ err }, 'not all applications are looked after for drift'));
}
log.info({ namespace, taskQueue: TASK_QUEUE }, 'worker is polling');
await worker.run();
// The server may be stopping too.
await client.withDeadline(Date.now() + 10_000, () => tellStopped(config, announce)).catch(nobodyTold);
await client.connection.close();
await connection.close();
