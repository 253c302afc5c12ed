import { z } from 'zod';
import { ROUTES, SCHEMAS } from './http-routes.js';
import type { Route } from './http-routes.js';
import { APP_NAME, DEPLOYMENT_ID, REPOSITORY_ID } from './http.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The query string, a header or the JSON itself does not fit.',
  401: 'The key is missing, unknown or expired.',
  403: 'The key’s role does not allow this.',
  404: 'There is no such thing.',
  409: 'The state does not allow this; the detail says why and what does work.',
  413: 'The body is larger than 1 MiB.',
  415: 'The body is not JSON.',
  422: 'What was sent has mistakes; findings name file, line and field.',
  503: 'Temporal or every worker is away; nothing is wrong with the request.',
};

/** What stands in a path. */
const PATTERNS = { app: APP_NAME, id: DEPLOYMENT_ID, repoId: REPOSITORY_ID };

/** The OpenAPI 3.1 document of the HTTP API, made from the schemas that check its requests. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = route.root ? route.path : `/api/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'Progressive delivery for Amazon ECS. Errors are application/problem+json (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema, 'output')]),
      ),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key. Viewers read; deployers also change.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'sluice_session',
          description: 'The page’s cookie; changes that come with it need the header Sluice-Request: 1.',
        },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const statuses = [
    ...route.problems,
    ...(route.role === 'none' ? [] : [401]),
    ...(route.role === 'deployer' ? [403] : []),
  ];
  const responses: Record<string, unknown> = {};
  for (const [status, { description, schema, media }] of Object.entries(route.answers)) {
    const content = schema ? json(reference(schema)) : media && { [media]: { schema: { type: mediaType(media) } } };
    responses[status] = { description, ...(content && { content }) };
  }
  for (const status of [...new Set(statuses)].sort((a, b) => a - b)) {
    const content = { 'application/problem+json': { schema: reference('Problem') } };
    responses[String(status)] = { description: PROBLEMS[status], content };
  }
  const parameters = [...pathParameters(route.path), ...queryParameters(route.query), ...headerParameters(route)];
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.role === 'none' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: json(jsonSchema(route.body, 'input')) } }),
    responses,
  };
}

function mediaType(media: string): 'object' | 'string' {
  return media === 'application/json' ? 'object' : 'string';
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^a-z]+/).filter(Boolean);
  return [method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: PATTERNS[name as keyof typeof PATTERNS].source },
  }));
}

function queryParameters(query: z.ZodObject | undefined): unknown[] {
  if (!query) return [];
  const { properties = {}, required = [] } = jsonSchema(query, 'input');
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function headerParameters({ headers = [] }: Route): unknown[] {
  return headers.map(({ name, description }) => ({ name, in: 'header', description, schema: { type: 'string' } }));
}

function json(schema: unknown): Record<string, unknown> {
  return { 'application/json': { schema } };
}

function reference(name: keyof typeof SCHEMAS): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** JSON Schema 2020-12, the dialect of OpenAPI 3.1, which therefore needs no `$schema`. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const converted = z.toJSONSchema(schema, { io });
  delete converted.$schema;
  return converted;
}
