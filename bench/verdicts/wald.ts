import type { Profile } from './profile.js';

/** The spread and the memory of the simulated p95's logarithm (verdicts.md §1). */
const P95_SPREAD = 0.1;
const P95_MEMORY = 0.3;

/**
 * Minutes that Wald's sequential probability ratio test needs on average to catch a bad version when it KNOWS the good and the bad rate
 * and looks at the canary alone (verdicts.md §1): nobody can, so it is a bound and not a rival. `alpha` is the share of good versions it
 * may roll back, `miss` the share of bad ones it may not catch. The source's delay is not in it. None where it would not even look:
 * a test that catches no more bad ones than good ones takes no time.
 */
export function waldMinutes(profile: Profile, alpha: number, miss: number): number | undefined {
  const caught = 1 - miss;
  if (caught <= alpha || alpha <= 0) return undefined;
  const evidence = caught * Math.log(caught / alpha) + (miss > 0 ? miss * Math.log(miss / (1 - alpha)) : 0);
  return evidence / evidencePerMinute(profile);
}

/** Kullback and Leibler's divergence of the bad from the good version's data, by minute, at an average hour. */
function evidencePerMinute({ kind, normal, effect, perMinute, share }: Profile): number {
  if (kind === 'latency') {
    const shift = Math.log(effect) / P95_SPREAD;
    // The innovations of an AR(1) series shift by (1 - φ) and spread by √(1 - φ²).
    return (shift ** 2 / 2) * ((1 - P95_MEMORY) / (1 + P95_MEMORY));
  }
  if (typeof share !== 'number') throw new Error('Wald’s bound is worked out for one share of the traffic.');
  const bad = normal * effect;
  const byRequest = bad * Math.log(bad / normal) + (1 - bad) * Math.log((1 - bad) / (1 - normal));
  return perMinute * share * byRequest;
}
