/** The bundle's entry: every export is a workflow type, so it exports workflow functions and nothing else. */
export { analysis } from './analysis.js';
export { announcement } from './announcement.js';
export { application } from './application.js';
export { archivist } from './archivist.js';
export { chain } from './chain.js';
export { deployment } from './deployment.js';
export { eventWatcher } from './event-watcher.js';
export { doctor } from './doctor.js';
export { drift } from './drift.js';
export { plan } from './plan.js';
export { readArchive } from './read-archive.js';
export { readRelease } from './read-release.js';
export { taskSets } from './task-sets.js';
export { repository } from './repository.js';
