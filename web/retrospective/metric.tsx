import { useMemo } from 'preact/hooks';
import type { JSX } from 'preact';
import { changedMetric, type Setting } from '../../analysis/changes.js';
import { windowsAgain, type JudgedMetric, type JudgedWindow } from '../../analysis/judged-again.js';
import type { Metric } from '../../model/metric.js';
import { measurementDocument, type AnalysisDocument, type MeasurementRecord } from '../../model/wire.js';
import { now } from '../clock.js';
import { timeAxis } from '../deployment/chart-axis.js';
import { MetricChart } from '../deployment/chart.js';
import { time } from '../format.js';
import { Copied } from '../parts/copied.js';
import { Table } from '../parts/table.js';
import { Status } from '../status.js';
import type { Retrospect } from './judged.js';
import { shownVerdict, whatIsMissing } from './outcome.js';
import { Settings } from './settings.js';
import { commandFor, fieldsToWrite } from './to-write.js';

/** One metric as it was judged, beside what other settings would have said. */
export function MetricAgain({
  of,
  deployment,
  only,
  sharing,
  running,
  ended,
  set,
  reset,
}: {
  of: Retrospect;
  deployment: string;
  /** Whether it is the deployment's only metric. */
  only: boolean;
  /** How many metrics share the stage's alpha. */
  sharing: number;
  /** Whether its stage is judging still. */
  running: boolean;
  /** How the deployment ended, in words. */
  ended: string | undefined;
  set: (setting: Setting, text: string) => void;
  reset: () => void;
}): JSX.Element {
  const { analysis, records, metric, judged } = of;
  const id = `${analysis.stage}.${analysis.metric}`;
  return (
    <section aria-labelledby={`${id}.name`} class="retrospect">
      <h2 id={`${id}.name`}>
        {analysis.metric}{' '}
        <span class="quiet">
          {analysis.stage}, {analysis.strategy.replaceAll('_', ' ').toLowerCase()}
          {metric?.dryRun && ', a dry run: not counted'}
        </span>
      </h2>
      {!metric || !judged ? (
        <p class="reason">This deployment does not say how it was judged, so it cannot be judged again.</p>
      ) : (
        <>
          <Settings
            id={id}
            metric={metric}
            settings={of.settings}
            windows={records}
            texts={of.texts}
            wrong={of.wrong}
            set={set}
            reset={reset}
          />
          <Charts of={of} metric={metric} judged={judged} running={running} ended={ended} />
          <ToWrite of={of} metric={metric} deployment={deployment} only={only} sharing={sharing} />
        </>
      )}
    </section>
  );
}

/** What the judge says, in the shape in which the server tells what was said. */
function documentsOf(
  { analysis, changes }: Retrospect,
  metric: Metric,
  { progress, measurements, reason }: JudgedMetric,
): { analysis: AnalysisDocument; windows: MeasurementRecord[] } {
  const { expected, ...settings } = changedMetric(metric, changes);
  const { stage, metric: name } = analysis;
  return {
    analysis: {
      ...analysis,
      verdict: progress.verdict,
      reason,
      counts: progress.counts,
      settings: { ...settings, ...(expected && { expected }) },
      ...(expected && { expected }),
    },
    windows: measurements.map((each) => ({ ...measurementDocument(each), stage, metric: name })),
  };
}

function Charts({
  of,
  metric,
  judged,
  running,
  ended,
}: {
  of: Retrospect;
  metric: Metric;
  judged: JudgedMetric;
  running: boolean;
  ended: string | undefined;
}): JSX.Element {
  const { analysis, records } = of;
  const again = useMemo(() => documentsOf(of, metric, judged), [of]);
  const windows = useMemo(() => windowsAgain(judged, records), [of]);
  const different = windows.filter(({ was, outcome }) => was !== outcome);
  const until = running ? now.value : undefined;
  const axis = useMemo(timeAxis, []);
  const sight = [analysis, again.analysis].flatMap(({ expected = {} }) => Object.values(expected));
  return (
    <>
      <div class="columns even">
        <article aria-label={`${analysis.metric} as it was judged`}>
          <h3>
            As it was judged <Status status={shownVerdict(analysis.verdict, running)} />
          </h3>
          <p class="reason">{analysis.reason}</p>
          <MetricChart analysis={analysis} windows={records} until={until} axis={axis} sight={sight} />
        </article>
        <article aria-label={`${analysis.metric} with these settings`}>
          <h3>
            {Object.keys(of.changes).length === 0 ? 'With the same settings' : 'With these settings'}{' '}
            <Status status={shownVerdict(again.analysis.verdict, running)} />
          </h3>
          <p class="reason">{[judged.reason, ...whatIsMissing(metric, records, judged, ended)].join(' ')}</p>
          <MetricChart analysis={again.analysis} windows={again.windows} until={until} axis={axis} sight={sight} />
        </article>
      </div>
      <h3 aria-live="polite">
        {different.length === 0
          ? 'No window comes out differently'
          : `${different.length} of ${windows.length} windows come${different.length === 1 ? 's' : ''} out differently`}
      </h3>
      {different.length > 0 && <WindowTable label={`${analysis.metric}: windows that differ`} windows={different} />}
      <details>
        <summary>All windows</summary>
        <WindowTable label={`${analysis.metric}: all windows`} windows={windows} />
      </details>
    </>
  );
}

function WindowTable({ label, windows }: { label: string; windows: readonly JudgedWindow[] }): JSX.Element {
  return (
    <Table label={label} heads={['Window', 'Then', 'Now', 'Why now']}>
      {windows
        .toReversed()
        .slice(0, 500)
        .map((window) => (
          <tr key={window.from}>
            <td class="number">
              {time(window.from)} – {time(window.to)}
            </td>
            <td>
              <Status status={window.was} />
            </td>
            <td>
              <Status status={window.outcome} />
            </td>
            <td>{window.reason}</td>
          </tr>
        ))}
    </Table>
  );
}

function ToWrite({
  of: { analysis, changes },
  metric,
  deployment,
  only,
  sharing,
}: {
  of: Retrospect;
  metric: Metric;
  deployment: string;
  only: boolean;
  sharing: number;
}): JSX.Element | null {
  if (Object.keys(changes).length === 0) return null;
  const { stage, windows } = analysis;
  return (
    <div class="columns even">
      <Copied name="For app.pipecd.yaml" text={fieldsToWrite(metric, changes, { stage, windows, sharing })} />
      <Copied
        name="The same in a terminal"
        text={commandFor(deployment, { stage, metric: analysis.metric, only }, changes)}
      />
    </div>
  );
}
