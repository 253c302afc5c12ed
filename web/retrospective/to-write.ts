import { changedMetric, optionOf, type Changes, type Setting } from '../../analysis/changes.js';
import type { Metric } from '../../model/metric.js';

const whole = (share: number): string => `${Math.round(share * 100)}%`;

/**
 * The fields of `app.pipecd.yaml` that say what was changed; nothing when nothing was.
 * @param sharing how many metrics of the stage share its `alpha`
 * @param windows how many the metric has
 */
export function fieldsToWrite(
  metric: Metric,
  changes: Changes,
  { stage, windows, sharing }: { stage: string; windows: number; sharing: number },
): string {
  const { expected, errorLimit } = changedMetric(metric, changes);
  const lines: string[] = [];
  if (changes.max !== undefined || changes.min !== undefined) {
    lines.push('expected:', ...Object.entries(expected ?? {}).map(([bound, value]) => `  ${bound}: ${value}`));
  }
  for (const setting of ['failureLimit', 'tolerance', 'deviation'] as const) {
    const value = changes[setting];
    if (value !== undefined) lines.push(`${setting}: ${value}`);
  }
  if (changes.minMeasured !== undefined) {
    lines.push(`minMeasured: ${whole(changes.minMeasured)}`);
    // Left out it follows minMeasured, and here it stayed as it was.
    const usual = Math.floor(windows * (1 - changes.minMeasured));
    if (errorLimit !== usual) lines.push(`errorLimit: ${errorLimit}`);
  }
  if (lines.length > 0) lines.unshift(`# of the metric ${metric.name}`);
  if (changes.alpha !== undefined) {
    const all = Number((changes.alpha * sharing).toPrecision(12));
    const shared = sharing > 1 ? `, which ${sharing} metrics share` : '';
    lines.push(`# of the stage ${stage}, in its with${shared}`, `alpha: ${all}`);
  }
  return lines.join('\n');
}

/**
 * The command that judges with the same settings.
 * @param only whether the deployment has no other metric
 */
export function commandFor(
  deployment: string,
  { stage, metric, only }: { stage: string; metric: string; only: boolean },
  changes: Changes,
): string {
  const settings = (Object.entries(changes) as [Setting, string | number][]).flatMap(([setting, value]) => [
    optionOf(setting),
    setting === 'minMeasured' ? whole(Number(value)) : String(value),
  ]);
  const which = only ? [] : ['--stage', stage, '--metric', metric];
  return ['sluice', 'judge', '--deployment', deployment, ...which, ...settings].join(' ');
}
