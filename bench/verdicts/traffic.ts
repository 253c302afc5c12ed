import type { Profile } from './profile.js';
import type { Random } from './random.js';

/** What really happened to one version in one minute. */
export interface Minute {
  requests: number;
  errors: number;
  /** Milliseconds; says nothing where there were no requests. */
  p95: number;
}

/** What really happened, minute by minute from the canary's first request; `before` is the primary's before that. */
export interface Traffic {
  profile: Profile;
  canary: Minute[];
  primary: Minute[];
  baseline: Minute[];
  before: Minute[];
}

const DAY = 1440;
/** The model of verdicts.md §1. */
const DAILY = 0.3;
/**
 * How much of the traffic's tide reaches errors and p95. The reference says that they drift, not by how much: these come closest to
 * its published rows (test/bench/published.test.ts).
 */
const TIDE_OF_ERRORS = 2 / 3;
const TIDE_OF_P95 = 1 / 5;
const INCIDENT_MINUTES = 5;
const INCIDENT_ERRORS = 5;
const INCIDENT_P95 = 1.5;
const P95_SPREAD = 0.1;
const P95_MEMORY = 0.3;
const HISTORY_MINUTES = 240;
/** No share of requests that fail goes above this. */
const MOST_ERRORS = 0.95;

/**
 * Draws what happens in one rollout: Poisson requests, binomial errors, a lognormal p95 that remembers (AR(1)); a traffic that goes up
 * and down by 30 % over the day, and errors and p95 with it; in some runs an incident of five minutes that hits both versions alike
 * and may begin in any minute of the analysis.
 * The history before it is four hours of the primary at all of the traffic.
 */
export function traffic(profile: Profile, random: Random): Traffic {
  const phase = random.uniform() * DAY;
  const incident = random.uniform() < profile.incidents;
  const incidentAt = incident ? Math.floor(random.uniform() * profile.minutes) : Infinity;

  function draw(first: number, count: number, effect: number, share: (minute: number) => number): Minute[] {
    let memory = random.normal();
    return Array.from({ length: count }, (_, index) => {
      const minute = first + index;
      const tide = 1 + DAILY * Math.sin((2 * Math.PI * (phase + minute)) / DAY);
      const hit = minute >= incidentAt && minute < incidentAt + INCIDENT_MINUTES;
      memory = P95_MEMORY * memory + Math.sqrt(1 - P95_MEMORY ** 2) * random.normal();
      const mean = profile.perMinute * tide * share(minute);
      if (profile.kind === 'latency') {
        const p95 =
          profile.normal *
          (1 + (tide - 1) * TIDE_OF_P95) *
          effect *
          (hit ? INCIDENT_P95 : 1) *
          Math.exp(P95_SPREAD * memory);
        return { requests: random.poisson(mean), errors: 0, p95 };
      }
      const rate = Math.min(
        MOST_ERRORS,
        profile.normal * (1 + (tide - 1) * TIDE_OF_ERRORS) * effect * (hit ? INCIDENT_ERRORS : 1),
      );
      // Errors among Poisson requests are Poisson, and so is the rest, independently: thinning.
      const errors = profile.cluster * random.poisson((mean * rate) / profile.cluster);
      return { requests: errors + random.poisson(mean * (1 - rate)), errors, p95: 0 };
    });
  }
  const canary = (minute: number): number => shareAt(profile.share, minute);
  return {
    profile,
    canary: draw(0, profile.minutes, profile.effect, canary),
    primary: draw(0, profile.minutes, 1, (minute) => 1 - canary(minute)),
    baseline: draw(0, profile.minutes, 1, canary),
    before: draw(-HISTORY_MINUTES, HISTORY_MINUTES, 1, () => 1),
  };
}

function shareAt(share: Profile['share'], minute: number): number {
  if (typeof share === 'number') return share;
  return share.findLast((step) => step.from <= minute)?.share ?? 0;
}
