import { planDeployment } from '../model/plan.js';
import { planDocument } from '../model/plan-preview.js';
import type { PlanDocument } from '../model/plan-preview.js';
import type { PlanInput } from './messages.js';
import { reading } from './proxies.js';

/** What a deployment would do now. Changes nothing: it only reads. */
export async function plan({ app, release, strategy, commit, adopt }: PlanInput): Promise<PlanDocument> {
  const seen = await reading.preview({
    app,
    // No deployment has this name: what it owns is the application's.
    deployment: `${app}-plan`,
    release,
    adopt,
    repair: strategy === 'QUICK_SYNC',
  });
  const planned = planDeployment(release, strategy, { ...seen, log: [] }, commit?.message);
  const warnings = release.warnings.map(({ message, field }) => (field ? `${field}: ${message}` : message));
  return planDocument({ app, release, ...(commit && { commit: commit.hash }) }, planned, seen, warnings);
}
