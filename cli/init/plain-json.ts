import type { Json, JsonObject } from '../../model/json.js';

/** An answer of AWS as people would write it: without what is not set, and without the empty lists and maps of which it has many. */
export function plainJson(value: Readonly<Record<string, unknown>>): JsonObject {
  const members = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
    const plain = plainValue(item);
    return plain === undefined ? [] : [[key, plain]];
  });
  return Object.fromEntries(members);
}

function plainValue(value: unknown): Json | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const items = value.map(plainValue).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const members = plainJson(value as Readonly<Record<string, unknown>>);
  return Object.keys(members).length > 0 ? members : undefined;
}
