import { condition, continueAsNew, log, setCurrentDetails, setHandler, TemporalFailure } from '@temporalio/workflow';
import { HOUR } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { sweepArchiveSignal } from './messages.js';
import { sweeping } from './proxies.js';
import { reasonOf } from './reason.js';

/** A list of what Temporal knows, mostly. */
const EVERY: Millis = 6 * HOUR;
const SWEEPS_PER_RUN = 100;

/**
 * Looks at each start of a worker, and a few times a day, for ended deployments that are not in the archive: those from before there was
 * one, those whose own last act could not write, and those whose workflows somebody ended in Temporal.
 */
export async function archivist(): Promise<void> {
  let asked = true;
  setHandler(sweepArchiveSignal, () => void (asked = true), { description: 'Look now.' });
  for (let n = 0; n < SWEEPS_PER_RUN; n++) {
    await condition(() => asked, EVERY, { summary: 'until the next look' });
    asked = false;
    const words = await sweep();
    setCurrentDetails(`${words} The next look is in ${EVERY / HOUR} hours, or when a worker starts.`);
  }
  await continueAsNew<typeof archivist>();
}

async function sweep(): Promise<string> {
  try {
    const { written, failed, why } = await sweeping.sweepArchive.executeWithOptions(
      { summary: 'archive what is not archived' },
      [],
    );
    if (why !== undefined) log.warn('deployments could not be archived, trying again later', { failed, why });
    return `${written} deployments were archived${why === undefined ? '.' : `, ${failed} could not be: ${why}.`}`;
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const why = reasonOf(error);
    log.warn('the archive could not be looked through, trying again later', { why });
    return `The archive could not be looked through: ${why}`;
  }
}
