import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILES } from '../../cli/init/files.js';
import { openPrompt } from '../../cli/prompt.js';
import { parseRelease, type ParsedRelease } from '../../spec/release.js';
import { ALL_SOURCES } from '../spec/metric-file.js';
import { run, type Ran } from './run.js';

const BLUE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/1111111111111111';
const GREEN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/2222222222222222';
const ROLE = 'arn:aws:iam::123456789012:role/web-execution';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-init-'));
});
afterEach(() => rm(dir, { recursive: true }));

type Flags = Readonly<Record<string, string>>;

const ENOUGH: Flags = {
  app: 'web',
  cluster: 'production',
  image: 'example/web:1.27',
  'primary-target-group': BLUE,
  'canary-target-group': GREEN,
  subnets: 'subnet-1,subnet-2',
};

function flags(given: Flags): string[] {
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
}

const init = (given: Flags, ...more: string[]): Promise<Ran> => run(['init', dir, ...flags(given), ...more]);

/** The files as a server reads them that has a provider of each kind. */
async function release(): Promise<ParsedRelease> {
  const texts = await Promise.all(FILES.map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const));
  const files = Object.fromEntries(texts);
  return parseRelease({ app: 'web', files, known: ALL_SOURCES, seal: (plain) => plain });
}

const METRICS = ['cloudwatch', 'datadog', 'prometheus', 'tasks', 'none'];
const NETWORKS = [{}, { 'security-groups': 'sg-1, sg-2', 'public-ip': 'yes' }];
const ROLES = [{}, { 'execution-role': ROLE }];
const COMBINATIONS = METRICS.flatMap((metrics) =>
  NETWORKS.flatMap((network) => ROLES.map((role): Flags => ({ metrics, ...network, ...role }))),
);

describe('the files of sluice init', () => {
  it.each(COMBINATIONS)('pass lint without a word: %j', async (more) => {
    expect((await init({ ...ENOUGH, ...more }, '--yes')).code).toBe(0);
    const lint = await run(['lint', dir]);
    expect([lint.code, lint.out]).toEqual([0, expect.stringMatching(/^0 errors, 0 warnings/)]);
    const { release: read, findings } = await release();
    expect(findings).toEqual([]);
    expect(read).toMatchObject({
      image: 'example/web:1.27',
      service: {
        cluster: 'production',
        serviceName: 'web',
        desiredCount: 2,
        createTaskSet: {
          launchType: 'FARGATE',
          networkConfiguration: {
            awsvpcConfiguration: {
              subnets: ['subnet-1', 'subnet-2'],
              assignPublicIp: more['public-ip'] === 'yes' ? 'ENABLED' : 'DISABLED',
            },
          },
        },
      },
      targetGroups: {
        primary: { targetGroupArn: BLUE, containerName: 'web', containerPort: 80 },
        canary: { targetGroupArn: GREEN, containerName: 'web', containerPort: 80 },
      },
    });
    expect(JSON.stringify(read).includes('sg-2')).toBe('security-groups' in more);
    expect(read?.taskDefinition.sealed.includes(ROLE)).toBe('execution-role' in more);
    const names = read?.pipeline.map(({ name }) => name);
    expect(names).toEqual([
      'ECS_CANARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      more['metrics'] === 'none' ? 'WAIT_APPROVAL' : 'ANALYSIS',
      'ECS_PRIMARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      'ECS_CANARY_CLEAN',
    ]);
    const gate = read?.pipeline.find((stage) => stage.name === 'ANALYSIS');
    const strategies = gate?.metrics.map(({ strategy, provider }) => [strategy, provider]);
    const compared = ['CANARY_PRIMARY', more['metrics']];
    expect(strategies).toEqual(more['metrics'] === 'none' ? undefined : [compared, compared]);
  });

  it('keep what YAML would take for something else', async () => {
    const odd = { app: '007', service: 'true', container: 'null', cluster: '1e3', image: '0x1f' };
    const { code } = await init(
      { ...ENOUGH, ...odd, port: '8080', 'metrics-provider': 'on #1'.replace(' ', '') },
      '-y',
    );
    expect(code).toBe(0);
    const texts = await readFile(join(dir, 'app.pipecd.yaml'), 'utf8');
    expect(texts).toContain('name: "007"');
    expect(texts).toContain('provider: on#1');
    const { release: read } = await parseWithoutProviders();
    expect(read).toMatchObject({
      image: '0x1f',
      service: { cluster: '1e3', serviceName: 'true' },
      targetGroups: { canary: { containerName: 'null', containerPort: 8080 } },
    });
  });

  async function parseWithoutProviders(): Promise<ParsedRelease> {
    const texts = await Promise.all(
      FILES.map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const),
    );
    return parseRelease({ app: '007', files: Object.fromEntries(texts), seal: (plain) => plain });
  }

  it('warn of what moves', async () => {
    const { code, out } = await init({ ...ENOUGH, image: 'example/web:latest' }, '--yes');
    expect(code).toBe(0);
    expect(out).toContain('has the tag latest, which moves');
  });

  it.each(FILES)('are not written over %s without --force', async (name) => {
    await writeFile(join(dir, name), 'mine\n');
    const refused = await init(ENOUGH, '--yes');
    expect([refused.code, refused.said]).toEqual([2, expect.stringContaining(`${name} is there already`)]);
    expect(await readdir(dir)).toEqual([name]);
    expect(await readFile(join(dir, name), 'utf8')).toBe('mine\n');
    expect((await init(ENOUGH, '--yes', '--force')).code).toBe(0);
    expect(await readFile(join(dir, name), 'utf8')).not.toBe('mine\n');
  });

  it('are not written when a deployment would be refused', async () => {
    const elsewhere = GREEN.replace('eu-central-1', 'eu-west-1');
    const { code, said } = await init({ ...ENOUGH, 'canary-target-group': elsewhere }, '--yes');
    expect(code).toBe(1);
    expect(said).toContain('targetGroups.canary in 123456789012 eu-west-1');
    expect(await readdir(dir)).toEqual([]);
  });

  it('are named by --json', async () => {
    const { out } = await init(ENOUGH, '--yes', '--json');
    expect(JSON.parse(out)).toEqual({ dir, files: FILES, notes: [], warnings: [] });
  });
});

describe('sluice init without a terminal', () => {
  it('names each flag that it needs', async () => {
    const { code, said } = await init({ app: 'web' });
    expect(code).toBe(2);
    expect(said).toContain('Not known: --cluster, --image, --primary-target-group, --canary-target-group, --subnets.');
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    [{ app: 'Web Shop' }, '--app must be lower-case'],
    [{ port: '70000' }, '--port'],
    [{ port: 'http' }, '--port must be a port number'],
    [{ subnets: 'sg-1' }, '--subnets must be subnet-…'],
    [{ 'canary-target-group': BLUE }, '--canary-target-group must be another group'],
    [{ 'primary-target-group': 'blue' }, '--primary-target-group must be the ARN of a target group'],
    [{ 'execution-role': 'web' }, '--execution-role must be arn:aws:iam'],
    [{ metrics: 'newrelic' }, 'Allowed choices are cloudwatch'],
    [{ region: 'eu-central-1' }, '--region is for --from-service'],
    [{ 'from-service': 'a/b' }, 'cannot be used with'],
  ] as [Flags, string][])('refuses %j', async (wrong, words) => {
    const { code, said } = await init({ ...ENOUGH, ...wrong });
    expect([code, said]).toEqual([2, expect.stringContaining(words)]);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('sluice init on a terminal', () => {
  /** Types a line whenever something is asked; ends the input after the last one. */
  async function typing(lines: string[], ...args: string[]): Promise<Ran & { asked: string }> {
    const input = new PassThrough();
    const output = new PassThrough();
    const left = [...lines];
    let asked = '';
    output.on('data', (chunk: Buffer) => {
      asked += chunk.toString();
      if (!asked.endsWith(': ')) return;
      const line = left.shift();
      if (line === undefined) input.end();
      else input.write(`${line}\n`);
    });
    const ran = await run(['init', dir, ...args], () => openPrompt(input, output));
    expect(left).toEqual([]);
    return { ...ran, asked };
  }

  it('asks until an answer is right, and takes what is proposed for an empty one', async () => {
    const answers = ['Web', 'web', 'production', '', 'example/web:1.27', '', '8080', BLUE, BLUE, GREEN, 'subnet-1'];
    const { code, asked } = await typing([...answers, '', '', '', 'datadog', '']);
    expect(code).toBe(0);
    expect(asked).toContain('It must be lower-case letters');
    expect(asked).toContain('It must be another group than the one that serves');
    expect(asked).toContain('ECS service [web]: ');
    const { release: read } = await release();
    expect(read).toMatchObject({
      service: { serviceName: 'web' },
      targetGroups: { canary: { targetGroupArn: GREEN, containerPort: 8080 } },
    });
    expect(read?.pipeline[2]).toMatchObject({ metrics: [{ provider: 'datadog' }, { provider: 'datadog' }] });
  });

  it('does not ask what a flag says, nor for a provider where nothing is measured', async () => {
    const { code, asked } = await typing(['', '', '', '', '', '', 'none'], ...flags(ENOUGH));
    expect(code).toBe(0);
    expect(asked).not.toContain('Name of the application');
    expect(asked).not.toContain('analysis provider');
  });

  it('asks nothing with --yes', async () => {
    const { code, asked } = await typing([], '--yes', ...flags(ENOUGH));
    expect([code, asked]).toEqual([0, '']);
  });

  it('writes nothing when the person goes away', async () => {
    const { code, said } = await typing(['web']);
    expect([code, said]).toEqual([1, 'sluice: No answer was given; nothing was written.']);
    expect(await readdir(dir)).toEqual([]);
  });
});
