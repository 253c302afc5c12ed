import { useEffect, useMemo } from 'preact/hooks';
import type { JSX } from 'preact';
import { now } from '../clock.js';
import { AwsCalls, Log } from '../deployment/log.js';
import { Analysis } from '../deployment/analysis.js';
import { actsOn } from '../deployment/acts.js';
import { Chain } from '../deployment/chain.js';
import { openDeployment } from '../deployment/live.js';
import { Stages } from '../deployment/stages.js';
import { Traffic } from '../deployment/traffic.js';
import { Trail } from '../deployment/trail.js';
import { ago, imageName, length } from '../format.js';
import { Link } from '../link.js';
import { Acts } from '../parts/acts.js';
import { TaskSets } from '../parts/task-sets.js';
import { Fact } from '../parts/fact.js';
import { OutsideLinks } from '../parts/outside-links.js';
import { ConnectionNote } from '../parts/connection.js';
import { Status } from '../status.js';

/** One deployment: what goes out, how far it is, why it stopped, how to get it back. */
export function DeploymentPage({ id }: { id: string }): JSX.Element {
  const live = useMemo(() => openDeployment(id), [id]);
  useEffect(() => () => live.close(), [live]);
  const document = live.document.value;
  if (!document) {
    return live.problem.value === undefined ? (
      <p class="quiet">Reading {id}…</p>
    ) : (
      <p class="problem" role="alert">
        {live.problem.value}
      </p>
    );
  }
  const { app, version, trigger, links, startedAt, completedAt } = document;
  const took =
    startedAt === undefined
      ? undefined
      : Date.parse(completedAt ?? new Date(now.value).toISOString()) - Date.parse(startedAt);
  return (
    <>
      <header class="headline">
        <div class="crumbs">
          <Link to="/">Applications</Link> / <Link to={`/applications/${app}`}>{app}</Link>{' '}
          <ConnectionNote state={live.connection.value} />
        </div>
        <div class="title">
          <h1>{document.id}</h1>
          <Status status={document.status} large />
          <Acts acts={actsOn(document)} />
        </div>
        <p class="reason">{document.reason}</p>
        <dl class="facts">
          <Fact name="Version">
            <span title={version.image}>{version.image === undefined ? '–' : imageName(version.image)}</span>
          </Fact>
          {version.commit !== undefined && (
            <Fact name="Commit">
              {links.commit === undefined ? (
                <code>{version.commit.slice(0, 10)}</code>
              ) : (
                <a href={links.commit} rel="noreferrer">
                  <code>{version.commit.slice(0, 10)}</code>
                </a>
              )}
            </Fact>
          )}
          <Fact name="Asked for">
            by {trigger.by}, <time title={trigger.at}>{ago(trigger.at, now.value)}</time>
          </Fact>
          {took !== undefined && <Fact name={completedAt === undefined ? 'Running for' : 'Took'}>{length(took)}</Fact>}
          {document.rollbackTo !== undefined && (
            <Fact name="Back to">
              <Link to={`/deployments/${document.rollbackTo}`}>{document.rollbackTo}</Link>
            </Fact>
          )}
          <OutsideLinks {...links} />
        </dl>
      </header>
      {document.warnings.length > 0 && (
        <section class="warnings" aria-labelledby="warnings">
          <h2 id="warnings">Warnings</h2>
          <ul>
            {document.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </section>
      )}
      <Stages stages={document.stages} />
      <div class="columns">
        <div>
          <Traffic kind={document.kind} traffic={document.traffic} />
          <Analysis document={document} windows={live.windows.value} />
        </div>
        <div>
          {document.chain !== undefined && <Chain id={document.chain} shown={document.id} />}
          <Trail trail={document.trail} />
          {document.kind !== 'STANDALONE_TASK' && <TaskSets app={app} moving={completedAt === undefined} />}
          <Log lines={live.lines.value} />
          <AwsCalls changes={live.changes.value} />
        </div>
      </div>
    </>
  );
}
