import type { JSX } from 'preact';
import type { Setting } from '../../analysis/changes.js';
import { isCompared, type Metric } from '../../model/metric.js';
import type { MeasurementRecord } from '../../model/wire.js';
import { value } from '../format.js';

const NAMES: Readonly<Record<Setting, string>> = {
  max: 'Highest allowed value',
  min: 'Lowest allowed value',
  failureLimit: 'Failed windows forgiven',
  tolerance: 'Tolerance',
  deviation: 'Which difference is bad',
  alpha: 'Wrong rollbacks accepted',
  minMeasured: 'Windows to be measured',
};
const HINTS: Partial<Record<Setting, string>> = {
  tolerance: 'a factor: 1.2, 0.2 and 20% all mean a fifth more',
  alpha: 'a share of the good versions',
  minMeasured: 'in percent',
};
const STEPS = 200;

/** What a setting is in the deployment. */
function wasOf(metric: Metric, setting: Setting): string {
  switch (setting) {
    case 'max':
    case 'min':
      return metric.expected?.[setting] === undefined ? 'none' : String(metric.expected[setting]);
    case 'failureLimit':
      return String(metric.failureLimit);
    case 'minMeasured':
      return `${Math.round(metric.minMeasured * 100)}%`;
    case 'tolerance':
    case 'deviation':
    case 'alpha':
      return isCompared(metric) ? String(metric[setting]) : '';
    default:
      return setting satisfies never;
  }
}

/** From the lowest to the highest value that was measured or is allowed, with some room above. */
function reach(metric: Metric, windows: readonly MeasurementRecord[]): [number, number] {
  const { min, max } = metric.expected ?? {};
  let [low, high] = [Math.min(0, min ?? 0), Math.max(min ?? 0, max ?? 0)];
  for (const { points } of windows) {
    for (const [, measured] of points) {
      low = Math.min(low, measured);
      high = Math.max(high, measured);
    }
  }
  return [low, high + (high - low || 1) * 0.1];
}

/** The settings that a metric is judged with anew; what is left empty stays as it was. */
export function Settings({
  id,
  metric,
  settings,
  windows,
  texts,
  wrong,
  set,
  reset,
}: {
  id: string;
  metric: Metric;
  settings: readonly Setting[];
  windows: readonly MeasurementRecord[];
  texts: Partial<Record<Setting, string>>;
  wrong: Partial<Record<Setting, string>>;
  set: (setting: Setting, text: string) => void;
  reset: () => void;
}): JSX.Element {
  const [low, high] = reach(metric, windows);
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      {settings.map((setting) => {
        const field = `${id}.${setting}`;
        const [text, was, problem] = [texts[setting] ?? '', wasOf(metric, setting), wrong[setting]];
        const slides = (setting === 'max' || setting === 'min') && metric.test !== 'SEQUENTIAL';
        return (
          <div key={setting}>
            <label for={field}>{NAMES[setting]}</label>
            {setting === 'deviation' ? (
              <select
                id={field}
                name={setting}
                aria-describedby={`${field}.hint`}
                value={text}
                onChange={(event) => set(setting, event.currentTarget.value)}
              >
                <option value="">as it was</option>
                {['HIGH', 'LOW', 'EITHER'].map((side) => (
                  <option key={side} value={side}>
                    {side}
                  </option>
                ))}
              </select>
            ) : (
              <input
                id={field}
                name={setting}
                inputMode={setting === 'minMeasured' || setting === 'tolerance' ? 'text' : 'decimal'}
                autoComplete="off"
                placeholder={was}
                value={text}
                aria-describedby={`${field}.hint`}
                aria-invalid={problem !== undefined}
                onInput={(event) => set(setting, event.currentTarget.value)}
              />
            )}
            {slides && (
              <input
                type="range"
                aria-label={`${NAMES[setting]}: slide`}
                aria-valuetext={text === '' ? `as it was, ${was}` : text}
                min={low}
                max={high}
                step={(high - low) / STEPS}
                value={Number(text === '' ? was : text) || low}
                onInput={(event) => set(setting, value(Number(event.currentTarget.value)))}
              />
            )}
            <p id={`${field}.hint`} class={problem === undefined ? 'quiet' : 'wrong'}>
              <code>{setting}</code>{' '}
              {problem === undefined
                ? [`was ${was}`, HINTS[setting]].filter(Boolean).join('; ')
                : `${problem}: judged without it.`}
            </p>
          </div>
        );
      })}
      <button type="button" disabled={Object.keys(texts).length === 0} onClick={reset}>
        Reset
      </button>
    </form>
  );
}
