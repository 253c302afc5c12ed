import { z } from 'zod';
import type { Path } from './yaml.js';

/** What the walk tells of: keys that the schema does not know, keys given twice in different case, and each leaf with its schema. */
export interface KeyVisitor {
  unknown(path: Path, known: readonly string[]): void;
  twice(path: Path, canonical: string): void;
  leaf(path: Path, schema: z.core.$ZodType, value: unknown): void;
}

/**
 * Gives the value with the schema's own spelling of each key, as Go's JSON reader would match them (in any case, pipecd.md §1.0).
 * Null counts as not written, also as in Go. Keys that the schema does not know are left out and told to the visitor.
 */
export function matchKeys(schema: z.core.$ZodType, value: unknown, path: Path, visitor: KeyVisitor): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject && isObject(value)) return matchObject(inner, value, path, visitor);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const { element } = inner;
    return value.map((item, i) => matchKeys(element, item, [...path, i], visitor));
  }
  if (inner instanceof z.ZodRecord && isObject(value)) {
    const { valueType } = inner;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== null)
        .map(([key, item]) => [key, matchKeys(valueType, item, [...path, key], visitor)]),
    );
  }
  visitor.leaf(path, inner, value);
  return value;
}

function matchObject(schema: z.ZodObject, value: Record<string, unknown>, path: Path, visitor: KeyVisitor): unknown {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const known = Object.keys(shape);
  const spelling = new Map(known.map((key) => [key.toLowerCase(), key]));
  const found = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    const canonical = spelling.get(key.toLowerCase());
    if (canonical === undefined) {
      visitor.unknown([...path, key], known);
      continue;
    }
    if (found.has(canonical)) visitor.twice([...path, key], canonical);
    const child = shape[canonical];
    if (item === null || !child) continue;
    found.set(canonical, matchKeys(child, item, [...path, canonical], visitor));
  }
  return Object.fromEntries(found);
}

/** The schema inside optional, default and transform; those are kept apart that a leaf is known by (a transform of its own). */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrap(schema.unwrap());
  }
  if (schema instanceof z.ZodPipe && unwrap(schema.in) instanceof z.ZodObject) return unwrap(schema.in);
  return schema;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
