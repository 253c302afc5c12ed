import { z } from 'zod';
import { duration, percentage } from './scalars.js';

/** A JSON Schema of draft 7: what the YAML servers of editors read best. */
export interface JsonSchema {
  [keyword: string]: unknown;
  title?: string;
  description?: string;
  default?: string | number | boolean;
  const?: string | number | boolean;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

/** What a field means, in one line, and what no zod schema tells. */
export interface Note {
  means: string;
  /** What stands when the field is left out. */
  default?: string | number | boolean | undefined;
  /** The reader refuses a file without it, though its schema does not. */
  required?: true;
  /** Its schema, where the field is read by itself or its own says too little. */
  is?: JsonSchema;
}

type Core<T> = T extends z.ZodOptional<infer I> ? Core<I> : T extends z.ZodArray<infer E> ? Core<E> : T;

/**
 * A note for each field of a shape, no more and no less: a field that comes or goes is an error of types here. Null leaves out a field that
 * is read only to be refused.
 */
export type Notes<Shape> = {
  [K in keyof Shape]:
    | null
    | (Core<Shape[K]> extends z.ZodObject<infer Inner>
        ? (Note & { fields: Notes<Inner> }) | (Note & { is: JsonSchema })
        : string | Note);
};

type AnyNote = null | string | (Note & { fields?: Record<string, AnyNote> });

/** What people write for a duration or a percentage: neither schema tells it, since both check by code. */
const SCALARS = new Map<z.ZodType, JsonSchema>([
  [
    duration,
    {
      title: 'duration',
      type: ['string', 'number'],
      patternErrorMessage: 'A duration is written like 90s, 10m or 1h30m.',
      pattern: String.raw`^\s*\+?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)\s*$`,
    },
  ],
  [
    percentage,
    {
      title: 'percentage',
      type: ['integer', 'string'],
      minimum: 0,
      maximum: 100,
      pattern: String.raw`^\d+%?$`,
      patternErrorMessage: 'A share is written like 20 or 20%.',
    },
  ],
]);

/** The JSON Schema of an object, with what its fields mean. A key that it does not know is a mistake, as it is for the reader. */
export function described<Shape extends z.core.$ZodShape>(
  { shape }: z.ZodObject<Shape>,
  notes: Notes<Shape>,
): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(shape as unknown as Record<string, z.ZodType>)) {
    const note = (notes as Record<string, AnyNote>)[name];
    if (note === undefined || note === null) continue;
    const { means, ...more }: Exclude<AnyNote, null | string> = typeof note === 'string' ? { means: note } : note;
    const { title, ...rest } = schemaOf(field, more);
    properties[name] = {
      ...(title !== undefined && { title }),
      description: means,
      ...rest,
      ...(more.default !== undefined && { default: more.default }),
    };
    if (more.required ?? !field.safeParse(undefined).success) required.push(name);
  }
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function schemaOf(field: z.ZodType, note: Pick<AnyNote & object, 'is' | 'fields'>): JsonSchema {
  if (field instanceof z.ZodOptional) return schemaOf(field.unwrap() as z.ZodType, note);
  if (note.is) return note.is;
  if (note.fields && field instanceof z.ZodArray) {
    return { ...converted(field), items: schemaOf(field.element as z.ZodType, note) };
  }
  if (note.fields && field instanceof z.ZodObject) return described(field, note.fields);
  return SCALARS.get(field) ?? converted(field);
}

function converted(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  delete made['$schema'];
  return made;
}
