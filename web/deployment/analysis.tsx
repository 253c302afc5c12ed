import type { JSX } from 'preact';
import type { AnalysisDocument, DeploymentDocument, MeasurementRecord } from '../../model/wire.js';
import { now } from '../clock.js';
import { length, time, value } from '../format.js';
import { Link } from '../link.js';
import { Status } from '../status.js';
import { MetricChart } from './chart.js';
import { keyOf } from './live.js';
import { Table } from '../parts/table.js';

/** The same each time: what has no window yet is not drawn anew each second. */
const NONE: readonly MeasurementRecord[] = [];

/** The gate: each metric with its chart, its verdict and why. */
export function Analysis({
  document,
  windows,
}: {
  document: DeploymentDocument;
  windows: ReadonlyMap<string, readonly MeasurementRecord[]>;
}): JSX.Element | null {
  if (document.analysis.length === 0) return null;
  return (
    <section aria-labelledby="analysis">
      <h2 id="analysis">Analysis</h2>
      <p>
        <Link to={`/deployments/${document.id}/retrospective`}>What other settings would have said</Link>
      </p>
      {document.analysis.map((one) => (
        <Metric
          key={keyOf(one.stage, one.metric)}
          analysis={one}
          windows={windows.get(keyOf(one.stage, one.metric)) ?? NONE}
          running={document.stages.some(({ id, status }) => id === one.stage && status === 'RUNNING')}
        />
      ))}
    </section>
  );
}

function Metric({
  analysis,
  windows,
  running,
}: {
  analysis: AnalysisDocument;
  windows: readonly MeasurementRecord[];
  running: boolean;
}): JSX.Element {
  const at = now.value;
  const last = windows.at(-1);
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
      <MetricChart analysis={analysis} windows={windows} until={running ? at : undefined} />
      <p class="quiet edge">{edgeWords(analysis, windows, running, at)}</p>
      <details>
        <summary>Query and windows</summary>
        <pre class="query">{analysis.query}</pre>
        <WindowTable windows={windows} />
      </details>
    </article>
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
        .slice(0, 500)
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
