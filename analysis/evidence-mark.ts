import type { EvidenceMark } from '../model/evidence.js';
import type { Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';
import type { Harm } from './ledger.js';
import { latencyLogE } from './statistics/latency-evidence.js';
import { logE, logSlo, ratioBars, sloAloneBar } from './statistics/ratio-evidence.js';

/** Six digits are more than anybody compares; a larger exponent than a number can hold is shown as the largest. */
function rounded(value: number): number {
  return Number(Math.min(value, 1e300).toPrecision(6));
}

/** Where a metric's evidence stands: that of the harm that was found, else of the direction in which it is strongest. */
export function evidenceMark(metric: ComparedMetric, ledger: Ledger, harm?: Harm): EvidenceMark {
  if (harm) {
    const kind = harm.channel === 'FINAL' ? 'P_VALUE' : 'E_VALUE';
    return { kind, value: rounded(harm.value), bar: rounded(harm.bar) };
  }
  const alpha = metric.deviation === 'EITHER' ? metric.alpha / 2 : metric.alpha;
  const alone = metric.reference === undefined;
  const logs = ledger.tests.map(({ ratio, latency }) =>
    latency ? latencyLogE(latency) : ratio ? (alone ? logSlo(ratio) : logE(ratio)) : 0,
  );
  const bar = Math.exp(alone ? sloAloneBar(alpha) : ratioBars(alpha).relative);
  return { kind: 'E_VALUE', value: rounded(Math.exp(Math.max(...logs))), bar: rounded(bar) };
}
