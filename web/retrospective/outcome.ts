import type { JudgedMetric } from '../../analysis/judged-again.js';
import { stageVerdict } from '../../analysis/tally.js';
import { formatDuration } from '../../model/duration.js';
import type { Metric } from '../../model/metric.js';
import type { MeasurementRecord, StageDocument } from '../../model/wire.js';

/** A verdict as it is shown: what has none, and can get none any more, is inconclusive. */
export function shownVerdict(verdict: string, running: boolean): string {
  return verdict === 'RUNNING' && !running ? 'INCONCLUSIVE' : verdict;
}

/** Which setting of the stage says what follows (analysis/decision.ts). The deployment does not keep what it says. */
const SETTING = {
  NO_DATA: 'onNoData',
  NOT_ENOUGH_DATA: 'onNotEnoughData',
  ERROR: 'onNoData or onNotEnoughData',
} as const;

/** What a stage would have come to with its metrics judged so, and what the deployment would have done then, as far as that is known. */
export function stageAgain(
  stage: Pick<StageDocument, 'name'> | undefined,
  judged: readonly JudgedMetric[],
  running: boolean,
): { verdict: string; words: string } {
  const progress = judged.map((one) => one.progress);
  const { verdict, reason } = stageVerdict(progress);
  const shown = shownVerdict(verdict, running);
  const open = stage?.name === 'WAIT_APPROVAL' ? 'people decide' : undefined;
  switch (verdict) {
    case 'FAIL':
      return { verdict: shown, words: `The stage fails, and the deployment would be rolled back. ${reason}` };
    case 'PASS':
      return {
        verdict: shown,
        words: open
          ? `Nothing fails: ${open}.`
          : 'The stage passes, and the deployment would go on with its next stage.',
      };
    case 'RUNNING':
      return {
        verdict: shown,
        words: running
          ? 'Not decided yet: more windows are to come.'
          : 'The evidence does not decide it: it ends before all windows were measured.',
      };
    case 'NO_DATA':
    case 'NOT_ENOUGH_DATA':
    case 'ERROR': {
      if (open) return { verdict: shown, words: `No verdict: ${open}. ${reason}` };
      return {
        verdict: shown,
        words: `No verdict: ${SETTING[verdict]} of the stage says what is done then. ${reason}`,
      };
    }
    default:
      return verdict satisfies never;
  }
}

/**
 * What there is no window of, in sentences: those after the one that decides, and those that were never measured.
 * @param ended in words how the deployment ended; undefined while it runs
 */
export function whatIsMissing(
  metric: Metric,
  records: readonly MeasurementRecord[],
  { measurements, progress }: JudgedMetric,
  ended: string | undefined,
): string[] {
  const sentences: string[] = [];
  const [judgedLast, last] = [measurements.at(-1), records.at(-1)];
  if (judgedLast && last && judgedLast.window < last.window) {
    const left = last.window - judgedLast.window;
    sentences.push(
      `Window ${judgedLast.window} decides it: the ${left === 1 ? 'window' : `${left} windows`} after it would not have been judged.`,
    );
  } else if (last && progress.verdict === 'RUNNING') {
    sentences.push(
      ended === undefined
        ? `${last.window} of ${progress.windows} windows so far.`
        : `The evidence ends with window ${last.window} of ${progress.windows}, where the deployment ${ended}: there are no windows after that.`,
    );
  }
  const length = last ? Date.parse(last.to) - Date.parse(last.from) : metric.interval;
  if (last && length < metric.interval && judgedLast?.window === last.window) {
    sentences.push(
      `Window ${last.window} is ${formatDuration(length)} long, not ${formatDuration(metric.interval)}: the evidence was enough then, and no more was read.`,
    );
  }
  return sentences;
}
