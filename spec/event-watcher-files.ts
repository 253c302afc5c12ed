import { readerOf } from '../document/reader.js';
import { hasErrors } from '../document/check.js';
import type { EventWatcher } from '../model/event-watcher.js';
import type { Finding } from '../model/finding.js';
import { readApplication } from './application.js';
import { readWatcherFile } from './event-watcher.js';
import { readFile } from './files.js';

const WATCHER_FILE = /(^|[\s{,"'])kind["']?\s*:\s*["']?EventWatcher\b/;

/** The event watchers of one file of a repository; none when it has mistakes. @param folder of the file, from the repository's root */
export function readEventWatchers(folder: string, name: string, text: string): EventWatcher[] {
  if (!WATCHER_FILE.test(text) && !text.toLowerCase().includes('eventwatcher')) return [];
  const findings: Finding[] = [];
  const document = readFile({ [name]: text }, name, findings);
  if (!document) return [];
  const reader = readerOf(document, findings);
  const found = WATCHER_FILE.test(text)
    ? readWatcherFile(reader, folder)
    : (readApplication(reader, folder)?.eventWatchers ?? []);
  return hasErrors(findings) ? [] : found;
}
