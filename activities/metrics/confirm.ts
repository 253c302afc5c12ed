import type { WindowEvidence } from '../../analysis/judge.js';
import { MINUTE } from '../../model/duration.js';
import { isCompared, type Metric, type VariantPlaces } from '../../model/metric.js';
import { fillPlaceholders } from './placeholders.js';
import { nextPause, type Looking } from './look.js';
import { SourceError } from './source.js';

/** A source that errs is asked again for this long. */
const TRIES_FOR = MINUTE;

/** Asks for the metrics of each query of a metric; a compared one's are the canary's, for the reference's name the same. */
async function firstUnconfirmed(metric: Metric, places: VariantPlaces, on: Looking): Promise<string | undefined> {
  const queries = isCompared(metric) ? Object.values(metric.canary) : [metric.query];
  for (const template of new Set(queries)) {
    const query = fillPlaceholders(template, 'canary', places);
    const asked = { metric: { ...metric, query }, now: on.clock.now(), cancelled: on.cancelled, places };
    const unconfirmed = await on.whileAlive(on.source().confirm(asked));
    if (unconfirmed !== undefined) return unconfirmed;
  }
  return undefined;
}

/**
 * Makes sure, before a window passes, that its metrics exist at all: a mistyped name has no point either. What the file declares by
 * `emptyValue` is believed when the source may not be asked; a name that the source denies never is.
 * @returns what keeps the window from passing; empty when nothing does
 */
export async function doubtOf(
  metric: Metric,
  places: VariantPlaces,
  on: Looking,
): Promise<Pick<WindowEvidence, 'error' | 'spoiled'>> {
  const endAt = on.clock.now() + TRIES_FOR;
  for (let pause = nextPause(metric.resolution); ; pause = nextPause(metric.resolution, pause)) {
    try {
      const unconfirmed = await firstUnconfirmed(metric, places, on);
      if (unconfirmed === undefined) return {};
      on.warn(`${metric.name}: ${unconfirmed}`);
      return metric.emptyValue === undefined ? { spoiled: unconfirmed } : {};
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown;
      const words =
        thrown.kind === 'refused' ? thrown.message : `Its metrics could not be confirmed. ${thrown.message}`;
      on.warn(`${metric.name}: ${words}`);
      const next = Math.max(on.clock.now() + pause, thrown.notBefore ?? 0);
      if (thrown.kind === 'refused' || next > endAt) return { error: words };
      await on.waitUntil(next, `${metric.name}: ${words}`);
    }
  }
}
