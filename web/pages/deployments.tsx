import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { DeploymentDocument } from '../../model/wire.js';
import { query, setQuery } from '../address.js';
import { applications } from '../applications.js';
import { now } from '../clock.js';
import { createDeploymentsReader } from '../deployments.js';
import type { DeploymentRows } from '../deployments.js';
import { ago, imageName, length } from '../format.js';
import { Link } from '../link.js';
import { ProblemNote } from '../parts/problem.js';
import { ListFilters } from '../parts/list-filters.js';
import { LongTable } from '../parts/long-table.js';
import { Status, wordsOf } from '../status.js';

/** What runs is told by the live list of applications, which may change many times a second. */
const REFRESH_MS = 3_000;
const STATES = [
  ['ROLLED_BACK,FAILED', 'Went wrong'],
  ...[
    'RUNNING',
    'WAITING_APPROVAL',
    'PAUSED',
    'PENDING',
    'ROLLING_BACK',
    'SUCCEEDED',
    'ROLLED_BACK',
    'FAILED',
    'CANCELLED',
    'SUPERSEDED',
  ].map((one) => [one, wordsOf(one)] as const),
] as const;

/** All deployments, newest first, those of the archive too; filtered by what stands in the address. */
export function DeploymentsPage(): JSX.Element {
  const [reader] = useState(createDeploymentsReader);
  const text = query.value.get('q') ?? '';
  const status = query.value.get('status') ?? '';
  const app = query.value.get('app') ?? '';
  useEffect(() => {
    reader.read({
      ...(app !== '' && { app }),
      ...(status !== '' && { status }),
      ...(text.trim() !== '' && { text: text.trim() }),
    });
  }, [reader, app, status, text]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = applications.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        reader.refresh();
      }, REFRESH_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [reader]);
  const shown = reader.shown.value;
  return (
    <>
      <header class="headline">
        <div class="title">
          <h1>Deployments</h1>
        </div>
        <ListFilters
          search="Search by a part of the deployment’s name"
          placeholder="Part of a name: checkout, checkout-12…"
          text={text}
          name="status"
          state={status}
          states={STATES}
        >
          {app !== '' && (
            <button type="button" class="quiet-button" onClick={() => setQuery('app', '')}>
              Only {app}: show all
            </button>
          )}
          <span class="quiet" role="status">
            {countOf(shown)}
          </span>
        </ListFilters>
      </header>
      {reader.problem.value !== undefined && <ProblemNote error={reader.problem.value} />}
      {shown?.incomplete !== undefined && <p class="problem">{shown.incomplete}</p>}
      {shown?.rows.length === 0 ? (
        <p class="quiet">No deployment fits.</p>
      ) : (
        <LongTable
          label="Deployments"
          kind="past"
          heads={['Deployment', 'State', 'Version', 'Why', 'Asked for', 'Took']}
          items={shown?.rows ?? []}
          keyOf={({ id }) => id}
          cells={(deployment) => <Cells deployment={deployment} />}
          onNearEnd={shown?.cursor === undefined ? undefined : reader.more}
        />
      )}
    </>
  );
}

function countOf(shown: DeploymentRows | undefined): string {
  if (!shown) return 'Reading…';
  return shown.cursor === undefined ? `${shown.rows.length}` : `The newest ${shown.rows.length}; scroll for more`;
}

function Cells({ deployment }: { deployment: DeploymentDocument }): JSX.Element {
  const { id, status, version, reason, trigger, startedAt, completedAt } = deployment;
  return (
    <>
      <span role="cell" class="app">
        <Link to={`/deployments/${id}`}>{id}</Link>
        <span class="quiet labels">by {trigger.by}</span>
      </span>
      <span role="cell">
        <Status status={status} />
      </span>
      <span role="cell" title={version.image ?? ''}>
        {version.image === undefined ? <span class="quiet">–</span> : imageName(version.image)}
        {version.commit !== undefined && <code class="quiet labels">{version.commit.slice(0, 8)}</code>}
      </span>
      <span role="cell" class="quiet" title={reason}>
        {reason}
      </span>
      <span role="cell" class="quiet number" title={trigger.at}>
        {ago(trigger.at, now.value)}
      </span>
      <span role="cell" class="quiet number">
        {completedAt === undefined ? '' : length(Date.parse(completedAt) - Date.parse(startedAt ?? trigger.at))}
      </span>
    </>
  );
}
