import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openStore } from '../../activities/archive/open.js';
import type { ArchiveStore } from '../../activities/archive/store.js';
import { examineArchive } from '../../activities/doctor/archive.js';
import type { S3Place } from '../../config/server.js';
import { keepsTheContract } from '../archive/store-contract.js';
import { ACCOUNT, REGION, startEmptyMoto } from './moto.js';

const { url, server } = await startEmptyMoto();
const Bucket = 'acme-sluice';
const PLACE: S3Place = { region: REGION, bucket: Bucket, prefix: 'sluice/production', pathStyle: true };
const client = new S3Client({
  region: REGION,
  endpoint: url,
  forcePathStyle: true,
  credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'moto' },
});
let store: ArchiveStore;

beforeAll(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', ACCOUNT);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'moto');
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  store = await openStore({ s3: PLACE });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.kill();
});
beforeEach(async () => {
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) return;
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
  }
});

keepsTheContract(() => store);

test('is a file under the prefix, of the type that its name says', async () => {
  await store.write('web/01~a', Buffer.from('x'));
  const object = await client.send(new HeadObjectCommand({ Bucket, Key: 'sluice/production/web/01~a' }));
  expect(object).toMatchObject({ ContentType: 'application/gzip', ContentLength: 1 });
  expect(object.ContentEncoding).toBeUndefined();
  expect(store.place).toBe('s3://acme-sluice/sluice/production');
});

test('what is not ours is not listed, and without a prefix the names are the keys', async () => {
  const keys = ['README', 'web/01~a', 'web/', 'web/deep/er', 'sluice/production2/x', 'sluice/production/README'];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  expect(await store.list('')).toEqual([]);
  const root = await openStore({ s3: { region: REGION, bucket: Bucket, pathStyle: true } });
  expect(await root.list('')).toEqual(['web/01~a']);
  expect(String(await root.read('web/01~a'))).toBe('x');
  expect(root.place).toBe('s3://acme-sluice');
});

test('a bucket that is not there is said to be missing, and is no absent file', async () => {
  const lost = await openStore({ s3: { ...PLACE, bucket: 'acme-lost' } });
  const said = (what: string) =>
    expect.stringMatching(
      new RegExp(
        `^The bucket acme-lost \\(${REGION}\\) cannot ${what}: NoSuchBucket: .* Make it, or mend spec.archive.s3.bucket.$`,
      ),
    ) as string;
  await expect(lost.list('')).rejects.toMatchObject({ message: said('be listed') });
  await expect(lost.read('web/01~a')).rejects.toMatchObject({ message: said('give web/01~a') });
  await expect(lost.write('web/01~a', Buffer.from('x'))).rejects.toMatchObject({ message: said('take web/01~a') });
});

test('the doctor asks it, and writes nothing', async () => {
  expect(await examineArchive({ s3: PLACE })).toEqual([
    {
      name: 'archive',
      ok: true,
      detail:
        's3://acme-sluice/sluice/production can be listed and read. Whether it can be written is not known: nothing is written to it.',
    },
  ]);
  expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  const [lost] = await examineArchive({ s3: { ...PLACE, bucket: 'acme-lost' } });
  expect(lost).toMatchObject({ name: 'archive', ok: false, detail: expect.stringContaining('NoSuchBucket') as string });
});
