import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { DriftDocument, DriftSummary } from '../../model/drift.js';
import { ask } from '../api.js';
import { now } from '../clock.js';
import { ago } from '../format.js';
import { Status } from '../status.js';
import { ProblemNote } from './problem.js';
import { Table } from './table.js';

/** Whether what runs is what was deployed last, and in what it differs. Whoever may look may have it looked at now. */
export function Drift({ app, seen }: { app: string; seen: DriftSummary | undefined }): JSX.Element {
  const [looked, setLooked] = useState<DriftDocument | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  // What the server tells later is newer than what was asked for here.
  const mark = JSON.stringify(seen);
  useEffect(() => setLooked(undefined), [app, mark]);

  const look = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setLooked(await ask<DriftDocument>('POST', `/applications/${app}/drift`));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const shown = looked ?? seen;
  const differences = shown?.differences ?? [];
  return (
    <section aria-labelledby="drift">
      <h2 id="drift">Drift</h2>
      <p class="drift">
        {shown ? <Status status={shown.status} /> : <span class="quiet">Not looked at since the last deployment.</span>}{' '}
        {shown?.lookedAt !== undefined && (
          <span class="quiet" title={shown.lookedAt}>
            looked at {ago(shown.lookedAt, now.value)}
          </span>
        )}{' '}
        <button type="button" disabled={busy} onClick={() => void look()}>
          {busy ? 'Looking…' : 'Look now'}
        </button>
      </p>
      {shown && shown.status !== 'SYNCED' && <p class="reason">{shown.reason}</p>}
      <ProblemNote error={error} />
      {differences.length > 0 && (
        <Table label="Drift: differences" heads={['Field', 'Deployed', 'Running']}>
          {differences.map(({ path, deployed, running }) => (
            <tr key={path}>
              <td>
                <code>{path}</code>
              </td>
              <td>{deployed === undefined ? <span class="quiet">not there</span> : <ins>{deployed}</ins>}</td>
              <td>{running === undefined ? <span class="quiet">gone</span> : <del>{running}</del>}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
