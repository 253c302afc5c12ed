/** What the simulated service is like, and what is wrong with the new version. */
export interface Profile {
  name: string;
  kind: 'errors' | 'latency';
  /** Requests a minute of both versions together, at an average hour. */
  perMinute: number;
  /** The canary's share of them: one number, or the share from each minute of the analysis on (weights that change). */
  share: number | readonly { from: number; share: number }[];
  /** The primary's: errors by request, or the p95 in milliseconds, at an average hour. */
  normal: number;
  /** The canary's errors or p95 are this many times the primary's: 1 is a good version. */
  effect: number;
  /** What a person would write as `expected.max`. */
  limit: number;
  /** How long the analysis lasts and how often it looks, in minutes. */
  minutes: number;
  interval: number;
  /** How many of the runs have a common-mode incident. */
  incidents: number;
  /** Errors come this many at a time: 1 is independent errors. */
  cluster: number;
}

const THIRTY = { minutes: 30, interval: 5, incidents: 0.2, cluster: 1 } as const;
const ADMIN = { kind: 'errors', perMinute: 5, share: 0.5, normal: 0.005, limit: 0.01, ...THIRTY } as const;
const API = { kind: 'errors', perMinute: 600, share: 0.2, normal: 0.005, limit: 0.01, ...THIRTY } as const;
/** verdicts.md §1: a user's limit is 1 % of errors, 5 % where 2 % is normal, 1.3 times the normal p95. */
const LATENCY = { kind: 'latency', perMinute: 600, share: 0.2, normal: 200, limit: 260, ...THIRTY } as const;

/** The eight profiles of the standard suite (verdicts.md §2): low, medium and high traffic, good and bad, by errors and by latency. */
export const SUITE: readonly Profile[] = [
  { ...ADMIN, name: 'admin-good', effect: 1 },
  { ...ADMIN, name: 'admin-bad-x20', effect: 20 },
  { ...API, name: 'api-good', effect: 1 },
  { ...API, name: 'api-bad-x2', effect: 2 },
  { ...API, name: 'api60-bad-x5', perMinute: 60, normal: 0.02, limit: 0.05, effect: 5, minutes: 10, interval: 1 },
  { ...API, name: 'large-bad-x5', perMinute: 6000, share: 0.05, normal: 0.0005, effect: 5 },
  { ...LATENCY, name: 'latency-good', effect: 1 },
  { ...LATENCY, name: 'latency-bad+25', effect: 1.25 },
];
