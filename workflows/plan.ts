import { planDeployment, planTask } from '../model/plan.js';
import { planDocument, taskPlanDocument } from '../model/plan-preview.js';
import type { PlanDocument } from '../model/plan-preview.js';
import { isTask } from '../model/release.js';
import type { PlanInput } from './messages.js';
import { reading } from './proxies.js';

/** What a deployment would do now. Changes nothing: it only reads. */
export async function plan({ app, release, strategy, commit, adopt }: PlanInput): Promise<PlanDocument> {
  const warnings = release.warnings.map(({ message, field }) => (field ? `${field}: ${message}` : message));
  const about = { app, ...(commit && { commit: commit.hash }) };
  if (isTask(release)) {
    const found = await reading.inspectTask({ app, deployment: `${app}-plan`, release });
    return taskPlanDocument({ ...about, release }, planTask(release, strategy, commit?.message), found, warnings);
  }
  const seen = await reading.preview({
    app,
    // No deployment has this name: what it owns is the application's.
    deployment: `${app}-plan`,
    release,
    adopt,
    repair: strategy === 'QUICK_SYNC',
  });
  const planned = planDeployment(release, strategy, { ...seen, log: [] }, commit?.message);
  return planDocument({ ...about, release }, planned, seen, warnings);
}
