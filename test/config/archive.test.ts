import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { load, refusal, sluice, temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());
afterEach(() => vi.unstubAllEnvs());

const archiveOf = async (spec: string) => (await load(folder, [sluice(spec)])).archive;

it('is a folder of SLUICE_DATA, or one beside the configuration', async () => {
  expect(await archiveOf('apiKeys: []')).toEqual({ folder: `${folder}/data/archive` });
  expect(await archiveOf('archive: {folder: kept}')).toEqual({ folder: `${folder}/kept` });
});

it('is a bucket, with the access of an ECS provider', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  vi.stubEnv('AWS_ENDPOINT_URL_S3', '');
  expect(await archiveOf('archive: {s3: {bucket: acme-sluice, region: r}}')).toEqual({
    s3: { bucket: 'acme-sluice', region: 'r', pathStyle: false },
  });
  const whole =
    'archive: {s3: {bucket: acme-sluice, prefix: /a/b/, region: r, profile: p, credentialsFile: c, roleARN: arn, tokenFile: t, externalId: e}}';
  expect(await archiveOf(whole)).toEqual({
    s3: {
      bucket: 'acme-sluice',
      prefix: 'a/b',
      region: 'r',
      profile: 'p',
      credentialsFile: `${folder}/c`,
      roleArn: 'arn',
      tokenFile: `${folder}/t`,
      externalId: 'e',
      pathStyle: false,
    },
  });
  expect(await archiveOf('archive: {s3: {bucket: acme-sluice, region: r, prefix: /}}')).not.toHaveProperty('s3.prefix');
});

it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])(
  'stands in the path where %s names another server',
  async (name) => {
    vi.stubEnv('AWS_ENDPOINT_URL', '');
    vi.stubEnv(name, 'http://minio:9000');
    expect(await archiveOf('archive: {s3: {bucket: acme-sluice, region: r}}')).toMatchObject({
      s3: { pathStyle: true },
    });
  },
);

it.each([
  ['{}', '', /neither folder nor s3/],
  ['{folder: a, s3: {bucket: abc, region: r}}', '.s3', /given both/],
  ['{s3: {region: r}}', '.s3.bucket', /is missing/],
  ['{s3: {bucket: abc}}', '.s3.region', /is missing/],
  ['{s3: {bucket: "arn:aws:s3:::abc", region: r}}', '.s3.bucket', /no ARN/],
  ['{s3: {bucket: abc, region: r, externalId: e}}', '.s3.externalId', /only to assume a role/],
  ['{s3: {bucket: abc, region: r, path: e}}', '.s3.path', /not a known field/],
])('is refused as %s', async (archive, field, message) => {
  expect(await refusal(folder, [sluice(`archive: ${archive}`)])).toContainEqual(
    expect.objectContaining({
      level: 'error',
      line: 4,
      field: `spec.archive${field}`,
      message: expect.stringMatching(message) as string,
    }),
  );
});
