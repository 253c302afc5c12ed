import { z } from 'zod';
import { findingAt } from '../document/check.js';
import { written } from '../document/written.js';
import type { Path, SourceDocument } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';
import { besides, name } from './part.js';
import type { EcsProvider } from './server.js';

/** The fields of a provider of type ECS: PipeCD's, and `externalId`. */
export const ecsProviderFields = {
  region: name,
  profile: name.optional(),
  credentialsFile: name.optional(),
  roleARN: name.optional(),
  tokenFile: name.optional(),
  externalId: name.optional(),
};

export const ecsProviderSchema = z.object(ecsProviderFields);

/** The provider that these fields make; adds what does not fit together to the findings. */
export function ecsProvider(
  document: SourceDocument,
  path: Path,
  providerName: string,
  fields: z.output<typeof ecsProviderSchema>,
  findings: Finding[],
): EcsProvider {
  const { region, profile, credentialsFile, roleARN, tokenFile, externalId } = fields;
  if (roleARN === undefined) {
    for (const [field, value] of Object.entries({ tokenFile, externalId })) {
      if (value === undefined) continue;
      const at = [...path, field];
      findings.push(findingAt(document, at, 'error', `${field} is used only to assume a role`, 'Add roleARN.'));
    }
  }
  return {
    name: providerName,
    region,
    ...written({
      profile,
      credentialsFile: credentialsFile && besides(document, credentialsFile),
      roleArn: roleARN,
      tokenFile: tokenFile && besides(document, tokenFile),
      externalId,
    }),
  };
}
