import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { EventDocument, EventList } from '../../model/event-document.js';
import type { RepositoryDocument, RepositoryList } from '../../model/wire.js';
import { ask, session } from '../api.js';
import { now } from '../clock.js';
import { ago } from '../format.js';
import { Link } from '../link.js';
import { ProblemNote } from '../parts/problem.js';
import { Status, wordsOf } from '../status.js';
import { Table } from '../parts/table.js';

const EACH_MS = 3_000;

/** The watched repositories with their applications, and the events that write into them. */
export function RepositoriesPage(): JSX.Element {
  const [repositories, setRepositories] = useState<readonly RepositoryDocument[] | undefined>(undefined);
  const [events, setEvents] = useState<readonly EventDocument[]>([]);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    let current = true;
    const look = async (): Promise<void> => {
      try {
        const [seen, told] = [
          await ask<RepositoryList>('GET', '/repositories'),
          await ask<EventList>('GET', '/events'),
        ];
        if (!current) return;
        setRepositories(seen.repositories);
        setEvents(told.events);
        setError(undefined);
      } catch (failure) {
        if (current) setError(failure);
      }
    };
    void look();
    const timer = setInterval(() => void look(), EACH_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, []);
  return (
    <>
      <header class="headline">
        <div class="title">
          <h1>Repositories and events</h1>
        </div>
      </header>
      <ProblemNote error={error} />
      {repositories?.length === 0 && (
        <p class="quiet">No repository is configured (`repositories` of the server’s configuration).</p>
      )}
      {repositories?.map((one) => (
        <Repository key={one.repoId} repository={one} />
      ))}
      {(repositories?.length ?? 0) > 0 && <Events events={events} />}
    </>
  );
}

function Repository({ repository }: { repository: RepositoryDocument }): JSX.Element {
  const { repoId, remote, branch, head, lookedAt, problem, removed, applications } = repository;
  return (
    <section aria-labelledby={`repository-${repoId}`}>
      <h2 id={`repository-${repoId}`}>{repoId}</h2>
      <p class="quiet">
        {remote}, branch {branch}
        {head && (
          <>
            {' '}
            at <code>{head.hash.slice(0, 10)}</code> {head.message?.split('\n')[0]}
          </>
        )}
        {lookedAt !== undefined && `, looked at ${ago(lookedAt, now.value)}`}{' '}
        {!removed && session.value?.role === 'deployer' && (
          <button
            type="button"
            onClick={() => void ask('POST', `/repositories/${encodeURIComponent(repoId)}/sync`, {})}
          >
            Look now
          </button>
        )}
      </p>
      {removed && (
        <p class="reason">
          Not configured any more: commits deploy nothing. Its applications stay as they run; deploy and roll them back
          by hand.
        </p>
      )}
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <Table label={`Applications of ${repoId}`} heads={['Application', 'File', 'State', 'Last deployment']}>
        {applications.map((one) => (
          <tr key={one.path}>
            <td>{one.app === undefined ? '–' : <Link to={`/applications/${one.app}`}>{one.app}</Link>}</td>
            <td>
              <code>{one.path}</code>
            </td>
            <td>
              {wordsOf(one.status)} {one.problem}
            </td>
            <td>
              {one.deployment === undefined ? '–' : <Link to={`/deployments/${one.deployment}`}>{one.deployment}</Link>}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Events({ events }: { events: readonly EventDocument[] }): JSX.Element {
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      {events.length === 0 ? (
        <p class="quiet">None yet: `sluice event register --name … --data …` makes one.</p>
      ) : (
        <Table label="Events" heads={['When', 'Event', 'Value', 'State', 'Why']}>
          {events.map((event) => (
            <tr key={event.id}>
              <td class="number" title={event.at}>
                {ago(event.at, now.value)}
              </td>
              <td>
                {event.name} <span class="quiet">by {event.by}</span>
              </td>
              <td>
                <code>{event.data}</code>
              </td>
              <td>
                <Status status={event.status} />
              </td>
              <td>{event.reason}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
