import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientCache } from '../../activities/aws/clients.js';
import { createLimiter } from '../../activities/aws/limiter.js';
import type { EcsProvider } from '../../config/server.js';
import { startWorld, wall, type World } from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const provider: EcsProvider = { name: 'aws', region: 'eu-central-1' };

/** Asks one question as a provider, and answers the STS calls that this took. */
async function stsCalls(configured: EcsProvider): Promise<unknown[]> {
  const clients = createClientCache(createLimiter(wall, 1000))({
    provider: configured,
    deployment: 'shop-7',
    urgent: false,
  });
  const answer = await clients.ecs.send(new DescribeServicesCommand({ cluster: 'sluice-example', services: ['none'] }));
  expect(answer.failures).toHaveLength(1);
  const { calls } = (await world.panel('GET', '/calls')) as {
    calls: { service: string; operation: string; parameters: object }[];
  };
  return calls
    .filter(({ service }) => service === 'sts')
    .map(({ operation, parameters }) => ({ operation, ...parameters }));
}

describe('credentials of a provider', () => {
  it('are those of the base chain when no role is named', async () => {
    expect(await stsCalls(provider)).toEqual([]);
  });

  it('are a role assumed from the base chain, in a session named after the deployment', async () => {
    expect(await stsCalls({ ...provider, roleArn: ROLE, externalId: 'ours' })).toMatchObject([
      { operation: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'sluice-shop-7', ExternalId: 'ours' },
    ]);
  });

  it('are a web identity when a token file is named', async () => {
    const tokenFile = join(mkdtempSync(join(tmpdir(), 'sluice-')), 'token');
    writeFileSync(tokenFile, 'a.b.c');
    expect(await stsCalls({ ...provider, roleArn: ROLE, tokenFile })).toMatchObject([
      { operation: 'AssumeRoleWithWebIdentity', RoleArn: ROLE, RoleSessionName: 'sluice-shop-7' },
    ]);
  });
});

describe('clients', () => {
  it('are made once for each provider and urgency', () => {
    const cache = createClientCache(createLimiter(wall, 1));
    const first = cache({ provider, deployment: 'a-1', urgent: false });
    expect(cache({ provider, deployment: 'a-2', urgent: false })).toBe(first);
    expect(cache({ provider, deployment: 'a-1', urgent: true })).not.toBe(first);
  });

  it('send a change once, and repeat a read', async () => {
    const clients = createClientCache(createLimiter(wall, 1000))({ provider, deployment: 'a-1', urgent: false });
    await world.fault({
      kind: 'api',
      operation: 'DescribeServices',
      mode: 'error',
      code: 'ServerException',
      status: 500,
      times: 1,
    });
    const ask = new DescribeServicesCommand({ cluster: 'sluice-example', services: ['none'] });
    await expect(clients.ecs.send(ask)).resolves.toBeDefined();
    await world.fault({
      kind: 'api',
      operation: 'DescribeServices',
      mode: 'error',
      code: 'ServerException',
      status: 500,
      times: 1,
    });
    await expect(clients.ecsChanges.send(ask)).rejects.toMatchObject({ name: 'ServerException' });
  });
});
