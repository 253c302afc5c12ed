import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox } from '../../sandbox/server.js';
import {
  BLUE,
  CLUSTER,
  LISTENER,
  SERVICE,
  SERVICE_PATH,
  createService,
  createTaskSet,
  register,
  startBench,
} from './example.js';
import type { Bench } from './example.js';

interface Calls {
  calls: { operation: string; parameters: unknown; status: number; code?: string; applied: boolean; fault?: string }[];
}

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.sandbox.close());

const setCount = (desiredCount: number) => bench.ecs.send(new UpdateServiceCommand({ ...SERVICE_PATH, desiredCount }));
const count = () => bench.sandbox.state().services[0]?.desiredCount;

describe('a fault of the API', () => {
  beforeEach(() => createService(bench.ecs, 1));

  it('is an error that changes nothing, for so many calls after the first ones', async () => {
    await bench.panel('POST', '/faults', {
      kind: 'api',
      operation: 'UpdateService',
      mode: 'throttle',
      skip: 1,
      times: 2,
    });
    await setCount(2);
    await expect(setCount(3)).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    await expect(setCount(3)).rejects.toThrow('Rate exceeded');
    expect(count()).toBe(2);
    await setCount(4);
    const { faults } = await bench.panel<{ faults: unknown[] }>('GET', '/faults');
    expect(faults).toEqual([]);
  });

  it('is an error of any code, in the words of its protocol', async () => {
    await bench.panel('POST', '/faults', {
      kind: 'api',
      operation: 'DescribeRules',
      mode: 'error',
      code: 'AccessDenied',
      status: 403,
    });
    await expect(bench.elb.send(new DescribeRulesCommand({ ListenerArn: LISTENER }))).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    await bench.panel('POST', '/faults', { kind: 'api', operation: '*', mode: 'error' });
    await expect(setCount(9)).rejects.toMatchObject({ name: 'ServerException', $metadata: { httpStatusCode: 500 } });
  });

  it('loses the answer of a change that was made, or the call before it is', async () => {
    await bench.panel('POST', '/faults', { kind: 'api', operation: 'UpdateService', mode: 'loseAnswer' });
    await expect(setCount(5)).rejects.toThrow();
    expect(count()).toBe(5);
    await bench.panel('POST', '/faults', { kind: 'api', operation: 'UpdateService', mode: 'loseAnswer', before: true });
    await expect(setCount(6)).rejects.toThrow();
    expect(count()).toBe(5);
    const { calls } = await bench.panel<Calls>('GET', '/calls?mutating=1');
    expect(calls.map(({ operation, applied, fault }) => [operation, applied, fault])).toEqual([
      ['CreateService', true, undefined],
      ['UpdateService', true, 'loseAnswer'],
      ['UpdateService', false, 'loseAnswer'],
    ]);
    expect(calls[1]!.parameters).toEqual({ ...SERVICE_PATH, desiredCount: 5 });
  });

  it('sends half a 200', async () => {
    await bench.panel('POST', '/faults', { kind: 'api', operation: 'UpdateService', mode: 'truncate' });
    await expect(setCount(5)).rejects.toMatchObject({ name: 'SyntaxError' });
    expect(count()).toBe(5);
  });

  it('delays the answer, or the change', async () => {
    await bench.panel('POST', '/faults', { kind: 'api', operation: 'UpdateService', mode: 'delay', seconds: 0.3 });
    const late = setCount(5);
    await expect.poll(count).toBe(5);
    const answered = await Promise.race([late, Promise.resolve('not yet')]);
    expect(answered).toBe('not yet');
    await late;
    await bench.panel('POST', '/faults', {
      kind: 'api',
      operation: 'UpdateService',
      mode: 'delay',
      seconds: 0.3,
      before: true,
    });
    const later = setCount(6);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(count()).toBe(5);
    await later;
    expect(count()).toBe(6);
  });

  it('never answers, until the caller gives up', async () => {
    await bench.panel('POST', '/faults', { kind: 'api', operation: 'UpdateService', mode: 'hang' });
    const abort = AbortSignal.timeout(300);
    await expect(
      bench.ecs.send(new UpdateServiceCommand({ ...SERVICE_PATH, desiredCount: 5 }), { abortSignal: abort }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(count()).toBe(5);
  });
});

describe('the panel', () => {
  it('refuses what it does not know, with the field', async () => {
    await expect(bench.panel('POST', '/faults', { kind: 'api', operation: 'X', mode: 'explode' })).rejects.toThrow(
      'mode',
    );
    await expect(bench.panel('POST', '/faults', { kind: 'version', image: 'x', errorrate: 1 })).rejects.toThrow(
      'errorrate',
    );
    await expect(bench.panel('PUT', '/world', { account: '12' })).rejects.toThrow('12 digits');
    await expect(bench.panel('DELETE', '/faults/none')).rejects.toThrow('404');
  });

  it('lists reads and changes apart, and forgets them when told', async () => {
    await createService(bench.ecs);
    await bench.ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
    const all = await bench.panel<Calls>('GET', '/calls');
    expect(all.calls.map(({ operation }) => operation)).toEqual(['CreateService', 'DescribeServices']);
    const changes = await bench.panel<Calls>('GET', '/calls?mutating=1');
    expect(changes.calls.map(({ operation }) => operation)).toEqual(['CreateService']);
    await bench.panel('DELETE', '/calls');
    expect(await bench.panel('GET', '/calls')).toEqual({ calls: [] });
  });

  it('moves the time on', async () => {
    await createService(bench.ecs, 1);
    await createTaskSet(bench.ecs, await register(bench.ecs));
    await bench.panel('POST', '/time', { advanceSeconds: 60 });
    expect(bench.sandbox.state().taskSets).toMatchObject([{ steady: true }]);
  });

  it('replaces the world', async () => {
    await createService(bench.ecs);
    const group = 'arn:aws:elasticloadbalancing:ap-northeast-1:210987654321:targetgroup/blue/aaaa';
    await bench.panel('PUT', '/world', {
      account: '210987654321',
      region: 'ap-northeast-1',
      clusters: ['ecs-cluster'],
      targetGroups: [{ arn: group }],
      loadBalancers: [{ name: 'lb', listeners: [{ defaultActions: [{ Type: 'forward', TargetGroupArn: group }] }] }],
    });
    const { services, rules } = bench.sandbox.state();
    expect(services).toEqual([]);
    expect(rules).toMatchObject([{ default: true, weights: { [group]: 1 } }]);
    const { failures } = await bench.ecs.send(
      new DescribeServicesCommand({
        cluster: 'arn:aws:ecs:ap-northeast-1:210987654321:cluster/ecs-cluster',
        services: ['pipecd-nginx-sample'],
      }),
    );
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
  });
});

it('answers what it cannot read as AWS does', async () => {
  const send = async (headers: Record<string, string>, body: string) => {
    const answer = await fetch(bench.sandbox.url, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x/20261123/eu-central-1/ecs/aws4_request', ...headers },
      body,
    });
    return [answer.status, await answer.text()];
  };
  const ecs = (operation: string) => ({ 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}` });
  expect(await send(ecs('ListTasks'), '{"cluster":')).toEqual([400, expect.stringContaining('SerializationException')]);
  expect(await send(ecs('StartTask'), '{}')).toEqual([400, expect.stringContaining('UnknownOperationException')]);
  expect(await send(ecs('toString'), '{}')).toEqual([400, expect.stringContaining('UnknownOperationException')]);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await send(form, 'Action=CreateRule')).toEqual([400, expect.stringContaining('<Code>InvalidAction</Code>')]);
  expect(await send({}, 'x'.repeat(6 * 1024 * 1024))).toEqual([413, expect.any(String)]);
  expect(await send({}, 'hello')).toEqual([404, expect.any(String)]);
});

describe('who calls', () => {
  it('is the world’s account, the one that the access key is, or the role’s', async () => {
    expect(await bench.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012' });
    const as = (accessKeyId: string) =>
      new STSClient({
        endpoint: bench.sandbox.url,
        region: 'eu-central-1',
        credentials: { accessKeyId, secretAccessKey: 'x' },
      });
    expect(await as('210987654321').send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '210987654321' });
    const role = { RoleArn: 'arn:aws:iam::111122223333:role/deploy', RoleSessionName: 'sluice-web-1' };
    for (const command of [
      new AssumeRoleCommand(role),
      new AssumeRoleWithWebIdentityCommand({ ...role, WebIdentityToken: 'token' }),
    ]) {
      const { Credentials } = await bench.sts.send(command as AssumeRoleCommand);
      expect(Credentials!.Expiration!.getTime()).toBeGreaterThan(0);
      expect(await as(Credentials!.AccessKeyId!).send(new GetCallerIdentityCommand({}))).toMatchObject({
        Account: '111122223333',
        Arn: 'arn:aws:sts::111122223333:assumed-role/deploy/sluice-web-1',
      });
    }
  });

  it('must have signed', async () => {
    const answer = await fetch(bench.sandbox.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('MissingAuthenticationToken')]);
  });
});

it('tells the scaling targets of the world', async () => {
  const { world } = bench.sandbox.state();
  world.scalableTargets = [{ resourceId: `service/${CLUSTER}/${SERVICE}`, min: 2, max: 8 }];
  await bench.panel('PUT', '/world', world);
  const client = new ApplicationAutoScalingClient({
    endpoint: bench.sandbox.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const asked = (id: string) =>
    client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [id] }));
  expect((await asked(`service/${CLUSTER}/${SERVICE}`)).ScalableTargets).toMatchObject([
    { MinCapacity: 2, MaxCapacity: 8 },
  ]);
  expect((await asked(`service/${CLUSTER}/other`)).ScalableTargets).toEqual([]);
});

describe('a sandbox with a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('goes on where it was killed', async () => {
    const first = await startBench({ dataDir: folder });
    await createService(first.ecs, 1);
    await createTaskSet(first.ecs, await register(first.ecs), BLUE);
    first.pass(60);
    await first.panel('POST', '/faults', { id: 'bad', kind: 'version', image: 'web:9', errorRate: 1 });
    first.pass(1);
    // Not closed: what is on disk now is what a killed process leaves, and the last second has to be lived through again.
    const before = first.sandbox.state();
    const { calls } = await first.panel<Calls>('GET', '/calls?mutating=1');
    const second = await startSandbox({ dataDir: folder, clock: { now: () => Date.parse(before.now) } });
    expect(second.state()).toEqual(before);
    expect(before.taskSets).toMatchObject([{ steady: true }]);
    const seen = (await (await fetch(`${second.url}/_sandbox/calls`)).json()) as Calls;
    expect(seen.calls).toEqual(calls);
    const { faults } = (await (await fetch(`${second.url}/_sandbox/faults`)).json()) as { faults: unknown[] };
    expect(faults).toHaveLength(1);
    await second.close();
    await first.sandbox.close();
  });

  it('says which file is not its own', async () => {
    await startSandbox({ dataDir: folder }).then((sandbox) => sandbox.close());
    await writeFile(join(folder, 'state.json'), '{}');
    await expect(startSandbox({ dataDir: folder })).rejects.toThrow('state.json');
  });
});

it('runs its own times faster, and keeps buckets of whole seconds', async () => {
  const fast = await startBench({ speed: 60 });
  await createService(fast.ecs, 1);
  await createTaskSet(fast.ecs, await register(fast.ecs));
  fast.pass(1);
  expect(fast.sandbox.state().taskSets).toMatchObject([{ steady: true }]);
  fast.pass(5);
  const now = Date.parse(fast.sandbox.state().now) / 1000;
  const parameters = new URLSearchParams({
    from: String(now - 6),
    to: String(now),
    query: 'sum:aws.applicationelb.request_count{*}.as_count()',
  });
  const answer = await fetch(`${fast.sandbox.url}/api/v1/query?${parameters.toString()}`, {
    headers: { 'DD-API-KEY': 'sandbox-api-key', 'DD-APPLICATION-KEY': 'sandbox-application-key' },
  });
  const { series } = (await answer.json()) as { series: { interval: number; pointlist: [number, number][] }[] };
  expect(series).toMatchObject([{ interval: 1 }]);
  expect(series[0]!.pointlist.slice(1).map(([, value]) => value)).toEqual([50, 50, 50, null]);
  await fast.sandbox.close();
});
