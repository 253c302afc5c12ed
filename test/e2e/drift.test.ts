import { ElasticLoadBalancingV2Client, ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import type { DriftDocument } from '../../model/drift.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ApplicationDocument } from '../../model/wire.js';
import { until } from '../support/processes.js';
import { KEYS } from './configuration.js';
import { filesOf, shopOf, worldOf } from './shop.js';
import { useStack } from './stack.js';

const LIMIT = 4 * MINUTE;
const stack = useStack({ world: worldOf(['shown', 'mended']), more: { drift: { interval: '2s' } } });

beforeAll(async () => {
  const { deploy, ends } = stack();
  const ids = await Promise.all(['shown', 'mended'].map((app) => deploy(app, files(app))));
  for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
}, LIMIT);

/** The application's files; one of them wants to be deployed again. */
function files(app: string): Record<string, string> {
  const all = filesOf(shopOf(app));
  if (app !== 'mended') return all;
  const trigger = 'spec:\n  trigger: {onOutOfSync: {disabled: false, minWindow: 1s}}\n';
  return { ...all, 'app.pipecd.yaml': all['app.pipecd.yaml']?.replace('spec:\n', trigger) ?? '' };
}

async function application(app: string): Promise<ApplicationDocument> {
  return (await stack().ask('GET', `/applications/${app}`)).body as ApplicationDocument;
}

async function look(app: string): Promise<DriftDocument> {
  const { status, body } = await stack().ask('POST', `/applications/${app}/drift`);
  expect(status).toBe(200);
  return body as DriftDocument;
}

function sluice(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, SLUICE_URL: stack().apiUrl, SLUICE_API_KEY: KEYS.viewer };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(packageRoot(), 'cli', 'sluice.mjs'), ...args], { env }, (error, out) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out });
    });
  });
}

/** Somebody with a console. */
const settings = () => ({
  region: 'eu-central-1',
  endpoint: stack().sandbox.url,
  credentials: { accessKeyId: '123456789012', secretAccessKey: 'somebody' },
});

async function moveWeights(app: string): Promise<void> {
  const { rules } = await stack().sandbox.state();
  const { blue: primary, green: canary } = shopOf(app);
  const rule = rules.find(({ weights }) => primary in weights);
  await new ElasticLoadBalancingV2Client(settings()).send(
    new ModifyListenerCommand({
      ListenerArn: rule?.listener,
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: primary, Weight: 90 },
              { TargetGroupArn: canary, Weight: 10 },
            ],
          },
        },
      ],
    }),
  );
}

test('what somebody changed is found by itself, shown everywhere, and left alone', { timeout: LIMIT }, async () => {
  const { sandbox, ask, kill, restart } = stack();
  expect(await look('shown')).toMatchObject({ status: 'SYNCED', deployment: 'shown-1', differences: [] });
  expect(await sluice('drift', 'shown')).toEqual({ code: 0, out: expect.stringMatching(/^shown: SYNCED\./) as string });

  const since = await sandbox.nextChange();
  await moveWeights('shown');
  const drift = await until(
    'drift to be seen',
    async () => {
      const seen = (await application('shown')).drift;
      return seen?.status === 'OUT_OF_SYNC' ? seen : undefined;
    },
    { timeout: MINUTE },
  );
  expect(drift).toMatchObject({
    deployment: 'shown-1',
    differences: [
      { path: expect.stringMatching(/^listener\[.*\]\.weights$/) as string, deployed: '100/0', running: '90/10' },
    ],
  });
  const { body } = await ask('GET', '/applications');
  expect((body as { applications: ApplicationDocument[] }).applications).toContainEqual(
    expect.objectContaining({ app: 'shown', drift: expect.objectContaining({ status: 'OUT_OF_SYNC' }) as unknown }),
  );
  expect((await sluice('status', 'shown')).out).toMatch(/^drift OUT_OF_SYNC since .*weights/m);
  const shown = await sluice('drift', 'shown');
  expect(shown).toEqual({ code: 1, out: expect.stringMatching(/weights: deployed 100\/0, running 90\/10/) as string });

  // The worker dies and comes back: the watch goes on, and knows since when.
  await kill('worker');
  await restart('worker');
  const seen = await until(
    'the next look',
    async () => {
      const next = (await application('shown')).drift;
      return next?.lookedAt !== undefined && next.lookedAt > (drift.lookedAt ?? '') ? next : undefined;
    },
    { timeout: MINUTE },
  );
  expect(seen).toMatchObject({ status: 'OUT_OF_SYNC', since: drift.since });

  await sandbox.fault({
    kind: 'api',
    operation: 'DescribeTaskSets',
    mode: 'error',
    code: 'AccessDeniedException',
    status: 400,
    times: 50,
  });
  expect(await look('shown')).toMatchObject({ status: expect.stringMatching(/^(UNKNOWN|OUT_OF_SYNC)$/) as string });
  await sandbox.clearFaults();
  expect((await sandbox.changes(since)).map(({ operation }) => operation)).toEqual(['ModifyListener']);
});

test('where the file wants it, it is deployed again, and then it is in sync', { timeout: LIMIT }, async () => {
  const { ends, sandbox } = stack();
  await moveWeights('mended');
  const service = (await sandbox.state()).services.find(({ name }) => name === 'mended');
  await new ECSClient(settings()).send(
    new UpdateServiceCommand({ cluster: service?.cluster, service: 'mended', desiredCount: 3 }),
  );
  await until(
    'a second deployment',
    async () => (await application('mended')).running ?? (await application('mended')).history[1],
    {
      timeout: MINUTE,
    },
  );
  const document = await ends('mended-2');
  expect(document).toMatchObject({
    status: 'SUCCEEDED',
    trigger: { by: 'drift' },
    trail: [{ action: 'deploy mended-1 again' }],
    rollbackTo: 'mended-1',
  });
  await until('it to be in sync', async () => (await look('mended')).status === 'SYNCED', {
    timeout: 30 * SECOND,
    every: 500,
  });
  expect(await look('mended')).toMatchObject({ deployment: 'mended-2' });
  const { services } = await sandbox.state();
  expect(services.find(({ name }) => name === 'mended')?.desiredCount).toBe(2);
  const { history } = await application('mended');
  expect(history.map(({ id }) => id)).toEqual(['mended-2', 'mended-1']);
});

test('after success it goes back to the version before', { timeout: LIMIT }, async () => {
  const { ask, deploy, ends } = stack();
  expect((await ends(await deploy('shown', files('shown'), { image: 'web:2', strategy: 'QUICK_SYNC' }))).status).toBe(
    'SUCCEEDED',
  );
  const { status, body } = await ask('POST', '/applications/shown/rollback', { reason: 'a test' });
  expect(status).toBe(202);
  expect(await ends((body as { id: string }).id)).toMatchObject({ status: 'SUCCEEDED', rollbackTo: 'shown-1' });
  expect(await look('shown')).toMatchObject({ status: 'SYNCED', deployment: 'shown-3' });
});
