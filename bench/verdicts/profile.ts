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

/** A look every minute, at a good version: whatever is rolled back is a mistake. */
const GOOD = { ...API, effect: 1, interval: 1 } as const;
const LOW = { ...GOOD, perMinute: 60, normal: 0.02, limit: 0.05 } as const;
const LARGE = { ...GOOD, perMinute: 6000 } as const;
const VALUE = { ...LATENCY, effect: 1, interval: 1 } as const;
/** A canary that gets more traffic while it is judged. */
const RISING = [
  { from: 0, share: 0.05 },
  { from: 10, share: 0.2 },
  { from: 20, share: 0.5 },
] as const;

/** Versions with nothing wrong, under what tempts a judge to see something (verdicts.md §4 and §5). */
export const NULLS: readonly Profile[] = [
  { ...GOOD, name: '5 rpm', perMinute: 5, share: 0.5 },
  ...troubled('60 rpm, errors 2 %', LOW),
  ...troubled('600 rpm, errors 0.5 %', GOOD),
  ...troubled('6000 rpm, errors 0.5 %', LARGE),
  { ...VALUE, name: 'p95' },
  { ...VALUE, name: 'p95, incident in every run', incidents: 1 },
];

function troubled(name: string, profile: Omit<Profile, 'name'>): Profile[] {
  return [
    { ...profile, name },
    { ...profile, name: `${name}, incident in every run`, incidents: 1 },
    { ...profile, name: `${name}, weights 5, 20, 50 %`, share: RISING },
    { ...profile, name: `${name}, errors in clusters of 3`, cluster: 3 },
  ];
}
