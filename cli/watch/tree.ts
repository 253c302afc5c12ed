import type { Weights } from '../../model/delivery.js';
import type { Millis } from '../../model/duration.js';
import { hasEnded } from '../../model/wire.js';
import type { AnalysisDocument, DeploymentDocument, LogPage, StageDocument } from '../../model/wire.js';
import { nextVerdict, outcomeMark, renderChart } from './chart.js';
import { bar, clock, elapsed, fit, left, plain, value, wrap } from './format.js';

type LogLines = LogPage['lines'];

export interface TreeOptions {
  /** Epoch ms: for running times and the time left. */
  now: Millis;
  width: number;
  /** Rows that the tree may fill: charts, windows and log are shortened to fit, then stages that do not run are counted only. */
  height: number;
  /** Lines told since watching began, oldest first. */
  log: LogLines;
}

const STAGE_MARK: Record<StageDocument['status'], string> = {
  NOT_STARTED: '◌',
  RUNNING: '●',
  SUCCEEDED: '✔',
  FAILED: '✖',
  SKIPPED: '↷',
  CANCELLED: '⊘',
};

/** How much is shown of what can be long. */
interface Amount {
  /** Judged windows of each metric. */
  windows: number;
  /** Lines of the log. */
  log: number;
  /** Metrics with a chart, and rows of its values. */
  charts: number;
  rows: number;
  /** Stages that do not run and did not fail are counted, warnings too. */
  folded: boolean;
}

/** The reason is the answer to "why did it stop": it is broken rather than cut. */
const REASON_LINES = 4;

const MOST: Amount = { windows: 8, log: 6, charts: 8, rows: 6, folded: false };

/** The next smaller amount: what says least goes first. Undefined when nothing can be left out any more. */
function less(amount: Amount): Amount | undefined {
  const { windows, log, charts, rows, folded } = amount;
  if (windows > 2 || log > 2) return log >= windows ? { ...amount, log: log - 1 } : { ...amount, windows: windows - 1 };
  if (rows > 4) return { ...amount, rows: rows - 1 };
  if (charts > 1) return { ...amount, charts: charts - 1 };
  if (rows > 3) return { ...amount, rows: rows - 1 };
  if (windows > 1) return { ...amount, windows: windows - 1 };
  if (log > 0) return { ...amount, log: log - 1 };
  if (charts > 0) return { ...amount, charts: 0 };
  if (windows > 0) return { ...amount, windows: 0 };
  return folded ? undefined : { ...amount, folded: true };
}

/**
 * Draws a deployment as lines without colour: what it is, where the traffic is wanted and was verified, its stages with their times,
 * each metric under judgement with its chart and its windows, and the tail of the log. Never wider or taller than asked. Pure: the same
 * document and options give the same lines.
 */
export function renderTree(deployment: DeploymentDocument, options: TreeOptions): string[] {
  const { width, height } = options;
  let lines: string[] = [];
  for (let amount: Amount | undefined = MOST; amount; amount = less(amount)) {
    lines = draw(deployment, options, amount);
    if (lines.length <= height) break;
  }
  if (lines.length > height) lines = [...lines.slice(0, height - 1), `… ${lines.length - height + 1} more lines`];
  return lines.map((line) => fit(plain(line), width).trimEnd());
}

function draw(deployment: DeploymentDocument, options: TreeOptions, amount: Amount): string[] {
  const nameWidth = Math.max(...deployment.stages.map((stage) => stage.name.length), 10);
  const charted = chartedFirst(deployment).slice(0, amount.charts);
  const lines = [...heading(deployment, options, amount.folded), ''];
  let quiet: StageDocument[] = [];
  const countQuiet = (): void => {
    const [one, ...others] = quiet;
    if (one) {
      lines.push(
        others.length === 0
          ? stageLine(one, deployment, nameWidth, options)
          : `${STAGE_MARK[one.status]} ${quiet.length} stages, the last ${quiet.at(-1)?.name} ${quiet.at(-1)?.status}`,
      );
    }
    quiet = [];
  };
  for (const stage of deployment.stages) {
    if (amount.folded && stage.status !== 'RUNNING' && stage.status !== 'FAILED') {
      if (quiet[0] && quiet[0].status !== stage.status) countQuiet();
      quiet.push(stage);
      continue;
    }
    countQuiet();
    lines.push(stageLine(stage, deployment, nameWidth, options));
    if (stage.status === 'NOT_STARTED') continue;
    for (const metric of deployment.analysis.filter((one) => one.stage === stage.id)) {
      lines.push(...metricLines(metric, stage, options, amount, charted.includes(metric)));
    }
  }
  countQuiet();
  return [...lines, ...logTail(options.log, deployment, amount.log)];
}

/** The metrics whose chart says something, the most telling first: those of a stage that runs or failed, and of these the ones with trouble. */
function chartedFirst({ stages, analysis }: DeploymentDocument): AnalysisDocument[] {
  const shown = new Set(stages.filter(({ status }) => status === 'RUNNING' || status === 'FAILED').map(({ id }) => id));
  const trouble = ({ verdict, counts }: AnalysisDocument): number =>
    verdict === 'RUNNING' || verdict === 'PASS' ? counts.FAIL + counts.ERROR : Infinity;
  return analysis.filter(({ stage }) => shown.has(stage)).toSorted((a, b) => compare(trouble(b), trouble(a)));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function heading(deployment: DeploymentDocument, { now, width }: TreeOptions, folded: boolean): string[] {
  const { version, trigger } = deployment;
  const began = deployment.startedAt ?? trigger.at;
  const took = elapsed(Date.parse(began), deployment.completedAt ? Date.parse(deployment.completedAt) : now);
  const about = [
    `by ${trigger.by}`,
    ...(version.image ? [version.image] : []),
    ...(version.commit ? [version.commit.slice(0, 12)] : []),
  ];
  return [
    `${deployment.id}  ${deployment.status}  ${took}`,
    about.join(' · '),
    ...(folded ? [deployment.reason] : wrap(plain(deployment.reason), width, REASON_LINES)),
    trafficLine(deployment),
    ...(folded && deployment.warnings.length > 1
      ? [`⚠ ${deployment.warnings.length} warnings, the last: ${deployment.warnings.at(-1)}`]
      : deployment.warnings.map((warning) => `⚠ ${warning}`)),
  ];
}

/** `traffic wanted 80/20 · verified 80/20`: primary, canary, and the baseline when it gets some. */
export function trafficLine({ kind, traffic }: Pick<DeploymentDocument, 'kind' | 'traffic'>): string {
  if (kind === 'STANDALONE_TASK') return 'standalone task: it takes no requests';
  if (kind === 'SERVICE_DISCOVERY') return 'service discovery: each version is asked in proportion to its tasks';
  const { wanted, verified } = traffic;
  const show = ({ primary, canary, baseline }: Weights): string =>
    [primary, canary, ...(baseline === undefined ? [] : [baseline])].map(value).join('/');
  return `traffic wanted ${show(wanted)} · verified ${verified ? show(verified) : 'not yet'}`;
}

function stageLine(
  stage: StageDocument,
  deployment: DeploymentDocument,
  nameWidth: number,
  { now, width }: TreeOptions,
): string {
  const took = stage.startedAt
    ? elapsed(Date.parse(stage.startedAt), stage.completedAt ? Date.parse(stage.completedAt) : now)
    : '';
  const words = [
    ...(stage.status === 'RUNNING' && !hasEnded(deployment.status) ? progress(stage, now, width) : []),
    stage.status === 'FAILED' ? (stage.reason ?? stage.detail) : (stage.detail ?? stage.reason),
  ];
  return `${STAGE_MARK[stage.status]} ${stage.name.padEnd(nameWidth)}  ${took.padStart(7)}  ${words.filter(Boolean).join(' · ')}`;
}

/** How far a running stage is: by its time where it has one, else by its healthy tasks where it tells them. */
function progress(stage: StageDocument, now: Millis, width: number): string[] {
  const cells = width >= 100 ? 20 : width >= 80 ? 12 : 8;
  if (stage.startedAt !== undefined && stage.expectedEndAt !== undefined) {
    const [from, until] = [Date.parse(stage.startedAt), Date.parse(stage.expectedEndAt)];
    const rest = left(stage.expectedEndAt, now);
    const shown = bar((now - from) / Math.max(until - from, 1), cells);
    if (!rest) return [shown];
    return [`${shown} ${stage.name === 'WAIT_APPROVAL' ? `gives up in ${rest}` : `${rest} left`}`];
  }
  const [, healthy, wanted] = /^(\d+) of (\d+) targets healthy/.exec(stage.detail ?? '') ?? [];
  return healthy === undefined || !Number(wanted) ? [] : [bar(Number(healthy) / Number(wanted), cells)];
}

/** Stands before each line of a metric. */
const BRANCH = '  │ ';

function metricLines(
  metric: AnalysisDocument,
  stage: StageDocument,
  { now, width }: TreeOptions,
  { windows, rows }: Amount,
  charted: boolean,
): string[] {
  const { counts } = metric;
  // A stage that another metric has failed stops all of them.
  const undecided = metric.verdict === 'RUNNING' && stage.status !== 'RUNNING';
  const judged = counts.PASS + counts.FAIL + counts.NO_DATA + counts.NOT_ENOUGH_DATA + counts.ERROR;
  const chart = charted
    ? renderChart(metric, {
        now,
        running: !undecided && metric.verdict === 'RUNNING',
        width: width - BRANCH.length,
        rows,
      })
    : [];
  const facts = [
    `${metric.metric} ${undecided ? 'not decided' : metric.verdict}`,
    `${judged}/${metric.windows} windows`,
    `✔ ${counts.PASS} ✖ ${counts.FAIL} ? ${counts.NO_DATA + counts.NOT_ENOUGH_DATA} ⚠ ${counts.ERROR}`,
    metric.delaySeconds === undefined ? '' : `delay ${value(metric.delaySeconds)}s`,
    // Below a chart it stands there.
    ...(chart.length > 0 || undecided ? [] : (nextVerdict(metric, now) ?? [])),
  ];
  const said = ['', stage.reason, stage.detail];
  const shown = windows === 0 ? [] : metric.measurements.slice(-windows);
  return [
    `  ├ ${facts.filter(Boolean).join(' · ')}`,
    // With one metric, its reason is the stage's, which stands above.
    ...(metric.verdict === 'RUNNING' || said.includes(metric.reason) ? [] : [`${BRANCH}${metric.reason}`]),
    ...chart.map((line) => `${BRANCH}${line}`),
    ...shown.map((measured) => `${BRANCH}${windowLine(measured)}`),
  ];
}

/** One judged window: number, time, outcome, value and the reason in words. */
export function windowLine(measured: AnalysisDocument['measurements'][number]): string {
  const worst = measured.value === undefined ? '' : ` ${value(measured.value)}`;
  return `${outcomeMark(measured.outcome)} #${measured.window} ${clock(measured.from)}–${clock(measured.to)} ${measured.outcome}${worst} · ${measured.reason}`;
}

function logTail(log: LogLines, deployment: DeploymentDocument, count: number): string[] {
  if (count === 0) return [];
  const tail = log.filter((line) => !isWindow(line, deployment)).slice(-count);
  return tail.length === 0 ? [] : ['', ...tail.map((line) => logLine(line, deployment))];
}

/** A plain line of an ANALYSIS is about a window, which is told from the document, with or without a live stream. */
export function isWindow({ level, stage }: LogLines[number], { analysis }: DeploymentDocument): boolean {
  return level === 'info' && analysis.some((metric) => metric.stage === stage);
}

/** One line of the deployment's log, with the name of its stage. */
export function logLine(line: LogLines[number], { stages }: DeploymentDocument): string {
  const stage = stages.find(({ id }) => id === line.stage)?.name ?? line.stage;
  const mark = line.level === 'info' ? '' : `${line.level === 'error' ? '✖' : '⚠'} `;
  return `${clock(line.at)} ${stage}: ${mark}${line.text}`;
}
