import type { Json, JsonObject } from '../../model/json.js';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the file leaves out, AWS fills in; so each side's empty values are the same. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function same(wanted: Json, found: unknown): boolean {
  if (isEmpty(wanted) && isEmpty(found)) return true;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return false;
    // The order of subnets, security groups and constraints says nothing.
    const left: unknown[] = [...(found as unknown[])];
    return wanted.every((one) => {
      const at = left.findIndex((other) => same(one, other));
      if (at < 0) return false;
      left.splice(at, 1);
      return true;
    });
  }
  if (isObject(wanted)) {
    return isObject(found) && Object.entries(wanted).every(([field, value]) => same(value, found[field]));
  }
  if ((wanted === false || wanted === 0) && found === undefined) return true;
  return wanted === found;
}

/** What AWS answers otherwise than it is written: `LATEST` as the number it stands for, tags of nobody not at all. */
function isAnsweredOtherwise(field: string, wanted: Json | undefined, found: unknown): boolean {
  if (field === 'platformVersion') return wanted === 'LATEST';
  return field === 'propagateTags' && wanted === 'NONE' && found === undefined;
}

/** The fields of the file that are not as AWS has them. What AWS has and the file does not name is no difference. */
export function differingFields(wanted: JsonObject, found: Record<string, unknown>): string[] {
  return Object.entries(wanted)
    .filter(([field, value]) => !isAnsweredOtherwise(field, value, found[field]) && !same(value, found[field]))
    .map(([field]) => field);
}
