import { useEffect, useMemo, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Setting } from '../../analysis/changes.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { address, go } from '../address.js';
import { isOver, openDeployment } from '../deployment/live.js';
import type { LiveDeployment } from '../deployment/live.js';
import { ChartHint } from '../deployment/chart-time.js';
import { Link } from '../link.js';
import { ConnectionNote } from '../parts/connection.js';
import { addressOf, useRetrospect, type Retrospect, type Texts } from '../retrospective/judged.js';
import { MetricAgain } from '../retrospective/metric.js';
import { stageAgain } from '../retrospective/outcome.js';
import { stageName } from '../format.js';
import { Status, wordsOf } from '../status.js';

/** So that a slider being moved does not write more addresses than a browser allows. */
const WRITE_AFTER_MS = 300;

/** A deployment's evidence judged again with other settings, by the code that judged it, here in the browser. */
export function RetrospectivePage({ id }: { id: string }): JSX.Element {
  const live = useMemo(() => openDeployment(id), [id]);
  useEffect(() => () => live.close(), [live]);
  const document = live.document.value;
  return (
    <>
      <header class="headline">
        <div class="crumbs">
          <Link to="/">Applications</Link> /{' '}
          {document && <Link to={`/applications/${document.app}`}>{document.app}</Link>} /{' '}
          <Link to={`/deployments/${id}`}>{id}</Link> <ConnectionNote state={live.connection.value} />
        </div>
        <div class="title">
          <h1>Retrospective of {id}</h1>
          {document && <Status status={document.status} large />}
        </div>
        <p>
          The evidence that it left, judged again with other settings. The settings stand in the address: send it to
          somebody, and they see the same. Nothing is changed.
        </p>
      </header>
      {live.problem.value !== undefined && (
        <p class="problem" role="alert">
          {live.problem.value}
        </p>
      )}
      {document && document.analysis.length > 0 && live.hasRead.value ? (
        <Again live={live} document={document} />
      ) : (
        <p class="quiet">
          {!document || !live.hasRead.value ? 'Reading the evidence…' : `${id} has measured nothing yet.`}
        </p>
      )}
    </>
  );
}

/** What was typed, kept in the address. */
function useTexts(): [Texts, (change: (texts: Texts) => Texts) => void] {
  const [texts, setTexts] = useState<Texts>(() => Object.fromEntries(address.value.searchParams));
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = new URL(address.value);
      next.search = new URLSearchParams(texts).toString();
      go(next.href, { replace: true });
    }, WRITE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [texts]);
  return [texts, setTexts];
}

function without(texts: Texts, names: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => !names.includes(name)));
}

function Again({ live, document }: { live: LiveDeployment; document: DeploymentDocument }): JSX.Element {
  const [texts, setTexts] = useTexts();
  const all = useRetrospect(document.analysis, live.windows.value, texts);
  const stages = [...new Set(document.analysis.map(({ stage }) => stage))];
  const ended = isOver(document) ? `ended (${wordsOf(document.status).toLowerCase()})` : undefined;
  return (
    <>
      <ChartHint />
      {stages.map((stage) => {
        const mine = all.filter(({ analysis }) => analysis.stage === stage);
        const running = document.stages.some(({ id, status }) => id === stage && status === 'RUNNING');
        const sharing = mine.filter(({ metric }) => metric?.test === 'SEQUENTIAL' && !metric.dryRun).length;
        return (
          <div key={stage}>
            <Stage document={document} stage={stage} metrics={mine} running={running} />
            {mine.map((one) => (
              <MetricAgain
                key={one.key}
                of={one}
                deployment={document.id}
                only={all.length === 1}
                sharing={sharing}
                running={running}
                ended={ended}
                set={(setting: Setting, text: string) => {
                  const name = addressOf(one.analysis, setting);
                  setTexts((known) => ({ ...without(known, [name]), ...(text !== '' && { [name]: text }) }));
                }}
                reset={() =>
                  setTexts((known) =>
                    without(
                      known,
                      one.settings.map((setting) => addressOf(one.analysis, setting)),
                    ),
                  )
                }
              />
            ))}
          </div>
        );
      })}
    </>
  );
}

/** What the whole stage came to, and would have. */
function Stage({
  document,
  stage,
  metrics,
  running,
}: {
  document: DeploymentDocument;
  stage: string;
  metrics: readonly Retrospect[];
  running: boolean;
}): JSX.Element | null {
  const row = document.stages.find(({ id }) => id === stage);
  const judged = metrics.flatMap((one) => one.judged ?? []);
  // Of a metric that cannot be judged again nobody knows what it would have said.
  if (!row || judged.length < metrics.length) return null;
  const { verdict, words } = stageAgain(row, judged, running);
  return (
    <section aria-labelledby={`${stage}.stage`}>
      <h2 id={`${stage}.stage`}>
        {stageName(row.name)} ({stage})
      </h2>
      <p>
        Then: <Status status={row.status} /> {row.reason}
      </p>
      <p class="reason">
        With these settings: <Status status={verdict} /> {words}
      </p>
    </section>
  );
}
