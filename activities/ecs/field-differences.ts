import type { JsonObject } from '../../model/json.js';
import type { Difference } from '../../model/plan-preview.js';
import { differencesOf } from './differences.js';
import { differingFields } from './same-fields.js';

/** The fields of the file that are not as AWS has them, leaf by leaf; what the file does not name is AWS's. */
export function fieldDifferences(wanted: JsonObject, found: Record<string, unknown>): Difference[] {
  return differingFields(wanted, found).flatMap((field) =>
    differencesOf({ [field]: found[field] }, { [field]: wanted[field] }),
  );
}

/** A definition without its tags, which are no content. */
export function withoutTags(definition: object): object {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => field !== 'tags'));
}
