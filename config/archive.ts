import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import { awsAccess, ecsProviderFields } from './ecs-provider.js';
import { s3IsElsewhere } from './environment.js';
import { besides, name } from './part.js';
import type { ArchivePlace } from './server.js';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The fields of a bucket: those of an ECS provider, and which bucket. */
export const s3Fields = {
  ...ecsProviderFields,
  bucket: name.regex(BUCKET, { error: 'must be the name of a bucket, such as acme-sluice: no ARN, no address' }),
  prefix: name.optional(),
};

export const archiveFields = z.object({ folder: name.optional(), s3: z.object(s3Fields).optional() });

/** Where the archive is; undefined, with a finding, unless exactly one place is named. */
export function readArchivePlace(
  reader: Reader,
  { folder, s3 }: z.output<typeof archiveFields>,
): ArchivePlace | undefined {
  const path = ['spec', 'archive'];
  if (folder !== undefined && s3 !== undefined) {
    reader.error([...path, 's3'], 'folder and s3 are given both', 'Keep one of them: the archive is in one place.');
    return undefined;
  }
  if (folder !== undefined) return { folder: besides(reader, folder) };
  if (s3 !== undefined) {
    return {
      s3: {
        ...awsAccess(reader, [...path, 's3'], s3),
        bucket: s3.bucket,
        ...written({ prefix: s3.prefix?.replace(/^\/+|\/+$/g, '') || undefined }),
        pathStyle: s3IsElsewhere(),
      },
    };
  }
  reader.error(path, 'neither folder nor s3 is given', 'Write one of them, or delete archive.');
  return undefined;
}
