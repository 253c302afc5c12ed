import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Client } from '@temporalio/client';
import { afterAll, expect, test, vi } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { filesOf, shopOf, worldOf } from '../e2e/shop.js';
import { useStack } from '../e2e/stack.js';
import { until } from '../support/processes.js';
import { ACCOUNT, REGION, startEmptyMoto } from './moto.js';

const { url, server } = await startEmptyMoto();
// The processes have S3 of moto, and all else of the sandbox.
vi.stubEnv('AWS_ENDPOINT_URL_S3', url);
const Bucket = 'acme-sluice';
const s3 = new S3Client({ region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'moto' } });
await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));

const stack = useStack({
  world: worldOf(['kept']),
  more: { archive: { s3: { bucket: Bucket, prefix: 'e2e', region: REGION } } },
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.kill();
});

test('a deployment that Temporal has forgotten answers from the bucket', { timeout: 3 * MINUTE }, async () => {
  const { temporal, deploy, ends, document, log } = stack();
  const id = await deploy('kept', filesOf(shopOf('kept')));
  expect((await ends(id)).status).toBe('SUCCEEDED');
  const keys = async () => (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key) ?? [];
  await until('it to be archived', async () => (await keys()).length > 0);
  expect(await keys()).toEqual([expect.stringMatching(/^e2e\/kept\/0000000001~.*~SUCCEEDED\.ndjson\.gz$/)]);

  const client = new Client({ connection: await temporal() });
  const workflow = client.workflow.getHandle(`deployment:${id}`);
  await until('it to be closed', async () => (await workflow.describe()).status.name === 'COMPLETED');
  const before = { document: await document(id), log: await log(id) };
  expect(before.log.length).toBeGreaterThan(0);
  await client.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `deployment:${id}` },
  });
  await until('Temporal to forget it', () =>
    workflow.describe().then(
      () => false,
      () => true,
    ),
  );
  await client.connection.close();
  expect(await document(id)).toEqual(before.document);
  expect(await log(id)).toEqual(before.log);
});
