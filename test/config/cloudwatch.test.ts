import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

const AGREES = { maxDelay: 10 * MINUTE, resolution: MINUTE };

describe('a provider of type CLOUDWATCH', () => {
  it('has the fields of an ECS provider and the defaults for its metrics', async () => {
    const { analysisProviders } = await load(folder, [
      sluice(
        'analysisProviders: [{name: cw, type: CLOUDWATCH, region: r, profile: p, credentialsFile: c, roleARN: arn, externalId: e, resolution: 10s, maxDelay: 5m, delay: 1m}]',
      ),
    ]);
    expect(analysisProviders).toEqual([
      {
        name: 'cw',
        type: 'CLOUDWATCH',
        region: 'r',
        profile: 'p',
        credentialsFile: `${folder}/c`,
        roleArn: 'arn',
        externalId: 'e',
        delay: MINUTE,
        maxDelay: 5 * MINUTE,
        resolution: 10 * SECOND,
      },
    ]);
  });

  it('may stand in a Piped document, which PipeCD would not read', async () => {
    const { analysisProviders, notNeeded } = await load(folder, [
      'apiVersion: pipecd.dev/v1beta1\nkind: Piped\nspec:\n  analysisProviders: [{name: cw, type: CloudWatch, config: {region: r}}]',
    ]);
    expect(analysisProviders).toEqual([{ name: 'cw', type: 'CLOUDWATCH', region: 'r', ...AGREES }]);
    expect(notNeeded).toEqual([]);
  });

  it.each([
    ['{name: a, type: CLOUDWATCH}', 'region', /is missing/],
    ['{name: a, type: CLOUDWATCH, region: r, address: x}', 'address', /not a known field/],
    ['{name: a, type: CLOUDWATCH, region: r, tokenFile: t}', 'tokenFile', /only to assume a role/],
    ['{name: a, type: CLOUDWATCH, region: r, delay: 11m}', 'delay', /longer than maxDelay/],
    ['{name: a, type: CLOUDWATCH, region: r, resolution: 500ms}', 'resolution', /part of a second/],
  ])('is refused as %s', async (provider, field, message) => {
    expect(await refusal(folder, [sluice(`analysisProviders: [${provider}]`)])).toContainEqual(
      expect.objectContaining({
        level: 'error',
        line: 4,
        field: `spec.analysisProviders[0].${field}`,
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});

describe('CloudWatch of the accounts that are delivered to', () => {
  const ECS = 'ecsProviders: [{name: eu, region: eu-central-1, profile: p}, {name: us, region: us-east-1}]\n';

  it('is there under the ECS provider’s name, as the same identity', async () => {
    const { analysisProviders } = await load(folder, [sluice(ECS)]);
    expect(analysisProviders).toEqual([
      { name: 'eu', type: 'CLOUDWATCH', implied: true, region: 'eu-central-1', profile: 'p', ...AGREES },
      { name: 'us', type: 'CLOUDWATCH', implied: true, region: 'us-east-1', ...AGREES },
    ]);
  });

  it('leaves a name to the provider that has it', async () => {
    const datadog = 'analysisProviders: [{name: eu, type: DATADOG, apiKeyEnv: A, applicationKeyEnv: B}]';
    const { analysisProviders } = await load(folder, [sluice(ECS + datadog)]);
    expect(analysisProviders.map(({ name, type }) => [name, type])).toEqual([
      ['eu', 'DATADOG'],
      ['us', 'CLOUDWATCH'],
    ]);
  });

  it('is not added to one that is configured, in whichever file', async () => {
    const own = 'analysisProviders: [{name: cw, type: CLOUDWATCH, region: eu-central-1}]';
    const { analysisProviders } = await load(folder, [sluice(ECS), sluice(own)]);
    expect(analysisProviders.map(({ name }) => name)).toEqual(['cw']);
  });
});
