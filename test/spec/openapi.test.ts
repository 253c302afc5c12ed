import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../spec/openapi.js';

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
  security?: unknown[];
}

const document = openApiDocument('1.2.3') as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('has every route of the contract that exists', () => {
    expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual([
      'DELETE /api/v1/session',
      'GET /api/v1/applications',
      'GET /api/v1/applications/{app}',
      'GET /api/v1/applications/{app}/task-sets',
      'GET /api/v1/chains',
      'GET /api/v1/chains/{id}',
      'GET /api/v1/deployments',
      'GET /api/v1/deployments/{id}',
      'GET /api/v1/deployments/{id}/events',
      'GET /api/v1/deployments/{id}/log',
      'GET /api/v1/deployments/{id}/measurements',
      'GET /api/v1/doctor',
      'GET /api/v1/encryption-key',
      'GET /api/v1/events',
      'GET /api/v1/events/{id}',
      'GET /api/v1/insights',
      'GET /api/v1/live/applications',
      'GET /api/v1/repositories',
      'GET /api/v1/session',
      'GET /healthz',
      'GET /metrics',
      'GET /openapi.json',
      'GET /readyz',
      'POST /api/v1/applications/{app}/deployments',
      'POST /api/v1/applications/{app}/drift',
      'POST /api/v1/applications/{app}/hold',
      'POST /api/v1/applications/{app}/release',
      'POST /api/v1/applications/{app}/rename',
      'POST /api/v1/applications/{app}/rollback',
      'POST /api/v1/chains/{id}/cancel',
      'POST /api/v1/deployments/{id}/approve',
      'POST /api/v1/deployments/{id}/cancel',
      'POST /api/v1/deployments/{id}/pause',
      'POST /api/v1/deployments/{id}/reject',
      'POST /api/v1/deployments/{id}/resume',
      'POST /api/v1/deployments/{id}/rollback',
      'POST /api/v1/deployments/{id}/skip',
      'POST /api/v1/events',
      'POST /api/v1/plan',
      'POST /api/v1/repositories/{repoId}/sync',
      'POST /api/v1/session',
      'POST /api/v1/webhooks/{repoId}',
    ]);
  });

  it('resolves each of its references', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
    expect(names.length).toBeGreaterThan(0);
    for (const ref of names) {
      const [, components, schemas, name] = ref.split('/');
      expect([components, schemas]).toEqual(['components', 'schemas']);
      expect(document.components.schemas).toHaveProperty(name!);
    }
  });

  it('names each operation once and declares each variable of its path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name, required }) => [name, required])).toEqual(variables.map((name) => [name, true]));
    }
  });

  it('makes requests from the schemas that check them', () => {
    const start = document.paths['/api/v1/applications/{app}/deployments']!['post']!;
    const { schema } = start.requestBody!.content['application/json']!;
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(schema['properties']).toMatchObject({
      strategy: { enum: ['AUTO', 'QUICK_SYNC', 'PIPELINE'], default: 'AUTO' },
      image: { anyOf: [{ type: 'string' }, { type: 'object' }] },
    });
    const list = document.paths['/api/v1/deployments']!['get']!;
    expect(list.parameters!.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    });
  });

  it('answers problems as problem+json, and the stream as events', () => {
    for (const { operation } of operations) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) >= 400) expect(Object.keys(content!)).toEqual(['application/problem+json']);
      }
    }
    const events = document.paths['/api/v1/deployments/{id}/events']!['get']!;
    expect(Object.keys(events.responses['200']!.content!)).toEqual(['text/event-stream']);
  });

  it('needs a key but where the contract says none', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path);
    expect([...new Set(open)].sort()).toEqual([
      '/api/v1/session',
      '/api/v1/webhooks/{repoId}',
      '/healthz',
      '/openapi.json',
      '/readyz',
    ]);
    for (const { operation } of operations) {
      if (operation.security?.length !== 0) expect(operation.responses).toHaveProperty('401');
    }
  });

  it('carries the version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  });
});
