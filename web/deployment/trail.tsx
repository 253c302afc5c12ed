import type { JSX } from 'preact';
import type { TrailEntry } from '../../model/wire.js';
import { time } from '../format.js';

/** Who did what, and why. */
export function Trail({ trail }: { trail: readonly TrailEntry[] }): JSX.Element {
  return (
    <section aria-labelledby="trail">
      <h2 id="trail">Who did what</h2>
      <ol class="trail">
        {trail.map((entry) => (
          <li key={`${entry.at} ${entry.action} ${entry.by}`}>
            <time class="quiet">{time(entry.at)}</time>{' '}
            <span>
              <strong>{entry.by}</strong>: {entry.action}
              {entry.stage !== undefined && <span class="quiet"> at {entry.stage}</span>}
              {entry.reason !== '' && <q>{entry.reason}</q>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
