import { posix } from 'node:path';
import type { EventWatcher } from '../../model/event-watcher.js';
import { readEventWatchers } from '../../spec/event-watcher-files.js';
import type { GitFiles } from '../git/repository.js';
import { isApplicationFile } from './application-files.js';

/** PipeCD's folder for what applications share (pipecd.md §1.0). */
const SHARED = /^\.pipe\/[^/]+\.(ya?ml|json)$/i;

/** All event watchers of a commit. Files that cannot be read have none: that they cannot is told elsewhere. */
export async function readWatchers(git: GitFiles): Promise<EventWatcher[]> {
  const paths = (await git.list()).filter((path) => isApplicationFile(path) || SHARED.test(path));
  const found: EventWatcher[] = [];
  for (const path of paths) {
    const content = await git.read(path);
    if (content) found.push(...readEventWatchers(posix.dirname(path), posix.basename(path), content.toString('utf8')));
  }
  return found;
}
