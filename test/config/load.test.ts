import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashKey } from '../../config/api-key.js';
import { loadServerConfig } from '../../config/load.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

const SEED = readFileSync(new URL('fixtures/piped.yaml', import.meta.url), 'utf8');
const HASH = 'ab'.repeat(32);

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

describe('the seed’s piped.yaml', () => {
  it('is read as it is', async () => {
    const config = await load(folder, [SEED]);
    expect(config.ecsProviders).toEqual([
      {
        name: 'sample-ecs',
        region: 'ap-northeast-1',
        profile: '<AWS Profile 名>',
        credentialsFile: '/etc/piped-secret/credentials-key',
      },
    ]);
    expect(config.analysisProviders).toEqual([
      {
        name: 'rf-sandbox-datadog',
        type: 'DATADOG',
        address: 'datadoghq.com',
        apiKey: { file: '/etc/piped-secret/datadog-api-key' },
        applicationKey: { file: '/etc/piped-secret/datadog-application-key' },
        maxDelay: 20 * MINUTE,
        resolution: MINUTE,
      },
      {
        name: 'sample-ecs',
        type: 'CLOUDWATCH',
        implied: true,
        region: 'ap-northeast-1',
        profile: '<AWS Profile 名>',
        credentialsFile: '/etc/piped-secret/credentials-key',
        maxDelay: 10 * MINUTE,
        resolution: MINUTE,
      },
    ]);
  });

  it('reports what is not needed, with its line', async () => {
    const { notNeeded } = await load(folder, [SEED]);
    expect(notNeeded.map((line) => line.replace(/^.*0\.yaml:/, ''))).toEqual([
      '4 spec.projectID',
      '5 spec.pipedID',
      '6 spec.pipedKeyFile',
      '7 spec.apiAddress',
    ]);
  });
});

describe('a Piped document', () => {
  const piped = (spec: string): string =>
    `apiVersion: pipecd.dev/v1beta1\nkind: Piped\nspec:\n${spec.replace(/^/gm, '  ')}`;

  it('has its providers under either name, keys in any case, secrets as files or base64', async () => {
    const { ecsProviders, analysisProviders } = await load(folder, [
      piped(
        [
          'CloudProviders: [{name: a, type: ECS, config: {Region: r1}}]',
          'platformProviders: [{name: b, type: ECS, config: {region: r2, roleARN: arn, tokenFile: token}}]',
          'analysisProviders:',
          '  - {name: d, type: DATADOG, config: {address: datadoghq.eu, apiKeyData: YWJj, applicationKeyFile: keys/app}}',
        ].join('\n'),
      ),
    ]);
    expect(ecsProviders).toEqual([
      { name: 'a', region: 'r1' },
      { name: 'b', region: 'r2', roleArn: 'arn', tokenFile: `${folder}/token` },
    ]);
    expect(analysisProviders).toMatchObject([
      { address: 'datadoghq.eu', apiKey: { base64: 'YWJj' }, applicationKey: { file: `${folder}/keys/app` } },
      { name: 'a', type: 'CLOUDWATCH' },
      { name: 'b', type: 'CLOUDWATCH' },
    ]);
  });

  it('may have providers of other kinds, which are reported', async () => {
    const config = await load(folder, [
      piped(
        'platformProviders: [{name: k, type: KUBERNETES}]\nanalysisProviders: [{name: p, type: STACKDRIVER, config: {address: x}}]',
      ),
    ]);
    expect(config).toMatchObject({ ecsProviders: [], analysisProviders: [] });
    expect(config.notNeeded).toEqual([
      expect.stringMatching(/0\.yaml:4 spec\.platformProviders\[0\] \(type KUBERNETES is not supported yet\)$/),
      expect.stringMatching(/0\.yaml:5 spec\.analysisProviders\[0\] \(type STACKDRIVER is not supported yet\)$/),
    ]);
  });

  it.each([
    [
      'cloudProviders: [{name: a, type: ECS, config: {regoin: r}}]',
      'spec.cloudProviders[0].config.regoin',
      /not a known/,
    ],
    ['analysisProvider: []', 'spec.analysisProvider', /not a known/],
    ['cloudProviders: [{name: a, type: ECS}]', 'spec.cloudProviders[0].config.region', /is missing/],
    [
      'analysisProviders: [{name: a, type: DATADOG}]',
      'spec.analysisProviders[0].config',
      /one of apiKeyFile, .* is missing/,
    ],
    [
      'analysisProviders: [{name: a, type: DATADOG, config: {apiKeyFile: a, apiKeyData: YWJj, applicationKeyFile: b}}]',
      'spec.analysisProviders[0].config.apiKeyData',
      /apiKeyFile and apiKeyData are given both/,
    ],
    [
      'analysisProviders: [{name: a, type: DATADOG, config: {apiKeyData: "{}", applicationKeyFile: b}}]',
      'spec.analysisProviders[0].config.apiKeyData',
      /must be base64/,
    ],
  ])('is refused for %s', async (spec, field, message) => {
    expect(await refusal(folder, [piped(spec)])).toContainEqual(
      expect.objectContaining({ level: 'error', line: 4, field, message: expect.stringMatching(message) as string }),
    );
  });
});

describe('a Sluice document', () => {
  it('holds everything', async () => {
    const config = await load(folder, [
      sluice(
        [
          'ecsProviders:',
          '  - {name: prod, region: eu-central-1, profile: p, credentialsFile: c, roleARN: arn, tokenFile: t, externalId: e}',
          'analysisProviders:',
          '  - {name: dd, type: DATADOG, address: "http://127.0.0.1:9999/", apiKeyEnv: A, applicationKeyEnv: B, apiVersion: v2, delay: 2m, maxDelay: 5m, resolution: 1s}',
          '  - {name: cw, type: CLOUDWATCH, region: eu-central-1, roleARN: arn, tokenFile: t, delay: 3m}',
          `apiKeys: [{name: ci, role: deployer, sha256: ${HASH.toUpperCase()}, expiresAt: "2027-01-31T00:00:00Z"}]`,
          'webhook: {url: "https://example.com/hook", secretFile: hook.key}',
          'delivery: {trafficSettle: 1s, drainSettle: 2s, rollbackRecheck: 3s, pollMin: 200ms, pollMax: 1s, absence: 4s}',
          'publicUrl: https://sluice.example/',
          'temporalUiUrl: http://127.0.0.1:8233',
          'sealKeyFile: seal.key',
        ].join('\n'),
      ),
    ]);
    expect(config).toEqual({
      allowScripts: false,
      ecsProviders: [
        {
          name: 'prod',
          region: 'eu-central-1',
          profile: 'p',
          credentialsFile: `${folder}/c`,
          roleArn: 'arn',
          tokenFile: `${folder}/t`,
          externalId: 'e',
        },
      ],
      analysisProviders: [
        {
          name: 'dd',
          type: 'DATADOG',
          address: 'http://127.0.0.1:9999',
          apiKey: { env: 'A' },
          applicationKey: { env: 'B' },
          apiVersion: 'v2',
          delay: 2 * MINUTE,
          maxDelay: 5 * MINUTE,
          resolution: SECOND,
        },
        {
          name: 'cw',
          type: 'CLOUDWATCH',
          region: 'eu-central-1',
          roleArn: 'arn',
          tokenFile: `${folder}/t`,
          delay: 3 * MINUTE,
          maxDelay: 10 * MINUTE,
          resolution: MINUTE,
        },
      ],
      apiKeys: [{ name: 'ci', role: 'deployer', sha256: HASH, expiresAt: Date.UTC(2027, 0, 31) }],
      webhook: { url: 'https://example.com/hook', secret: { file: `${folder}/hook.key` } },
      delivery: {
        trafficSettle: SECOND,
        drainSettle: 2 * SECOND,
        rollbackRecheck: 3 * SECOND,
        pollMin: 200,
        pollMax: SECOND,
        absence: 4 * SECOND,
      },
      host: '127.0.0.1',
      port: 8080,
      dataDir: `${folder}/data`,
      archive: { folder: `${folder}/data/archive` },
      git: {},
      repositories: [],
      syncInterval: MINUTE,
      driftInterval: 10 * MINUTE,
      publicUrl: 'https://sluice.example',
      temporalUiUrl: 'http://127.0.0.1:8233',
      sealKey: { file: `${folder}/seal.key` },
      notifications: { routes: [], receivers: [], approvalReminder: 60 * MINUTE },
      notNeeded: [],
    });
  });

  it.each([
    ['ecsProvider: []', 'spec.ecsProvider', /not a known field/],
    ['apiKeys: [{name: ci, role: admin, sha256: x}]', 'spec.apiKeys[0].role', /must be "viewer" or "deployer"/],
    [`apiKeys: [{name: ci, role: viewer, sha256: abc}]`, 'spec.apiKeys[0].sha256', /64 hex digits/],
    [`apiKeys: [{name: ci, role: viewer, key: abc}]`, 'spec.apiKeys[0].key', /not a known field/],
    [
      `apiKeys: [{name: ci, role: viewer, sha256: ${HASH}, expiresAt: soon}]`,
      'spec.apiKeys[0].expiresAt',
      /an instant/,
    ],
    ['webhook: {url: "ftp://x", secretEnv: A}', 'spec.webhook.url', /http or https/],
    ['webhook: {url: "http://x"}', 'spec.webhook', /one of secretFile, secretEnv is missing/],
    ['delivery: {trafficSettle: 1d}', 'spec.delivery.trafficSettle', /"1d" is no duration/],
    ['ecsProviders: [{name: a, region: r, tokenFile: t}]', 'spec.ecsProviders[0].tokenFile', /only to assume a role/],
    ['ecsProviders: [{name: a}]', 'spec.ecsProviders[0].region', /is missing/],
    ['analysisProviders: [{name: a, type: STACKDRIVER}]', 'spec.analysisProviders[0].type', /must be "DATADOG"/],
    [
      'analysisProviders: [{name: a, type: DATADOG, apiKeyEnv: A, applicationKeyEnv: B, delay: 30m}]',
      'spec.analysisProviders[0].delay',
      /longer than maxDelay/,
    ],
    [
      'analysisProviders: [{name: a, type: DATADOG, apiKeyEnv: A, applicationKeyEnv: B, address: "a b"}]',
      'spec.analysisProviders[0].address',
      /must be a host/,
    ],
  ])('is refused for %s', async (spec, field, message) => {
    expect(await refusal(folder, [sluice(spec)])).toContainEqual(
      expect.objectContaining({ level: 'error', line: 4, field, message: expect.stringMatching(message) as string }),
    );
  });

  it('tells of bare numbers that are nanoseconds', async () => {
    const { notNeeded, delivery } = await load(folder, [sluice('delivery: {trafficSettle: 30000000000}')]);
    expect(delivery.trafficSettle).toBe(30 * SECOND);
    expect(notNeeded).toEqual([expect.stringContaining('is read as nanoseconds')]);
  });
});

describe('the whole', () => {
  it('has the defaults for AWS', async () => {
    const config = await loadServerConfig({ SLUICE_DATA: folder });
    expect(config).toMatchObject({
      ecsProviders: [],
      analysisProviders: [{ name: 'tasks' }],
      apiKeys: [],
      delivery: {
        trafficSettle: 30 * SECOND,
        drainSettle: 120 * SECOND,
        rollbackRecheck: 15 * SECOND,
        pollMin: 5 * SECOND,
        pollMax: 15 * SECOND,
        absence: 10 * SECOND,
      },
      git: {},
      repositories: [],
      syncInterval: MINUTE,
      driftInterval: 10 * MINUTE,
      publicUrl: 'http://127.0.0.1:8080',
      sealKey: { file: `${folder}/seal.key` },
    });
  });

  it('adds files up; the later one wins where there can be one value', async () => {
    const config = await load(folder, [
      `${sluice('ecsProviders: [{name: a, region: r}]\npublicUrl: http://one\ndelivery: {pollMin: 1s, absence: 1s}')}---\n${SEED}`,
      sluice('ecsProviders: [{name: b, region: r}]\npublicUrl: http://two\ndelivery: {absence: 2s}'),
    ]);
    expect(config.ecsProviders.map(({ name }) => name)).toEqual(['a', 'sample-ecs', 'b']);
    expect(config.publicUrl).toBe('http://two');
    expect(config.delivery).toMatchObject({ pollMin: SECOND, absence: 2 * SECOND, pollMax: 15 * SECOND });
  });

  it('takes a ControlPlane document and reports it', async () => {
    const { notNeeded } = await load(folder, [
      'apiVersion: pipecd.dev/v1beta1\nkind: ControlPlane\nspec:\n  datastore: {type: MYSQL}\n',
    ]);
    expect(notNeeded).toEqual([expect.stringMatching(/0\.yaml:3 spec \(kind ControlPlane/)]);
  });

  it('takes a key from the environment', async () => {
    const { apiKeys } = await load(folder, [], { SLUICE_API_KEY: 'open' });
    expect(apiKeys).toEqual([{ name: 'SLUICE_API_KEY', role: 'deployer', sha256: hashKey('open') }]);
  });

  it.each([
    ['0.0.0.0', 'http://127.0.0.1:8080'],
    ['::1', 'http://[::1]:8080'],
  ])('listening on %s, links begin with %s', async (host, url) => {
    expect(await load(folder, [], { SLUICE_HOST: host })).toMatchObject({ host, publicUrl: url });
  });

  it('refuses a name that is given twice, over all files', async () => {
    const one = sluice('ecsProviders: [{name: a, region: r}]');
    expect(await refusal(folder, [one, one])).toMatchObject([
      { field: 'ecsProviders', message: '"a" is configured more than once' },
    ]);
  });

  it('refuses polls that do not fit together', async () => {
    expect(await refusal(folder, [sluice('delivery: {pollMin: 20s}')])).toMatchObject([{ field: 'delivery' }]);
    expect(await refusal(folder, [sluice('delivery: {pollMin: 0s}')])).toMatchObject([{ field: 'delivery' }]);
  });

  it('refuses an application’s file, an empty one, a broken one and one that is not there', async () => {
    const application = 'apiVersion: pipecd.dev/v1beta1\nkind: ECSApp\nspec: {}\n';
    expect(await refusal(folder, [application])).toMatchObject([
      { line: 2, field: 'kind', message: 'kind must be Piped, ControlPlane or Sluice' },
    ]);
    expect(await refusal(folder, [''])).toMatchObject([{ message: '0.yaml is empty' }]);
    expect(await refusal(folder, ['kind: [Sluice'])).toMatchObject([{ line: 1, column: 14 }]);
    await expect(loadServerConfig({ SLUICE_CONFIG: `${folder}/none.yaml` })).rejects.toThrow(
      /none\.yaml: cannot be read \(ENOENT\)/,
    );
  });

  it('says everything that is wrong at once', async () => {
    const findings = await refusal(folder, [sluice('ecsProvider: []\npublicUrl: nowhere'), 'kind: None']);
    expect(findings.map(({ field }) => field)).toEqual(['spec.ecsProvider', 'spec.publicUrl', 'kind']);
  });
});

describe('drift', () => {
  const drift = async (text: string): Promise<unknown> => (await load(folder, [sluice(text)])).driftInterval;

  it('is looked for every ten minutes unless told otherwise', async () => {
    expect(await drift('drift: {}')).toBe(10 * MINUTE);
    expect(await drift('drift: {interval: 90s}')).toBe(90 * SECOND);
    expect(await drift('drift: {interval: 90s, disabled: true}')).toBeUndefined();
    expect(await refusal(folder, [sluice('drift: {interval: 0s}')])).toMatchObject([
      { field: 'spec.drift.interval', message: 'must be above zero' },
    ]);
  });
});
