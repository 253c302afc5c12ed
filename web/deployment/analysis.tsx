import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { AnalysisDocument, DeploymentDocument, MeasurementRecord } from '../../model/wire.js';
import { now } from '../clock.js';
import { length, time, value } from '../format.js';
import { Link } from '../link.js';
import { Status } from '../status.js';
import { timeAxis } from './chart-axis.js';
import type { TimeAxis } from './chart-axis.js';
import { ChartHint } from './chart-time.js';
import { MetricChart } from './chart.js';
import { keyOf } from './live.js';
import { Table } from '../parts/table.js';

/** Rows of the table of windows; more are slow to lay out. */
const MOST_ROWS = 500;

/** The same each time: what has no window yet is not drawn anew each second. */
const NONE: readonly MeasurementRecord[] = [];

/** The gate: each metric with its chart, its verdict and why. The charts of a stage have their time in common. */
export function Analysis({
  document,
  windows,
}: {
  document: DeploymentDocument;
  windows: ReadonlyMap<string, readonly MeasurementRecord[]>;
}): JSX.Element | null {
  if (document.analysis.length === 0) return null;
  const stages = [...new Set(document.analysis.map(({ stage }) => stage))];
  return (
    <section aria-labelledby="analysis">
      <h2 id="analysis">Analysis</h2>
      <p>
        <Link to={`/deployments/${document.id}/retrospective`}>What other settings would have said</Link>
      </p>
      <ChartHint />
      {stages.map((stage) => (
        <Gate
          key={stage}
          metrics={document.analysis.filter((one) => one.stage === stage)}
          windows={windows}
          running={document.stages.some(({ id, status }) => id === stage && status === 'RUNNING')}
        />
      ))}
    </section>
  );
}

function Gate({
  metrics,
  windows,
  running,
}: {
  metrics: readonly AnalysisDocument[];
  windows: ReadonlyMap<string, readonly MeasurementRecord[]>;
  running: boolean;
}): JSX.Element {
  const axis = useMemo(timeAxis, []);
  return (
    <>
      {metrics.map((one) => (
        <Metric
          key={one.metric}
          analysis={one}
          windows={windows.get(keyOf(one.stage, one.metric)) ?? NONE}
          stageRuns={running}
          axis={axis}
        />
      ))}
    </>
  );
}

function Metric({
  analysis,
  windows,
  stageRuns,
  axis,
}: {
  analysis: AnalysisDocument;
  windows: readonly MeasurementRecord[];
  stageRuns: boolean;
  axis: TimeAxis;
}): JSX.Element {
  const last = windows.at(-1);
  // A stage that waits for people has judged all that it will.
  const running = stageRuns && analysis.verdict === 'RUNNING';
  return (
    <article class="metric">
      <header>
        <h3>{analysis.metric}</h3>
        <Status status={analysis.verdict} />
        <span class="quiet">
          {analysis.strategy.replaceAll('_', ' ').toLowerCase()}
          {bounds(analysis)}
        </span>
      </header>
      <p class="reason">
        {running && last ? `Window ${last.window}: ${last.outcome}. ${last.reason}` : analysis.reason}
      </p>
      {running ? (
        <Running analysis={analysis} windows={windows} axis={axis} />
      ) : (
        <>
          <MetricChart analysis={analysis} windows={windows} until={undefined} axis={axis} />
          <p class="quiet edge">{edgeWords(analysis, windows, false, 0)}</p>
        </>
      )}
      <Details analysis={analysis} windows={windows} />
    </article>
  );
}

/** What moves on with the clock: alone, so that the rest is not made anew each second. */
function Running({
  analysis,
  windows,
  axis,
}: {
  analysis: AnalysisDocument;
  windows: readonly MeasurementRecord[];
  axis: TimeAxis;
}): JSX.Element {
  const at = now.value;
  return (
    <>
      <MetricChart analysis={analysis} windows={windows} until={at} axis={axis} />
      <p class="quiet edge">{edgeWords(analysis, windows, true, at)}</p>
    </>
  );
}

/** Made when it is opened: a day of windows is a long table. */
function Details({
  analysis,
  windows,
}: {
  analysis: AnalysisDocument;
  windows: readonly MeasurementRecord[];
}): JSX.Element {
  const open = useSignal(false);
  return (
    <details onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>Query and windows</summary>
      {open.value && (
        <>
          <pre class="query">{analysis.query}</pre>
          {windows.length > MOST_ROWS && (
            <p class="quiet">
              The newest {MOST_ROWS} of {windows.length} windows; GET /api/v1/deployments/…/measurements has all of
              them.
            </p>
          )}
          <WindowTable windows={windows} />
        </>
      )}
    </details>
  );
}

function bounds({ expected }: AnalysisDocument): string {
  const words = [
    ...(expected?.min === undefined ? [] : [`at least ${value(expected.min)}`]),
    ...(expected?.max === undefined ? [] : [`at most ${value(expected.max)}`]),
  ];
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}

/** How late the data comes: up to when it is complete, and when the next verdict can be. */
function edgeWords(
  { windows: planned, nextVerdictAt, delaySeconds, counts }: AnalysisDocument,
  windows: readonly MeasurementRecord[],
  running: boolean,
  at: number,
): string {
  // The windows come one by one, the counts with the document: whichever knows more.
  const judged = Math.max(
    windows.length,
    Object.values(counts).reduce((sum, count) => sum + count, 0),
  );
  const last = windows.at(-1);
  const parts = [`${judged} of ${planned} windows judged`];
  if (running && last) parts.push(`data complete until ${time(last.to, at)}`);
  if (running && nextVerdictAt !== undefined) {
    const left = Date.parse(nextVerdictAt) - at;
    parts.push(
      left > 0
        ? `next verdict at about ${time(nextVerdictAt, at)} (in ${length(left)})`
        : 'the next verdict waits for its data',
    );
  }
  if (delaySeconds !== undefined) parts.push(`data comes ${length(delaySeconds * 1_000)} late`);
  return `${parts.join(' · ')}.`;
}

function WindowTable({ windows }: { windows: readonly MeasurementRecord[] }): JSX.Element {
  return (
    <Table label="Windows" heads={['Window', 'Outcome', 'Worst', 'Why']}>
      {windows
        .toReversed()
        .slice(0, MOST_ROWS)
        .map((window) => (
          <tr key={window.window}>
            <td class="number">
              {time(window.from)} – {time(window.to)}
            </td>
            <td>
              <Status status={window.outcome} />
            </td>
            <td class="number">{window.value === undefined ? '–' : value(window.value)}</td>
            <td>{window.reason}</td>
          </tr>
        ))}
    </Table>
  );
}
