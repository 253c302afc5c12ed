import type { Weights } from '../../model/delivery.js';
import type { Millis } from '../../model/duration.js';
import { hasEnded } from '../../model/wire.js';
import type { AnalysisDocument, DeploymentDocument, LogPage, StageDocument } from '../../model/wire.js';
import { clock, elapsed, fit, left, plain, value } from './format.js';

type LogLines = LogPage['lines'];

export interface TreeOptions {
  /** Epoch ms: for running times and the time left. */
  now: Millis;
  width: number;
  /** Rows that the tree may fill; windows and log are shortened to fit. */
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

const OUTCOME_MARK: Record<string, string> = {
  PASS: '✔',
  FAIL: '✖',
  NO_DATA: '?',
  NOT_ENOUGH_DATA: '?',
  ERROR: '⚠',
};

const LOG_TAIL = 6;
const WINDOW_TAIL = 8;

/**
 * Draws a deployment as lines without colour: what it is, where the traffic is wanted and was verified, its stages with their times,
 * each metric with its windows, and the tail of the log. Pure: the same document and options give the same lines.
 */
export function renderTree(deployment: DeploymentDocument, options: TreeOptions): string[] {
  for (let windows = WINDOW_TAIL, log = LOG_TAIL; ;) {
    const lines = draw(deployment, options, windows, log);
    if (lines.length <= options.height || (windows === 0 && log === 0)) {
      return lines.slice(0, options.height).map((line) => fit(plain(line), options.width).trimEnd());
    }
    if (log >= windows) log -= 1;
    else windows -= 1;
  }
}

function draw(deployment: DeploymentDocument, options: TreeOptions, windows: number, log: number): string[] {
  const nameWidth = Math.max(...deployment.stages.map((stage) => stage.name.length), 10);
  return [
    ...heading(deployment, options.now),
    '',
    ...deployment.stages.flatMap((stage) => [
      stageLine(stage, deployment, nameWidth, options.now),
      ...deployment.analysis
        .filter((metric) => metric.stage === stage.id && stage.status !== 'NOT_STARTED')
        .flatMap((metric) => metricLines(metric, stage, options.now, windows)),
    ]),
    ...logTail(options.log, deployment, log),
  ];
}

function heading(deployment: DeploymentDocument, now: Millis): string[] {
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
    deployment.reason,
    trafficLine(deployment),
    ...deployment.warnings.map((warning) => `⚠ ${warning}`),
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

function stageLine(stage: StageDocument, deployment: DeploymentDocument, nameWidth: number, now: Millis): string {
  const running = stage.status === 'RUNNING' && !hasEnded(deployment.status);
  const took = stage.startedAt
    ? elapsed(Date.parse(stage.startedAt), stage.completedAt ? Date.parse(stage.completedAt) : now)
    : '';
  const rest = running ? left(stage.expectedEndAt, now) : undefined;
  const words = [
    rest && `${rest} left`,
    stage.status === 'FAILED' ? (stage.reason ?? stage.detail) : (stage.detail ?? stage.reason),
  ];
  return `${STAGE_MARK[stage.status]} ${stage.name.padEnd(nameWidth)}  ${took.padStart(7)}  ${words.filter(Boolean).join(' · ')}`;
}

function metricLines(metric: AnalysisDocument, stage: StageDocument, now: Millis, windows: number): string[] {
  const { counts } = metric;
  const judged = counts.PASS + counts.FAIL + counts.NO_DATA + counts.NOT_ENOUGH_DATA + counts.ERROR;
  const next = metric.verdict === 'RUNNING' ? left(metric.nextVerdictAt, now) : undefined;
  const facts = [
    `${metric.metric} ${metric.verdict}`,
    `${judged}/${metric.windows} windows`,
    `✔ ${counts.PASS} ✖ ${counts.FAIL} ? ${counts.NO_DATA + counts.NOT_ENOUGH_DATA} ⚠ ${counts.ERROR}`,
    metric.delaySeconds === undefined ? '' : `delay ${value(metric.delaySeconds)}s`,
    next ? `next verdict in ${next}` : '',
  ];
  const said = ['', stage.reason, stage.detail];
  const shown = windows === 0 ? [] : metric.measurements.slice(-windows);
  return [
    `  ├ ${facts.filter(Boolean).join(' · ')}`,
    // With one metric, its reason is the stage's, which stands above.
    ...(metric.verdict === 'RUNNING' || said.includes(metric.reason) ? [] : [`  │ ${metric.reason}`]),
    ...shown.map((measured) => `  │ ${windowLine(measured)}`),
  ];
}

/** One judged window: number, time, outcome, value and the reason in words. */
export function windowLine(measured: AnalysisDocument['measurements'][number]): string {
  const mark = OUTCOME_MARK[measured.outcome] ?? '·';
  const worst = measured.value === undefined ? '' : ` ${value(measured.value)}`;
  return `${mark} #${measured.window} ${clock(measured.from)}–${clock(measured.to)} ${measured.outcome}${worst} · ${measured.reason}`;
}

function logTail(log: LogLines, deployment: DeploymentDocument, count: number): string[] {
  if (count === 0 || log.length === 0) return [];
  return ['', ...log.slice(-count).map((line) => logLine(line, deployment))];
}

/** One line of the deployment's log, with the name of its stage. */
export function logLine(line: LogLines[number], { stages }: DeploymentDocument): string {
  const stage = stages.find(({ id }) => id === line.stage)?.name ?? line.stage;
  const mark = line.level === 'info' ? '' : `${line.level === 'error' ? '✖' : '⚠'} `;
  return `${clock(line.at)} ${stage}: ${mark}${line.text}`;
}
