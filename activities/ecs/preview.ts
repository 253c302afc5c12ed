import type { Preview } from '../../model/plan-preview.js';
import type { PreflightInput } from '../delivery.js';
import type { Run } from '../run.js';
import { differencesOf, secretFieldsOf } from './differences.js';
import { fieldDifferences, withoutTags } from './field-differences.js';
import { preflight } from './preflight.js';
import { readService } from './service.js';
import { openDefinition, type Secrets } from './task-definition.js';

/** Looks at AWS for a plan: what the preflight sees, and in what the files differ from what runs. Reads only. */
export async function preview(run: Run, input: PreflightInput, secrets: Secrets): Promise<Preview> {
  const { release } = input;
  const { snapshot, problems, warnings, firstDeployment, unchanged, running, peakTasks } = await preflight(
    run,
    input,
    secrets,
  );
  const seen = { problems, warnings, firstDeployment, unchanged, peakTasks, ...(running && { running }) };
  if (!snapshot) return { ...seen, exists: false, rules: 0, taskDefinition: [], service: [] };
  const { primary, rules } = snapshot;
  const wanted = openDefinition(release.taskDefinition, secrets);
  const old = primary ? openDefinition(primary.taskDefinition, secrets) : {};
  const isSame = primary !== undefined && primary.taskDefinition.content === release.taskDefinition.content;
  const service = await readService(run, release.service);
  return {
    ...seen,
    exists: service !== undefined,
    rules: rules.length,
    taskDefinition: isSame
      ? []
      : differencesOf(withoutTags(old), withoutTags(wanted), {
          secretFields: secretFieldsOf(release.taskDefinition, primary?.taskDefinition),
        }),
    service: [
      ...(service ? fieldDifferences(release.service.updateService, service) : []),
      ...(primary ? fieldDifferences(release.service.createTaskSet, primary.createTaskSet) : []),
    ],
  };
}
