import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { COMMANDS } from '../../activities/aws/commands.js';
import type { Clock } from '../../activities/context.js';
import { skewCheck, skewOf } from '../../activities/doctor/clock-skew.js';
import { credentialsFix } from '../../activities/aws/credentials-fix.js';
import { createDoctor } from '../../activities/doctor/examine.js';
import { judgeRight, type RightVerdict } from '../../activities/doctor/judge-right.js';
import { nowhere, PROBES } from '../../activities/doctor/probes.js';
import { rightChecks, type Right } from '../../activities/doctor/rights.js';
import { fewAtOnce, withinLimit } from '../../activities/doctor/time-limit.js';
import { createSources } from '../../activities/metrics/sources.js';
import type { Check } from '../../activities/people.js';
import { openSecret } from '../../config/secret.js';
import { makeKeyPair } from '../../config/secret-key.js';
import { GitFailure } from '../../activities/git/repository.js';
import type { AnalysisProvider, EcsProvider, SecretKeys, ServerConfig } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server.js';

const ECS: EcsProvider = { name: 'production', region: 'eu-central-1' };
const DATADOG: AnalysisProvider = {
  name: 'datadog',
  type: 'DATADOG',
  address: 'set by the test',
  apiKey: { base64: Buffer.from('sandbox-api-key').toString('base64') },
  applicationKey: { base64: Buffer.from('sandbox-application-key').toString('base64') },
  maxDelay: 20 * MINUTE,
  resolution: MINUTE,
};
const CONFIG: ServerConfig = {
  ecsProviders: [],
  analysisProviders: [],
  allowScripts: false,
  apiKeys: [],
  git: {},
  repositories: [],
  syncInterval: MINUTE,
  delivery: { trafficSettle: 0, drainSettle: 0, rollbackRecheck: 0, pollMin: 1, pollMax: 1, absence: 0 },
  host: '127.0.0.1',
  port: 0,
  archive: { folder: '' },
  dataDir: '.',
  publicUrl: 'http://127.0.0.1',
  sealKey: { base64: '' },
  notifications: { routes: [], receivers: [], approvalReminder: 0 },
  notNeeded: [],
};
const policySchema = z.object({
  Statement: z.array(
    z.object({
      Action: z.union([z.string(), z.array(z.string())]),
      Resource: z.union([z.string(), z.array(z.string())]),
      Condition: z.unknown().optional(),
    }),
  ),
});
const WALL: Clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

let sandbox: Sandbox | undefined;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-doctor-'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await sandbox?.close();
  sandbox = undefined;
  await rm(folder, { recursive: true });
});

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await startSandbox(options);
  vi.stubEnv('AWS_ENDPOINT_URL', sandbox.url);
  return sandbox;
}

async function panel(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${sandbox!.url}/_sandbox${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.ok).toBe(true);
  return await answer.json();
}

async function deny(operation: string, code = 'AccessDeniedException'): Promise<void> {
  const message = `User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: ${operation}`;
  await panel('POST', '/faults', { kind: 'api', operation, mode: 'error', code, message, times: 9 });
}

async function examine(over: Partial<ServerConfig>, clock = WALL): Promise<Check[]> {
  const config = { ...CONFIG, ...over };
  const sources = createSources(config.analysisProviders, openSecret);
  return (await createDoctor({ config, sources, clock, git: { head } })()).checks;
}

/** A git host that has one of the repositories. */
function head({ repoId }: { repoId: string }): Promise<string> {
  return repoId === 'shop'
    ? Promise.resolve('a'.repeat(40))
    : Promise.reject(new GitFailure('The host does not answer.'));
}

function named(checks: Check[], name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}

function awsError(name: string, status: number | undefined, message = ''): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

describe('judging a right', () => {
  const cases: [RightVerdict, string, number | undefined][] = [
    ['denied', 'AccessDenied', 403],
    ['denied', 'AccessDeniedException', 400],
    ['denied', 'UnauthorizedOperation', 403],
    ['denied', 'UnauthorizedException', 400],
    ['denied', 'NotAuthorized', 400],
    ['allowed', 'ClusterNotFoundException', 400],
    ['allowed', 'ServiceNotFoundException', 400],
    ['allowed', 'TaskSetNotFoundException', 400],
    ['allowed', 'ResourceNotFoundException', 404],
    ['allowed', 'ClientException', 400],
    ['allowed', 'InvalidParameterException', 400],
    ['allowed', 'ValidationError', 400],
    ['allowed', 'ValidationException', 400],
    ['allowed', 'ListenerNotFound', 400],
    ['allowed', 'OperationNotPermitted', 400],
    ['allowed', 'ConflictException', 409],
    ['unheard', 'ExpiredToken', 403],
    ['unheard', 'ExpiredTokenException', 400],
    ['unheard', 'CredentialsProviderError', undefined],
    ['unheard', 'UnrecognizedClientException', 400],
    ['unheard', 'InvalidClientTokenId', 403],
    ['unheard', 'SignatureDoesNotMatch', 403],
    ['unheard', 'InvalidSignatureException', 400],
    ['unheard', 'IncompleteSignature', 400],
    ['unheard', 'RequestTimeTooSkewed', 400],
    ['unheard', 'RequestExpired', 400],
    ['unheard', 'AuthFailure', 400],
    ['unheard', 'OptInRequired', 403],
    ['unheard', 'MissingAuthenticationToken', 403],
    ['unheard', 'UnknownOperationException', 400],
    ['unheard', 'InvalidAction', 400],
    ['unheard', 'NotImplemented', 400],
    ['unheard', 'Throttling', 400],
    ['unheard', 'ThrottlingException', 400],
    ['unheard', 'RequestLimitExceeded', 400],
    ['unheard', 'LimitExceededException', 400],
    ['unheard', 'ServerException', 500],
    ['unheard', 'InternalFailure', 500],
    ['unheard', 'ServiceUnavailable', 503],
    ['unheard', 'SyntaxError', 200],
    ['unheard', 'SyntaxError', 400],
    ['unheard', 'Error', 400],
    ['unheard', 'Unknown', 400],
    ['unheard', 'UnknownError', 404],
    ['unheard', 'ClusterNotFoundException', undefined],
    ['unheard', 'Forbidden', 401],
    ['unheard', 'Forbidden', 403],
    ['unheard', 'MethodNotAllowed', 405],
    ['unheard', 'ProxyAuthenticationRequired', 407],
    ['unheard', 'Moved', 301],
    ['unheard', 'TimeoutError', undefined],
    ['unheard', 'AbortError', undefined],
  ];
  it.each(cases)('is %s on %s (%s)', (verdict, name, status) => {
    expect(judgeRight(awsError(name, status))).toBe(verdict);
  });

  it('is allowed when the call was answered, and told by nothing else than an error', () => {
    expect(judgeRight()).toBe('allowed');
    expect(judgeRight('AccessDenied')).toBe('unheard');
    expect(judgeRight(null)).toBe('unheard');
  });

  it('has a probe for each command that the product sends', () => {
    expect([...Object.keys(PROBES), 'GetCallerIdentity'].sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it('takes every action that is not called Describe, List or Get for a change', () => {
    for (const [name, { kind }] of Object.entries(PROBES)) {
      expect([name, kind === 'read' || kind === 'optional']).toEqual([name, /^(Describe|List|Get)/.test(name)]);
    }
  });

  it('takes for limited what the policy limits', () => {
    const file = new URL('../../deploy/iam-policy.json', import.meta.url);
    const { Statement } = policySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const limited = Statement.filter(({ Resource, Condition }) => Resource !== '*' || Condition !== undefined);
    const actions = limited.flatMap(({ Action }) => Action);
    for (const [name, { kind }] of Object.entries(PROBES)) {
      const { action } = COMMANDS[name as keyof typeof COMMANDS];
      expect([action, kind === 'narrow']).toEqual([action, actions.includes(action)]);
    }
  });
});

describe('the lines of rights', () => {
  const right = (action: string, verdict: RightVerdict, kind: Right['kind'] = 'read', words = `${action}!`): Right => ({
    action,
    verdict,
    kind,
    words,
  });

  it('count what is allowed in one line', () => {
    const checks = rightChecks('p', [right('a', 'allowed'), right('b', 'allowed'), right('c', 'allowed', 'narrow')]);
    expect(checks).toEqual([
      {
        name: 'p: IAM',
        ok: true,
        detail:
          '2 of 2 reads and 1 of 1 changes allowed. ecs:TagResource at a creation and iam:PassRole cannot be tried without a change.',
      },
    ]);
  });

  it('have one for each action that is denied, in AWS’s words', () => {
    const checks = rightChecks('p', [right('a', 'allowed'), right('b', 'denied'), right('c', 'denied', 'change')]);
    expect(checks).toMatchObject([
      { name: 'p: IAM', detail: expect.stringContaining('1 of 2 reads and 0 of 1 changes') as string },
      { name: 'p: b', ok: false, detail: 'b!', fix: expect.stringContaining('deploy/iam-policy.json') as string },
      { name: 'p: c', ok: false, detail: 'c!' },
    ]);
  });

  it('stay few when nothing is allowed', () => {
    const denied = ['a', 'b', 'c', 'd', 'e', 'f'].map((action) => right(action, 'denied'));
    expect(rightChecks('p', denied)).toMatchObject([
      { name: 'p: IAM denied', ok: false, detail: 'Not allowed: a, b, c, d, e, f. The first: a!' },
    ]);
    expect(rightChecks('p', denied.slice(0, 5))).toHaveLength(5);
  });

  it('take a denial of a limited action for no proof', () => {
    const checks = rightChecks('p', [right('a', 'denied', 'narrow'), right('b', 'denied', 'narrow')]);
    expect(checks).toMatchObject([
      {
        name: 'p: IAM limited',
        ok: null,
        detail: expect.stringMatching(/^a, b: .*proves nothing/) as string,
        fix: expect.stringContaining('deploy/iam-policy.json') as string,
      },
    ]);
  });

  it('name apart what only metrics of CloudWatch need', () => {
    const checks = rightChecks('p', [right('a', 'allowed'), right('b', 'denied', 'optional')]);
    expect(checks).toMatchObject([
      { name: 'p: IAM', detail: expect.stringContaining('1 of 1 reads and 0 of 0 changes') as string },
      { name: 'p: CloudWatch', ok: null, detail: 'Not allowed: b, which only metrics of type CLOUDWATCH need.' },
    ]);
  });

  it('say what could not be told', () => {
    expect(rightChecks('p', [right('a', 'allowed'), right('b', 'unheard')])).toMatchObject([
      { ok: true },
      { name: 'p: IAM not told', ok: null, detail: 'Not told for b. The first: b!' },
    ]);
    expect(rightChecks('p', [right('b', 'unheard')])).toMatchObject([
      { ok: null, detail: 'None could be asked. The first: b!' },
    ]);
  });
});

describe('the clock', () => {
  const at = Date.UTC(2026, 10, 23, 8);
  const date = new Date(at).toUTCString();

  it('is compared with the middle of the call and of the second', () => {
    expect(skewOf({ sent: at, received: at + SECOND, date })).toBe(0);
    expect(skewOf({ sent: at + 60_000, received: at + 61_000, date })).toBe(60_000);
    expect(skewOf({ sent: at - 60_000, received: at - 59_000, date })).toBe(-60_000);
    expect(skewOf({ sent: at, received: at, date: 'yesterday' })).toBeUndefined();
  });

  it.each([
    [0, true, 'Within a second of AWS.'],
    [-999, true, 'Within a second of AWS.'],
    [30 * SECOND, true, '30s ahead of AWS.'],
    [30 * SECOND + 1, false, '30s ahead of AWS.'],
    [-31 * SECOND, false, '31s behind AWS.'],
    [undefined, null, 'AWS did not tell its time.'],
  ])('%s ms off: %s', (skew, ok, detail) => {
    const check = skewCheck('clock', 'AWS', skew);
    expect(check).toMatchObject({ ok, detail });
    expect(check.fix !== undefined).toBe(ok === false);
  });
});

describe('what to do about credentials', () => {
  const role = { ...ECS, roleArn: 'arn:aws:iam::1:role/sluice' };
  const cases: [string, Error, EcsProvider, RegExp][] = [
    ['missing', awsError('CredentialsProviderError', undefined), ECS, /^Write credentials .*AWS_PROFILE/],
    [
      'missing in a profile',
      awsError('CredentialsProviderError', undefined),
      { ...ECS, profile: 'prd', credentialsFile: '/etc/aws' },
      /profile prd of \/etc\/aws/,
    ],
    [
      'missing in a file',
      awsError('CredentialsProviderError', undefined),
      { ...ECS, credentialsFile: '/etc/aws' },
      /profile default of \/etc\/aws/,
    ],
    ['expired', awsError('ExpiredToken', 403), { ...ECS, profile: 'prd' }, /^Renew .*profile prd/],
    [
      'expired single sign-on',
      awsError('CredentialsProviderError', undefined, 'The SSO session has expired.'),
      ECS,
      /^Renew/,
    ],
    ['a clock', awsError('SignatureDoesNotMatch', 403, 'Signature expired: 2026 is now earlier than …'), ECS, /NTP/],
    ['an unknown key', awsError('InvalidClientTokenId', 403), ECS, /access key .*does not know it/],
    ['a role denied', awsError('AccessDenied', 403), role, /^Let the trust policy of arn:aws:iam::1:role\/sluice/],
    [
      'a role with an external id',
      awsError('AccessDenied', 403),
      { ...role, externalId: 'x' },
      /with this external id/,
    ],
    [
      'a refused token',
      awsError('InvalidIdentityToken', 400),
      { ...role, tokenFile: '/var/token' },
      /\/var\/token holds a token of a provider that arn/,
    ],
    [
      'no token file',
      Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }),
      { ...role, tokenFile: '/var/token' },
      /\/var\/token/,
    ],
    ['no network', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), ECS, /region eu-central-1.*network/],
  ];
  it.each(cases)('%s', (_, error, provider, words) => {
    expect(credentialsFix(error, provider)).toMatch(words);
  });
});

describe('things that cannot exist', () => {
  it('have ARNs of the account, and names and ids of their own for each examination', () => {
    const place = { partition: 'aws-cn', region: 'cn-north-1', account: '123456789012' };
    const one = nowhere(place, '0123456789abcdef0123456789abcdef');
    expect(one.rule).toBe(
      'arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:listener-rule/app/sluice-doctor/0123456789abcdef/0123456789abcdef/0123456789abcdef',
    );
    expect(one.taskSet).toMatch(/^ecs-svc\/\d{19}$/);
    expect(nowhere(place, 'ff'.repeat(16)).taskSet).toMatch(/^ecs-svc\/\d{19}$/);
  });
});

describe('limits', () => {
  it('give up on work that hears nothing, and tell it', async () => {
    let told: AbortSignal | undefined;
    const never = withinLimit(10, (signal) => {
      told = signal;
      return new Promise(() => undefined);
    });
    await expect(never).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer within 10ms' });
    expect(told?.aborted).toBe(true);
  });

  it('do a few at once, and keep the order', async () => {
    let running = 0;
    let most = 0;
    const results = await fewAtOnce([5, 1, 4, 2, 3], 2, async (ms) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, ms));
      running -= 1;
      return ms * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });
});

describe('an examination', () => {
  it('finds all well, and changes nothing', async () => {
    const { url, state } = await start();
    const standing = () => {
      const { services, taskSets, taskDefinitions, rules } = state();
      return { services, taskSets, taskDefinitions, rules };
    };
    const before = standing();
    const checks = await examine({ ecsProviders: [ECS], analysisProviders: [{ ...DATADOG, address: url }] });
    expect(standing()).toEqual(before);
    expect(checks).toEqual([
      {
        name: 'production: credentials',
        ok: true,
        detail: 'Account 123456789012, region eu-central-1, as arn:aws:iam::123456789012:user/sandbox.',
      },
      { name: 'production: clock', ok: true, detail: "Within a second of AWS's clock." },
      {
        name: 'production: IAM',
        ok: true,
        detail:
          '13 of 13 reads and 12 of 12 changes allowed. ecs:TagResource at a creation and iam:PassRole cannot be tried without a change.',
      },
      {
        name: 'datadog: query',
        ok: true,
        detail: `Datadog (${url}) answers, without data of load balancers in the last 15 minutes.`,
      },
    ]);
    const { calls } = (await panel('GET', '/calls?mutating=1')) as { calls: { operation: string; applied: boolean }[] };
    expect(calls.map(({ operation }) => operation).sort()).toEqual(
      Object.entries(PROBES)
        .flatMap(([name, { kind }]) => (kind === 'read' || kind === 'optional' ? [] : [name]))
        .sort(),
    );
    expect(calls.filter(({ applied }) => applied)).toEqual([]);
  });

  it('names the role that it assumes', async () => {
    await start();
    const roleArn = 'arn:aws:iam::210987654321:role/sluice';
    const checks = await examine({ ecsProviders: [{ ...ECS, roleArn }] });
    expect(checks[1]?.detail).toBe(
      'Account 210987654321, region eu-central-1, as arn:aws:sts::210987654321:assumed-role/sluice/sluice-doctor.',
    );
  });

  it('tells what IAM denies, and where a denial proves nothing', async () => {
    await start();
    await deny('DescribeServices');
    await deny('DescribeTargetHealth', 'AccessDenied');
    await deny('RegisterTaskDefinition');
    await deny('UpdateTaskSet');
    await deny('ModifyRule', 'AccessDenied');
    const checks = await examine({ ecsProviders: [ECS] });
    expect(named(checks, 'production: IAM')?.detail).toContain('11 of 13 reads and 9 of 12 changes allowed');
    expect(named(checks, 'production: ecs:DescribeServices')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('is not authorized to perform: DescribeServices') as string,
    });
    expect(named(checks, 'production: elasticloadbalancing:DescribeTargetHealth')?.ok).toBe(false);
    expect(named(checks, 'production: ecs:RegisterTaskDefinition')?.ok).toBe(false);
    expect(named(checks, 'production: IAM limited')).toMatchObject({
      ok: null,
      detail: expect.stringMatching(/^ecs:UpdateTaskSet, elasticloadbalancing:ModifyRule: /) as string,
    });
  });

  it('shows missing credentials once, and asks nothing more', async () => {
    await start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const checks = await examine({ ecsProviders: [ECS], analysisProviders: [{ ...DATADOG, address: sandbox!.url }] });
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['production: credentials', false],
      ['datadog: query', true],
    ]);
    expect(checks[0]?.fix).toMatch(/^Write credentials into the worker's environment/);
  });

  it('asks the bucket of the archive, and a folder not', async () => {
    await start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    expect(named(await examine({}), 'archive')).toBeUndefined();
    const archive = { s3: { bucket: 'acme', region: 'eu-central-1', pathStyle: true } };
    expect(named(await examine({ archive }), 'archive')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^s3:\/\/acme: .* cannot be listed: CredentialsProviderError: /) as string,
    });
  });

  it('tells expired credentials and the clock of the refusal', async () => {
    await start();
    const fault = { kind: 'api', operation: 'GetCallerIdentity', mode: 'error', code: 'ExpiredToken', status: 403 };
    await panel('POST', '/faults', { ...fault, message: 'The security token is expired', times: 9 });
    const checks = await examine({ ecsProviders: [{ ...ECS, name: 'a' }] });
    expect(checks.slice(1)).toMatchObject([
      {
        name: 'a: credentials',
        ok: false,
        detail: 'ExpiredToken: The security token is expired',
        fix: expect.stringMatching(/^Renew/) as string,
      },
      { name: 'a: clock', ok: true },
    ]);
  });

  it('warns of a clock that is off, against AWS and against Datadog', async () => {
    const { url } = await start();
    const slow: Clock = { ...WALL, now: () => Date.now() - 90 * SECOND };
    const checks = await examine({ ecsProviders: [ECS], analysisProviders: [{ ...DATADOG, address: url }] }, slow);
    expect(named(checks, 'production: clock')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^1m(29|30|31)s? behind AWS's clock\.$/) as string,
    });
    expect(named(checks, 'datadog: clock')?.ok).toBe(false);
  });

  it('says when something that is not AWS answers', async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html/>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const checks = await examine({ ecsProviders: [ECS] });
    server.closeAllConnections();
    server.close();
    expect(named(checks, 'production: credentials')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('is not AWS') as string,
    });
    expect(named(checks, 'production: IAM')).toBeUndefined();
  });

  it('ends in time, and says what it could not ask', async () => {
    await start();
    await panel('POST', '/faults', { kind: 'api', operation: 'DescribeServices', mode: 'hang', times: 9 });
    let asked = 0;
    // After the first look at it, there are 300 ms left of the examination's time.
    const late: Clock = { ...WALL, now: () => ((asked += 1) === 1 ? 0 : 39_700) };
    const checks = await examine({ ecsProviders: [ECS] }, late);
    expect(named(checks, 'production: IAM not told')).toMatchObject({
      ok: null,
      detail: expect.stringContaining('ecs:DescribeServices') as string,
    });
    const over: Clock = { ...WALL, now: () => ((asked += 1) === 1 ? 0 : 41_000) };
    asked = 0;
    expect(named(await examine({ ecsProviders: [ECS] }, over), 'production: IAM not told')?.detail).toBe(
      'None could be asked. The first: there was no time left to ask',
    );
  });

  it.each([
    [{ refuseKey: true }, false, /does not take the keys of the provider datadog/],
    [{ status: 500 }, false, /Datadog answered 500/],
    [{ status: 429, retryAfter: 30 }, null, /rate limit is used up/],
    [{ malformed: true }, false, /not one of Datadog/],
    [{ refuseConnection: true }, false, /could not be reached/],
  ])('tells what a metrics provider answers: %j', async (fault, ok, words) => {
    const { url } = await start();
    await panel('POST', '/faults', { kind: 'metrics', ...fault });
    const checks = await examine({ ecsProviders: [], analysisProviders: [{ ...DATADOG, address: url }] });
    expect(named(checks, 'datadog: query')).toMatchObject({ ok, detail: expect.stringMatching(words) as string });
  });

  it('asks CloudWatch as a measurement would, and takes one that nobody configured less seriously', async () => {
    await start();
    const cloudWatch: AnalysisProvider = {
      name: 'cw',
      type: 'CLOUDWATCH',
      region: 'eu-central-1',
      maxDelay: 10 * MINUTE,
      resolution: MINUTE,
    };
    const all = [cloudWatch, { ...cloudWatch, name: 'implied', implied: true }];
    expect(await examine({ ecsProviders: [ECS], analysisProviders: all })).toContainEqual({
      name: 'cw: query',
      ok: true,
      detail: 'CloudWatch (eu-central-1) answers, without data of load balancers in the last 15 minutes.',
    });
    await deny('GetMetricData', 'AccessDenied');
    const checks = await examine({ ecsProviders: [ECS], analysisProviders: all });
    expect(named(checks, 'cw: query')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('Allow cloudwatch:GetMetricData') as string,
    });
    expect(named(checks, 'implied: query')).toMatchObject({ ok: null });
    expect(named(checks, 'production: CloudWatch')).toMatchObject({ ok: null });
  });

  it('tells that nothing is configured, and what to write', async () => {
    expect(await examine({})).toMatchObject([
      { name: 'ECS provider', ok: false, fix: expect.stringContaining('ecsProviders') as string },
      { name: 'analysis provider', ok: null, fix: expect.stringContaining('spec.analysisProviders') as string },
    ]);
  });

  it('names the webhook’s host alone, and opens its secret', async () => {
    const file = join(folder, 'secret');
    const webhook = { url: 'https://hooks.example.com/T0/very-secret', secret: { file } };
    const missing = named(await examine({ webhook }), 'webhook');
    expect(missing).toMatchObject({ ok: false, detail: expect.stringContaining('does not exist') as string });
    await writeFile(file, 'shh\n');
    const found = named(await examine({ webhook }), 'webhook');
    expect(found).toEqual({
      name: 'webhook',
      ok: true,
      detail: 'Goes to hooks.example.com, and its secret can be read. Nothing was sent.',
    });
    expect(JSON.stringify([missing, found])).not.toMatch(/very-secret|shh/);
  });
});

describe('a receiver of notices', () => {
  it('has each of its secrets opened, and is sent nothing', async () => {
    const hook = join(folder, 'hook');
    const key = join(folder, 'key');
    await writeFile(hook, 'http://127.0.0.1:1/very-secret\n');
    const mentions = { users: [], groups: [] };
    const notifications = {
      routes: [],
      approvalReminder: 0,
      receivers: [
        { type: 'SLACK_HOOK', name: 'dev', url: { file: hook }, mentions },
        { type: 'SLACK', name: 'prod', token: { env: 'NO_SUCH_TOKEN' }, channel: 'C1', apiUrl: 'http://x', mentions },
        { type: 'WEBHOOK', name: 'ci', url: { file: hook }, secret: { file: key } },
      ],
    } satisfies ServerConfig['notifications'];
    const checks = await examine({ notifications });
    expect(named(checks, 'receiver dev')).toEqual({
      name: 'receiver dev',
      ok: true,
      detail: 'Its secrets can be read. Nothing was sent.',
    });
    expect(named(checks, 'receiver prod')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('NO_SUCH_TOKEN') as string,
    });
    expect(named(checks, 'receiver ci')).toMatchObject({ ok: false, detail: expect.stringContaining(key) as string });
    expect(JSON.stringify(checks)).not.toContain('very-secret');
  });
});

describe('a repository', () => {
  const of = (repoId: string, more = {}) => ({ repoId, remote: 'git@host:r.git', branch: 'main', ...more });

  it('is asked for its branch', async () => {
    const checks = await examine({ repositories: [of('shop'), of('away')] });
    expect(named(checks, 'repository shop')).toEqual({
      name: 'repository shop',
      ok: true,
      detail: 'Its branch main is at aaaaaaaaa.',
    });
    expect(named(checks, 'repository away')).toMatchObject({ ok: false, detail: 'The host does not answer.' });
  });

  it('has the keys for secrets that belong together', async () => {
    const [one, other] = [makeKeyPair(), makeKeyPair()];
    const base64 = (text: string): { base64: string } => ({ base64: Buffer.from(text).toString('base64') });
    const check = async (secretKeys: SecretKeys): Promise<Check | undefined> =>
      named(await examine({ secretKeys }), 'key for secrets');
    const privateKey = base64(one.privateKey);
    expect(await check({ privateKey, publicKey: base64(one.publicKey) })).toMatchObject({ ok: true });
    expect(await check({ privateKey })).toMatchObject({ ok: true, detail: 'The private key is there.' });
    expect(await check({ privateKey, publicKey: base64(other.publicKey) })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('not that of the private one') as string,
    });
    expect(await check({ privateKey: { file: '/nowhere/key' } })).toMatchObject({ ok: false });
    expect(await check({ privateKey: base64('nothing') })).toMatchObject({ ok: false });
  });

  it('has a webhook secret that can be read', async () => {
    const checks = await examine({ repositories: [of('shop', { webhookSecret: { file: '/nowhere/secret' } })] });
    expect(named(checks, 'repository shop')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('does not exist') as string,
    });
  });
});
