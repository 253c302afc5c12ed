import type { Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';
import { formatEvidence } from './compare-words.js';
import { evidenceMark } from './evidence-mark.js';
import { noteOfHistory } from './history-note.js';
import { hasAllowedRate } from './ledger.js';
import { sufficiency } from './statistics/ratio-evidence.js';

/** A p95 or the like says nothing from fewer pairs than this (verdicts.md §6, rule 9). */
const FEWEST_PAIRS = 10;

/**
 * The honest end of a sequential test that found no harm: a pass only when the data could have shown that the canary is good.
 * @returns what keeps it from a pass, in words; undefined when it may pass
 */
export function lackingInWords(metric: ComparedMetric, ledger: Ledger | undefined): string | undefined {
  if (!ledger || ledger.canaryBuckets === 0) return 'The canary had no data at all.';
  if (metric.reference && ledger.pairs === 0) {
    return `There was no data of the ${metric.reference.variant} to compare with.`;
  }
  const compared = metric.reference ? ledger.pairs : ledger.canaryBuckets;
  if (metric.minPoints !== undefined && compared < metric.minPoints) {
    return `${compared} buckets could be compared, minPoints asks for ${metric.minPoints}.`;
  }
  const [test] = ledger.tests;
  if (test?.ratio) {
    const { canaryErrors, canaryRequests } = test.ratio;
    if (metric.minRequests !== undefined && canaryRequests < metric.minRequests) {
      return `The canary had ${canaryRequests} requests, minRequests asks for ${metric.minRequests}.`;
    }
    const max = hasAllowedRate(metric, ledger) ? metric.expected?.max : undefined;
    const phi = ledger.calibration?.dispersion ?? 1;
    const { direction } = test;
    const settings = { phi, direction, ...(max !== undefined && { max }) };
    const { harmfulRate, tail, enough } = sufficiency(test.ratio, settings);
    if (enough) return undefined;
    return (
      `${canaryErrors} errors in ${canaryRequests} requests of the canary cannot rule out a rate of ${formatEvidence(harmfulRate)}: ` +
      `so ${direction === 'LOW' ? 'many' : 'few'} would be seen with a chance of ${formatEvidence(tail)}, and at most 0.05 is needed.`
    );
  }
  // Values that are not above zero have no ratio, and were not compared.
  const pairs = test?.latency?.pairs ?? 0;
  return pairs < FEWEST_PAIRS
    ? `${pairs} pairs of values above zero are too few to tell, ${FEWEST_PAIRS} are needed.`
    : undefined;
}

/** Where the evidence stood at the end, for the sentence of a pass. */
export function evidenceAtEnd(metric: ComparedMetric, ledger: Ledger): string {
  const mark = evidenceMark(metric, ledger);
  const note = noteOfHistory(metric, ledger);
  return `evidence of harm ${formatEvidence(mark.value)} : 1 (${formatEvidence(mark.bar)} : 1 would have been enough).${note}`;
}
