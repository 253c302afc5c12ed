import type { JsonObject } from '../../model/json.js';
import type { Difference, Preview } from '../../model/plan-preview.js';
import type { PreflightInput } from '../delivery.js';
import type { Run } from '../run.js';
import { differencesOf } from './differences.js';
import { preflight } from './preflight.js';
import { differingFields } from './same-fields.js';
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
      : differencesOf(withoutTags(old), withoutTags(wanted), release.taskDefinition.secretFields),
    service: [
      ...(service ? fieldsOf(release.service.updateService, service) : []),
      ...(primary ? fieldsOf(release.service.createTaskSet, primary.createTaskSet) : []),
    ],
  };
}

function withoutTags(definition: object): object {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => field !== 'tags'));
}

/** The fields of the file that are not as AWS has them; what the file does not name is AWS's. */
function fieldsOf(wanted: JsonObject, found: Record<string, unknown>): Difference[] {
  return differingFields(wanted, found).flatMap((field) =>
    differencesOf({ [field]: found[field] }, { [field]: wanted[field] }),
  );
}
