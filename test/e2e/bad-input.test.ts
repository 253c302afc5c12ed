import { readFileSync } from 'node:fs';
import { CreateServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { Problem } from '../../model/wire.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import type { Answer } from './api.js';
import { KEYS } from './configuration.js';
import { useStack } from './stack.js';

const LIMIT = 2 * MINUTE;
const [fine, apart, alone] = [shopOf('fine'), shopOf('apart'), shopOf('alone')];
const forward = (arn: string): { Type: string; TargetGroupArn: string }[] => [{ Type: 'forward', TargetGroupArn: arn }];
const good = worldOf(['fine', 'rolling']);
const stack = useStack({
  world: {
    ...good,
    loadBalancers: [
      ...(good.loadBalancers ?? []),
      {
        name: 'apart',
        listeners: [
          { defaultActions: forward(apart.blue), rules: [{ priority: 1, actions: forward(apart.green), share: 0 }] },
        ],
      },
      { name: 'alone', listeners: [{ defaultActions: forward(alone.blue) }] },
    ],
    targetGroups: [
      ...(good.targetGroups ?? []),
      ...['apart', 'alone', 'detached'].map(shopOf).flatMap(({ blue, green }) => [{ arn: blue }, { arn: green }]),
    ],
  },
  metrics: [{ name: 'rf-sandbox-datadog' }],
});
let before = 0;

beforeAll(async () => {
  const { deploy, ends, sandbox } = stack();
  expect((await ends(await deploy('fine', filesOf(fine)))).status).toBe('SUCCEEDED');
  const ecs = new ECSClient({
    endpoint: sandbox.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
  });
  await ecs.send(
    new CreateServiceCommand({
      cluster: 'sluice-example',
      serviceName: 'rolling',
      taskDefinition: 'fine',
      desiredCount: 2,
    }),
  );
  ecs.destroy();
}, 3 * MINUTE);
beforeEach(async () => {
  before = await stack().sandbox.nextChange();
});
afterEach(async () => {
  expect(await stack().sandbox.changes(before)).toEqual([]);
});

function post(app: string, files: Record<string, string>): Promise<Answer> {
  return stack().ask('POST', `/applications/${app}/deployments`, { files });
}

function problem({ body }: Answer): Problem {
  return body as Problem;
}

describe('what the request shows is refused at once', () => {
  test('an unknown application, in a read and in a rollback', async () => {
    const { ask } = stack();
    for (const answer of [
      await ask('GET', '/applications/nobody'),
      await ask('POST', '/applications/nobody/rollback', { reason: 'a test' }),
    ]) {
      expect(answer.status).toBe(404);
      expect(problem(answer).detail).toBe('There is no application nobody.');
    }
    expect((await ask('GET', '/deployments/nobody-1')).status).toBe(404);
  });

  test('a name that does not fit', async () => {
    const answer = await post('Not_A_Name', filesOf(fine));
    expect(answer.status).toBe(422);
    expect(problem(answer)).toMatchObject({
      detail: '“Not_A_Name” is no name for an application.',
      fix: expect.stringContaining('lower-case letters') as string,
    });
  });

  test('malformed YAML, with its line and column', async () => {
    const answer = await post('fine', { ...filesOf(fine), 'servicedef.yaml': 'cluster: one\nserviceName: [two\n' });
    expect(answer.status).toBe(422);
    const finding = problem(answer).findings?.find(({ level }) => level === 'error');
    expect(finding).toMatchObject({ file: 'servicedef.yaml' });
    expect(finding?.line).toBeGreaterThanOrEqual(2);
    expect(finding?.column).toBeGreaterThanOrEqual(1);
  });

  test('an interval that is longer than the stage', async () => {
    const answer = await post('fine', filesOf(fine, { metric: { interval: '10m' } }));
    expect(answer.status).toBe(422);
    expect(problem(answer).detail).toContain('the interval 10m is longer than the stage’s duration 6s');
    expect(problem(answer).findings?.[0]).toMatchObject({
      field: 'spec.pipeline.stages[2].with.metrics[0].interval',
    });
  });

  test("the seed user's own pair of files: a provider that is not configured, both names said", async () => {
    const names = ['app.pipecd.yaml', 'servicedef.yaml', 'taskdef.yaml'];
    const folder = new URL('../spec/fixtures/', import.meta.url);
    const answer = await post(
      'seed',
      Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')])),
    );
    expect(answer.status).toBe(422);
    expect(problem(answer).detail).toContain('sample-datadog');
    expect(JSON.stringify(problem(answer))).toContain('rf-sandbox-datadog');
    expect((await stack().ask('GET', '/applications/seed')).status).toBe(404);
  });

  test('a body over the limit', async () => {
    const answer = await post('fine', { ...filesOf(fine), 'large.yaml': '#'.repeat(4 * 1024 * 1024) });
    expect(answer.status).toBe(413);
    expect(problem(answer).detail).toMatch(/larger than \d+ bytes/);
  });

  test('a key that is missing, unknown, expired, or may only read', async () => {
    const start = (authorization: string): Promise<Answer> =>
      stack().ask('POST', '/applications/fine/deployments', { files: filesOf(fine) }, { authorization });
    for (const key of ['', 'Bearer nonsense', `Bearer ${KEYS.expired}`]) {
      const answer = await start(key);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await start(`Bearer ${KEYS.viewer}`)).status).toBe(403);
  });

  test('a control that the state does not allow', async () => {
    const { control, document } = stack();
    const approved = await control('fine-1', 'approve');
    expect(approved.status).toBe(409);
    expect(problem(approved).detail).toMatch(
      /^Deployment fine-1 has ended SUCCEEDED at .*it takes no approve any more\.$/,
    );
    const back = await control('fine-1', 'rollback');
    expect(back.status).toBe(409);
    expect(problem(back).fix).toContain('sluice rollback fine');
    expect((await document('fine-1')).status).toBe('SUCCEEDED');
  });
});

describe('what AWS shows ends the deployment FAILED before any change', () => {
  async function failure(app: string, files: Record<string, string>): Promise<string> {
    const { deploy, ends } = stack();
    const end = await ends(await deploy(app, files));
    expect(end.status).toBe('FAILED');
    return end.reason;
  }

  test.concurrent('a target group that is attached to no listener', { timeout: LIMIT }, async () => {
    expect(await failure('detached', filesOf(shopOf('detached')))).toContain(
      'Target group detached-blue is attached to no listener',
    );
  });

  test.concurrent('no rule with both target groups', { timeout: LIMIT }, async () => {
    expect(await failure('apart', filesOf(apart))).toContain(
      'No listener rule forwards to both apart-blue and apart-green',
    );
  });

  test.concurrent('a canary target group in no rule', { timeout: LIMIT }, async () => {
    expect(await failure('alone', filesOf(alone))).toContain(
      "The canary's target group alone-green is in no listener rule",
    );
  });

  test.concurrent('a service that is not EXTERNAL', { timeout: LIMIT }, async () => {
    expect(await failure('rolling', filesOf(shopOf('rolling')))).toContain(
      'Service rolling has the deployment controller ECS; Sluice delivers by task sets, which need EXTERNAL',
    );
  });

  test.concurrent('a second application for the same service, both names said', { timeout: LIMIT }, async () => {
    expect(await failure('second', filesOf(fine))).toContain(
      'Service fine belongs to application "fine", so application "second" cannot deploy to it',
    );
  });
});

test('the application that was there deploys as before', { timeout: 3 * MINUTE }, async () => {
  const { deploy, ends } = stack();
  const end = await ends(await deploy('fine', filesOf(fine)));
  expect(end).toMatchObject({ status: 'SUCCEEDED', reason: expect.stringContaining('Nothing') as string });
});
