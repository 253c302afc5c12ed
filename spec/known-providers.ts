import type { Millis } from '../model/duration.js';
import type { MetricSource } from '../model/metric.js';

/** What of an analysis provider's configuration a file is checked against. */
export interface KnownAnalysisProvider {
  name: string;
  type: MetricSource;
  delay?: Millis;
  maxDelay: Millis;
  resolution: Millis;
}

/** The providers that the server has, and what else it allows. */
export interface KnownProviders {
  ecsProviders: readonly string[];
  analysisProviders: readonly KnownAnalysisProvider[];
  /** Whether SCRIPT_RUN may run commands on the worker. */
  allowScripts: boolean;
}

/** Says that a name is not configured, and which are: `"a" is not configured; configured: "b"`. */
export function notConfigured(kind: string, name: string, configured: readonly string[]): string {
  const others = configured.map((other) => `"${other}"`).join(', ');
  return `the ${kind} "${name}" is not configured; ${others ? `configured: ${others}` : 'none is configured'}`;
}
