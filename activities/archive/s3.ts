import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { ARCHIVE_COMMANDS } from '../aws/commands.js';
import { credentialsOf, TIME_OUTS } from '../aws/credentials.js';
import { isNotFound, isStale, kindOf } from '../aws/errors.js';
import { withinLimit } from '../doctor/time-limit.js';
import { s3Failure } from './s3-failure.js';
import type { ArchiveStore } from './store.js';

/** For one call with its tries and the whole of the body, which the client's own time-outs do not see. */
const CALL_LIMIT = 30 * SECOND;
/** `<app>/<file>`: what else lies under the prefix is somebody else's. */
const OURS = /^[^/]+\/[^/]+$/;

/**
 * The archive in a bucket. S3 shows an object wholly or not at all, and at once to everybody. Writing is sent again when its answer
 * is lost: the same name again is the same file.
 */
export function s3Store(place: S3Place): ArchiveStore {
  const { bucket, prefix } = place;
  const beginning = prefix === undefined ? '' : `${prefix}/`;
  let open: S3Client | undefined;

  async function call<T>(
    command: keyof typeof ARCHIVE_COMMANDS,
    what: string,
    work: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const client = (open ??= connect(place));
    try {
      return await withinLimit(CALL_LIMIT, (abortSignal) => work(client, { abortSignal }));
    } catch (error) {
      // A client keeps credentials that have no end: mended ones are seen by a new client alone.
      if ((kindOf(error) === 'credentials' || isStale(error)) && open === client) open = undefined;
      throw s3Failure(error, place, { what, action: ARCHIVE_COMMANDS[command].action });
    }
  }

  return {
    place: `s3://${[bucket, ...(prefix === undefined ? [] : [prefix])].join('/')}`,
    async list(named) {
      const names: string[] = [];
      let next: string | undefined;
      do {
        const token = next;
        const page = await call('ListObjectsV2', 'be listed', (client, options) =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: `${beginning}${named}`,
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            options,
          ),
        );
        for (const { Key = '' } of page.Contents ?? []) {
          const name = Key.slice(beginning.length);
          if (OURS.test(name)) names.push(name);
        }
        next = page.NextContinuationToken;
      } while (next !== undefined);
      return names;
    },
    read: (name) =>
      call('GetObject', `give ${name}`, async (client, options) => {
        try {
          const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: beginning + name }), options);
          const bytes = await object.Body?.transformToByteArray();
          return Buffer.from(bytes ?? []);
        } catch (error) {
          if (isNotFound(error, 'NoSuchKey')) return undefined;
          throw error;
        }
      }),
    write: (name, bytes) =>
      call('PutObject', `take ${name}`, async (client, options) => {
        await client.send(
          // The bytes are a gzip file's, as its name says: with a Content-Encoding some clients would unpack it under that name.
          new PutObjectCommand({ Bucket: bucket, Key: beginning + name, Body: bytes, ContentType: 'application/gzip' }),
          options,
        );
      }),
  };
}

function connect(place: S3Place): S3Client {
  return new S3Client({
    region: place.region,
    credentials: credentialsOf(place, 'archive'),
    requestHandler: TIME_OUTS,
    maxAttempts: 3,
    forcePathStyle: place.pathStyle,
  });
}
