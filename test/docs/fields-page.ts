import { environmentSchema, serverSchema } from '../../config/described-server.js';
import type { JsonSchema } from '../../document/described.js';
import { applicationSchema } from '../../spec/described-application.js';

type Definition = 'input' | 'stage' | 'metric' | 'httpCheck' | 'fromTemplate';

/** `docs/fields.md`: every field that people may write, from the schemas that read them. */
export function fieldsPage(): string {
  const application = applicationSchema();
  const server = serverSchema();
  const { input, stage, metric, httpCheck, fromTemplate } = application['definitions'] as Record<
    Definition,
    JsonSchema
  >;
  const spec = property(application, 'spec');
  const serverSpec = property(server, 'spec');
  return `${[
    '# Fields',
    [
      'Made by `npm run docs` from the schemas that read the files. What is written `[]` is a list. A *duration* is `30s`, `10m` or `1h30m`;',
      'a *percentage* is `20`, `"20"` or `"20%"`. Names are taken in any case, as in PipeCD. A field that is not here is a mistake, and is said to be one.',
      'In an editor: [schema/README.md](schema/README.md).',
    ].join('\n'),
    '## app.pipecd.yaml',
    table(application, { skip: ['spec'] }),
    '### spec',
    table(spec, { skip: ['input', 'pipeline.stages[]'] }),
    '### spec.input',
    'Of `kind: Application` it is `spec.plugins.ecs.input`.',
    table(input),
    '### spec.pipeline.stages[]',
    table(stage),
    ...casesOf(stage).flatMap(([name, then]) => {
      const written = property(then, 'with');
      const fields = Object.keys(written.properties ?? {});
      return [
        `#### ${name}`,
        fields.length === 0 ? 'Nothing in `with`.' : table(written, { prefix: 'with.', skip: ['with.skipOn'] }),
      ];
    }),
    '### metrics[] of an ANALYSIS',
    table(metric),
    '### https[] of an ANALYSIS',
    table(httpCheck),
    '### An item that takes its fields from a template',
    table(fromTemplate),
    '## Server configuration (kind: Sluice)',
    table(server, { skip: ['spec'] }),
    '### spec of the server',
    table(serverSpec, { skip: ['analysisProviders[]'] }),
    ...casesOf(property(serverSpec, 'analysisProviders')['items'] as JsonSchema).flatMap(([type, fields]) => [
      `### analysisProviders[] of type ${type}`,
      table(fields),
    ]),
    '## Environment variables',
    'Beside Temporal’s own (`TEMPORAL_ADDRESS`, …) and the AWS SDK’s (`AWS_REGION`, …).',
    table(environmentSchema()),
  ].join('\n\n')}\n`;
}

/** What stands under `if: {properties: {FIELD: {const}}}`. */
function casesOf(schema: JsonSchema): [value: string, then: JsonSchema][] {
  return (schema['allOf'] as { if: { properties: Record<string, { const: string }> }; then: JsonSchema }[]).map(
    ({ if: { properties }, then }) => [Object.values(properties)[0]!.const, then],
  );
}

function property(schema: JsonSchema, name: string): JsonSchema {
  const found = schema.properties?.[name];
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

interface TableOptions {
  prefix?: string;
  /** Fields whose own fields stand elsewhere. */
  skip?: string[];
}

function table(schema: JsonSchema, options: TableOptions = {}): string {
  const rows = rowsOf(schema, options.prefix ?? '', options.skip ?? []);
  return ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(schema: JsonSchema, prefix: string, skip: readonly string[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const items = field['items'] as JsonSchema | undefined;
    const inner = items ?? field;
    const path = `${prefix}${name}${items?.properties ? '[]' : ''}`;
    const cells = [`\`${path}\``, typeOf(field), defaultOf(schema, name), field.description ?? ''];
    const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    return [row, ...(skip.includes(path) || skip.includes(`${path}[]`) ? [] : rowsOf(inner, `${path}.`, skip))];
  });
}

function defaultOf({ properties, required }: JsonSchema, name: string): string {
  if (required?.includes(name)) return '**required**';
  const value = properties?.[name]?.default;
  return value === undefined ? '' : `\`${String(value)}\``;
}

function typeOf(schema: JsonSchema): string {
  const { title, type, enum: values, const: only, items, properties, additionalProperties } = schema;
  if (title !== undefined) return title;
  if (values !== undefined) return (values as string[]).map((value) => `\`${value}\``).join(', ');
  if (only !== undefined) return `\`${String(only)}\``;
  if (items !== undefined) {
    const { properties: fields, if: chosen, $ref: named } = items as JsonSchema;
    return fields || chosen || named ? 'list' : `list of ${typeOf(items as JsonSchema)}s`;
  }
  if (type === 'object' && !properties && typeof additionalProperties === 'object') return 'map';
  if (Array.isArray(type)) return type.includes('boolean') ? 'string' : type.join(' or ');
  return typeof type === 'string' ? type : 'any';
}
