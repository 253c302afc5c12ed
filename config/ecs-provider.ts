import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { besides, name } from './part.js';
import type { AwsAccess, EcsProvider } from './server.js';

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

/** The provider that these fields make; says what does not fit together. */
export function ecsProvider(
  reader: Reader,
  path: Path,
  providerName: string,
  fields: z.output<typeof ecsProviderSchema>,
): EcsProvider {
  return { name: providerName, ...awsAccess(reader, path, fields) };
}

/** The access to AWS that these fields make; says what does not fit together. */
export function awsAccess(reader: Reader, path: Path, fields: z.output<typeof ecsProviderSchema>): AwsAccess {
  const { region, profile, credentialsFile, roleARN, tokenFile, externalId } = fields;
  if (roleARN === undefined) {
    for (const [field, value] of Object.entries({ tokenFile, externalId })) {
      if (value === undefined) continue;
      reader.error([...path, field], `${field} is used only to assume a role`, 'Add roleARN.');
    }
  }
  return {
    region,
    ...written({
      profile,
      credentialsFile: credentialsFile && besides(reader, credentialsFile),
      roleArn: roleARN,
      tokenFile: tokenFile && besides(reader, tokenFile),
      externalId,
    }),
  };
}
