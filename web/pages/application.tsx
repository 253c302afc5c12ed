import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { ApplicationDocument, HistoryEntry } from '../../model/wire.js';
import { applications } from '../applications.js';
import { ask } from '../api.js';
import { go } from '../address.js';
import { now } from '../clock.js';
import { ago, imageName, labelsOf, length } from '../format.js';
import { Link } from '../link.js';
import { Drift } from '../parts/drift.js';
import { Fact } from '../parts/fact.js';
import { OutsideLinks } from '../parts/outside-links.js';
import { Acts } from '../parts/acts.js';
import { TaskSets } from '../parts/task-sets.js';
import { ProblemNote } from '../parts/problem.js';
import type { Act } from '../parts/reason-dialog.js';
import { Status } from '../status.js';
import { Table } from '../parts/table.js';

/** One application: what runs, what ran before, and how to go back to it. */
export function ApplicationPage({ app }: { app: string }): JSX.Element {
  const [application, setApplication] = useState<ApplicationDocument | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  // The list is live and holds the newest few; each time it changes the whole is read again.
  const told = applications.value?.find((one) => one.app === app);
  const mark = JSON.stringify(told);
  useEffect(() => {
    let current = true;
    ask<ApplicationDocument>('GET', `/applications/${app}`).then(
      (found) => current && (setApplication(found), setError(undefined)),
      (failure: unknown) => current && setError(failure),
    );
    return () => {
      current = false;
    };
  }, [app, mark]);
  if (!application) return error === undefined ? <p class="quiet">Reading {app}…</p> : <ProblemNote error={error} />;
  const { held, renamed, formerly, service, task, labels, lastGood, running, pending, links, git, history } =
    application;
  return (
    <>
      <header class="headline">
        <div class="crumbs">
          <Link to="/">Applications</Link>
        </div>
        <div class="title">
          <h1>{app}</h1>
          <Status status={application.state} large />
          <Acts acts={actsOn(application)} />
        </div>
        {renamed && (
          <p class="reason">
            {renamed.underWay ? 'Being renamed' : 'Renamed'} to{' '}
            <Link to={`/applications/${renamed.to}`}>{renamed.to}</Link> by {renamed.by}, {ago(renamed.at, now.value)}:{' '}
            {renamed.reason}
          </p>
        )}
        {held && (
          <p class="reason">
            Held by {held.by}, {ago(held.at, now.value)}: {held.reason}
          </p>
        )}
        {git?.problem !== undefined && (
          <p class="problem" role="alert">
            {git.path} in {git.repoId}: {git.problem}
          </p>
        )}
        <dl class="facts">
          {!renamed && (
            <Fact name="Runs">
              <span title={lastGood?.image}>
                {lastGood?.image === undefined ? 'nothing of ours yet' : imageName(lastGood.image)}
              </span>
            </Fact>
          )}
          {service && (
            <Fact name="Service">
              {service.name} <span class="quiet">in {service.cluster.split('/').at(-1)}</span>
            </Fact>
          )}
          {task && (
            <Fact name="Task">
              {task.family} <span class="quiet">in {task.cluster.split('/').at(-1)}, run by each deployment</span>
            </Fact>
          )}
          {running !== undefined && (
            <Fact name="Goes out">
              <Link to={`/deployments/${running}`}>{running}</Link>
            </Fact>
          )}
          {pending !== undefined && (
            <Fact name="Waits">
              <Link to={`/deployments/${pending}`}>{pending}</Link>
            </Fact>
          )}
          {git && (
            <Fact name="From">
              {git.repoId} <code>{git.path}</code>
            </Fact>
          )}
          {formerly !== undefined && (
            <Fact name="Formerly">
              <Link to={`/applications/${formerly}`}>{formerly}</Link>
            </Fact>
          )}
          {Object.keys(labels).length > 0 && <Fact name="Labels">{labelsOf(labels).join(' ')}</Fact>}
          <OutsideLinks {...links} />
        </dl>
      </header>
      {!renamed && <Drift app={app} seen={application.drift} />}
      <section aria-labelledby="history">
        <h2 id="history">Deployments</h2>
        <p>
          <Link to={`/deployments?app=${app}`}>All deployments of {app}</Link>
        </p>
        <History app={app} history={history} over={renamed !== undefined} {...(lastGood && { current: lastGood.id })} />
      </section>
      {!application.task && !renamed && <TaskSets app={app} moving={application.state === 'DEPLOYING'} />}
    </>
  );
}

function actsOn({ app, held, renamed }: ApplicationDocument): Act[] {
  if (renamed) return [];
  if (held) {
    return [
      {
        name: 'Release',
        consequence: `${app} can be deployed again.`,
        send: (reason) => ask('POST', `/applications/${app}/release`, { reason }),
      },
    ];
  }
  return [
    {
      name: 'Hold',
      consequence: `Deployments of ${app} are refused until somebody releases it. What runs is not touched.`,
      send: (reason) => ask('POST', `/applications/${app}/hold`, { reason }),
    },
  ];
}

/** Goes back to one earlier version, and shows how. */
function backTo(app: string, to: string): Act {
  return {
    name: 'Go back to this',
    consequence: `${app} goes back to the version of ${to} at once; a deployment that runs is rolled back first. Then ${app} is held until somebody releases it.`,
    dangerous: true,
    send: async (reason) => {
      const begun = await ask<{ id: string }>('POST', `/applications/${app}/rollback`, { reason, to });
      go(`/deployments/${begun.id}`);
    },
  };
}

function History({
  app,
  history,
  over,
  current,
}: {
  app: string;
  history: readonly HistoryEntry[];
  /** It goes on under another name, where one goes back. */
  over: boolean;
  current?: string;
}): JSX.Element {
  if (history.length === 0) return <p class="quiet">None has ended yet.</p>;
  return (
    <Table
      label="Deployments"
      heads={['Deployment', 'State', 'Version', 'Ended', 'Took', 'Why', <span class="spoken">Actions</span>]}
    >
      {history.map((one) => (
        <tr key={one.id}>
          <td>
            <Link to={`/deployments/${one.id}`}>{one.id}</Link>
          </td>
          <td>
            <Status status={one.status} />
          </td>
          <td title={one.image}>
            {one.image === undefined ? '–' : imageName(one.image)}{' '}
            {one.commit !== undefined && <code class="quiet">{one.commit.slice(0, 8)}</code>}
          </td>
          <td class="number" title={one.completedAt}>
            {ago(one.completedAt, now.value)}
          </td>
          <td class="number">{length(Date.parse(one.completedAt) - Date.parse(one.startedAt))}</td>
          <td>{one.reason}</td>
          <td>{!over && one.status === 'SUCCEEDED' && one.id !== current && <Acts acts={[backTo(app, one.id)]} />}</td>
        </tr>
      ))}
    </Table>
  );
}
