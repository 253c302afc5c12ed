import { z } from 'zod';
import { check } from '../document/check.js';
import type { Path, SourceDocument } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';
import { datadogProvider, datadogSchema } from './analysis-provider.js';
import { ecsProvider, ecsProviderSchema } from './ecs-provider.js';
import { emptyPart, name, notNeeded } from './part.js';
import type { ConfigPart } from './part.js';

const provider = z.object({
  name,
  type: name,
  config: z.unknown().optional(),
});

const schema = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.literal('Piped'),
  spec: z.object({
    platformProviders: z.array(provider).optional(),
    cloudProviders: z.array(provider).optional(),
    analysisProviders: z.array(provider).optional(),
  }),
});

/**
 * Reads a Piped document (pipecd.md §1.6): its ECS providers and Datadog sources. Everything else configures PipeCD's own agent
 * and is reported as not needed; so are metrics sources of kinds that Sluice cannot ask yet.
 */
export function readPiped(document: SourceDocument, findings: Finding[]): ConfigPart {
  const part = emptyPart();
  const checked = check(schema, document, undefined, [], {
    tolerates: (path) => part.notNeeded.push(notNeeded(document, path)) > 0,
  });
  findings.push(...checked.findings);
  const spec = checked.value?.spec;
  if (!spec) return part;

  const skipped = (path: Path, type: string): void => {
    part.notNeeded.push(`${notNeeded(document, path)} (type ${type} is not supported yet)`);
  };
  for (const list of ['cloudProviders', 'platformProviders'] as const) {
    for (const [i, { name, type, config }] of (spec[list] ?? []).entries()) {
      const path = ['spec', list, i];
      const at = [...path, 'config'];
      if (type.toUpperCase() !== 'ECS') {
        skipped(path, type);
        continue;
      }
      const fields = check(ecsProviderSchema, document, config ?? {}, at);
      findings.push(...fields.findings);
      if (fields.value) part.ecsProviders.push(ecsProvider(document, at, name, fields.value, findings));
    }
  }
  for (const [i, { name, type, config }] of (spec.analysisProviders ?? []).entries()) {
    const path = ['spec', 'analysisProviders', i];
    const at = [...path, 'config'];
    if (type.toUpperCase() !== 'DATADOG') {
      skipped(path, type);
      continue;
    }
    const fields = check(datadogSchema, document, config ?? {}, at);
    findings.push(...fields.findings);
    const read = fields.value && datadogProvider(document, at, name, fields.value, findings);
    if (read) part.analysisProviders.push(read);
  }
  return part;
}
