import type { JSX } from 'preact';
import type { ApplicationDocument, HistoryEntry } from '../../model/wire.js';
import { query } from '../address.js';
import { applications, listConnection } from '../applications.js';
import { now } from '../clock.js';
import { ago, imageName, labelsOf } from '../format.js';
import { Link } from '../link.js';
import { ConnectionNote } from '../parts/connection.js';
import { ListFilters } from '../parts/list-filters.js';
import { LongTable } from '../parts/long-table.js';
import { Status, markOf, toneOf, wordsOf } from '../status.js';

const STRIP = 10;
const STATES = [
  ...['DEPLOYING', 'IDLE', 'HELD', 'DIVERGED', 'RENAMED'].map((one) => [one, wordsOf(one)] as const),
  ['OUT_OF_SYNC', 'Out of sync'],
  ['BAD', 'Last one went wrong'],
] as const;

/** All applications, filtered by what stands in the address. */
export function ApplicationsPage(): JSX.Element {
  const all = applications.value;
  const text = query.value.get('q') ?? '';
  const state = query.value.get('state') ?? '';
  const shown = filtered(all ?? [], text, state);
  return (
    <>
      <header class="headline">
        <div class="title">
          <h1>Applications</h1>
          <ConnectionNote state={listConnection.value} />
        </div>
        <ListFilters
          search="Search by name, image, commit or label"
          placeholder="Name, image, commit, team=checkout…"
          text={text}
          name="state"
          state={state}
          states={STATES}
        >
          <span class="quiet" role="status">
            {all === undefined ? 'Reading…' : `${shown.length} of ${all.length}`}
          </span>
        </ListFilters>
      </header>
      {all?.length === 0 ? (
        <NothingYet />
      ) : (
        <LongTable
          label="Applications"
          heads={['Application', 'State', 'Runs', 'Last deployments', 'Changed']}
          items={shown}
          keyOf={({ app }) => app}
          cells={(application) => <Cells application={application} />}
        />
      )}
    </>
  );
}

function NothingYet(): JSX.Element {
  return (
    <section>
      <p>Nothing was deployed yet. From a folder with app.pipecd.yaml, a service and a task definition:</p>
      <pre>npx sluice deploy . --image IMAGE --wait</pre>
    </section>
  );
}

/** Every word must be found: in the name, the running image, the commit, or as `label=value`. */
function filtered(all: readonly ApplicationDocument[], text: string, state: string): ApplicationDocument[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    const last = one.history[0];
    if (state === 'BAD' && toneOf(last?.status ?? '') !== 'bad') return false;
    if (state === 'OUT_OF_SYNC' && one.drift?.status !== state) return false;
    if (state !== '' && state !== 'BAD' && state !== 'OUT_OF_SYNC' && one.state !== state) return false;
    if (words.length === 0) return true;
    const found = [one.app, one.lastGood?.image ?? '', one.lastGood?.commit ?? '', ...labelsOf(one.labels)]
      .join(' ')
      .toLowerCase();
    return words.every((word) => found.includes(word));
  });
}

function Cells({ application }: { application: ApplicationDocument }): JSX.Element {
  const { app, state, lastGood, history, labels, running, drift } = application;
  const last = history[0];
  return (
    <>
      <span role="cell" class="app">
        <Link to={`/applications/${app}`}>{app}</Link>
        <span class="quiet labels">{labelsOf(labels).join(' ')}</span>
      </span>
      <span role="cell">
        {running === undefined ? (
          <Status status={state} />
        ) : (
          <Link to={`/deployments/${running}`}>
            <Status status={state} />
          </Link>
        )}
        {drift && drift.status !== 'SYNCED' && drift.status !== 'DEPLOYING' && (
          <span class="drift" title={drift.reason}>
            <Status status={drift.status === 'UNKNOWN' ? 'SYNC_UNKNOWN' : drift.status} />
          </span>
        )}
      </span>
      <span role="cell" class="image" title={lastGood?.image ?? ''}>
        {lastGood?.image === undefined ? <span class="quiet">–</span> : imageName(lastGood.image)}
      </span>
      <span role="cell">
        <Strip history={history} />
      </span>
      <span role="cell" class="quiet number">
        {last === undefined ? '' : ago(last.completedAt, now.value)}
      </span>
    </>
  );
}

/** The last deployments, the newest at the right. */
export function Strip({ history }: { history: readonly HistoryEntry[] }): JSX.Element {
  return (
    <span class="strip">
      {history
        .slice(0, STRIP)
        .toReversed()
        .map((one) => (
          <Link
            key={one.id}
            to={`/deployments/${one.id}`}
            class={toneOf(one.status)}
            title={`${one.id}: ${wordsOf(one.status)}. ${one.reason}`}
          >
            <span aria-hidden="true">{markOf(one.status)}</span>
            <span class="spoken">
              {one.id} {wordsOf(one.status)}
            </span>
          </Link>
        ))}
    </span>
  );
}
