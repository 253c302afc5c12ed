import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Option } from 'commander';
import { formatFinding, type Finding } from '../../model/finding.js';
import { APP_NAME } from '../../spec/http.js';
import { parseRelease } from '../../spec/release.js';
import type { Context } from '../context.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import { ANSWERED, METRICS, type Typed } from '../init/answers.js';
import { draftOf, draftOfService } from '../init/draft.js';
import { FILES, initFiles, type Draft, type InitFiles } from '../init/files.js';
import type { CommandHost } from '../program.js';
import { lintLines } from './lint.js';

interface InitOptions extends Typed {
  fromService?: string;
  region?: string;
  yes?: true;
  force?: true;
  json?: true;
}

/** What is read from a service, and so cannot be said beside it. */
const READ_FROM_SERVICE = [
  'cluster',
  'container',
  'port',
  'primaryTargetGroup',
  'subnets',
  'securityGroups',
  'publicIp',
  'executionRole',
];

/** `sluice init`: an application's three files, from answers or from a service that runs. */
export function addInit({ program, context }: CommandHost): void {
  const command = program
    .command('init')
    .description('Write app.pipecd.yaml, servicedef.yaml and taskdef.yaml: a canary with ready-made metrics.')
    .argument('[dir]', 'the folder', '.')
    .addOption(
      new Option(
        '--from-service <cluster/service>',
        'read a service that runs, with your own AWS credentials; nothing is changed there',
      ).conflicts(READ_FROM_SERVICE),
    )
    .option('--region <region>', 'where --from-service is; AWS_REGION when left out')
    .option('--app <name>', 'name of the application')
    .option('--cluster <cluster>', 'ECS cluster, name or ARN')
    .option('--service <name>', 'ECS service')
    .option('--image <image>', 'the first image')
    .option('--container <name>', 'the container that serves')
    .option('--port <number>', 'its port')
    .option('--primary-target-group <arn>', 'the target group that serves')
    .option('--canary-target-group <arn>', 'the target group for canaries')
    .option('--subnets <ids>', 'subnets of the tasks, divided by commas')
    .option('--security-groups <ids>', 'security groups of the tasks, divided by commas')
    .addOption(new Option('--public-ip <choice>', 'public addresses for the tasks').choices(['yes', 'no']))
    .option('--execution-role <arn>', 'the execution role')
    .addOption(
      new Option('--metrics <source>', 'where the canary is measured; none: a person approves').choices(METRICS),
    )
    .option('--metrics-provider <name>', 'its name in the server configuration; the source’s when left out')
    .option('-y, --yes', 'ask nothing: take what is proposed')
    .option('--force', 'write over files that are there')
    .option('--json', 'answer as JSON')
    .action((dir: string, options: InitOptions) => init(context, dir, options));
  addExamples(
    command,
    ['asks what it has to know', 'sluice init web'],
    ['from a service that runs', 'sluice init web --from-service production/web --region eu-central-1'],
    [
      'asks nothing',
      'sluice init web --yes --from-service production/web --metrics datadog --canary-target-group "$GREEN_ARN"',
    ],
  );
}

async function init(context: Context, named: string, options: InitOptions): Promise<void> {
  const dir = resolve(named);
  const { fromService, region, yes, force = false, json } = options;
  if (!force) await refuseExisting(dir);
  const draft = await drafted();
  const files = initFiles(draft);
  const warnings = checked(draft, files);
  await write(dir, files, force);
  if (json) return context.out(JSON.stringify({ dir, files: FILES, notes: draft.notes, warnings }));
  context.out(`Wrote ${FILES.map((name) => join(named, name)).join(', ')}.`);
  for (const note of draft.notes) context.out(`⚠ ${note}`);
  if (warnings.length > 0) for (const line of lintLines(warnings, true)) context.out(line);
  context.out(`Next:\n  sluice plan ${named}\n  sluice deploy ${named} --wait`);

  async function drafted(): Promise<Draft> {
    const given: Typed = Object.fromEntries(
      ANSWERED.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
    );
    if (fromService === undefined && region !== undefined) {
      throw new CommandFailure(EXIT.wrongUse, '--region is for --from-service.', 'Leave it out.');
    }
    // The SDK takes a while to load, and no other command needs it.
    const running =
      fromService === undefined
        ? undefined
        : await (await import('../init/running-service.js')).readRunningService(fromService, region);
    const prompt = yes ? undefined : context.openPrompt?.();
    try {
      return running
        ? await draftOfService(running, given, { app: asName(running.serviceName) }, prompt)
        : await draftOf(given, { app: asName(basename(dir)) }, prompt);
    } finally {
      prompt?.close();
    }
  }
}

/** What a folder or service is called, as an application may be. */
function asName(text: string): string | undefined {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return APP_NAME.test(name) ? name : undefined;
}

async function refuseExisting(dir: string): Promise<void> {
  for (const name of FILES) {
    const there = await stat(join(dir, name)).then(
      () => true,
      () => false,
    );
    if (there) throw alreadyThere(join(dir, name));
  }
}

function alreadyThere(path: string): CommandFailure {
  return new CommandFailure(EXIT.wrongUse, `${path} is there already.`, 'Name another folder, or say --force.');
}

/** Nothing is written that a deployment would be refused for. */
function checked({ app }: Draft, files: InitFiles): Finding[] {
  const { findings } = parseRelease({ app, files, seal: (plain) => plain });
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return findings;
  const lines = errors.map((finding) => `✖ ${formatFinding(finding)}`);
  throw new CommandFailure(EXIT.failed, ['This would be refused; nothing was written.', ...lines].join('\n'));
}

async function write(dir: string, files: InitFiles, force: boolean): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    for (const name of FILES) await writeFile(join(dir, name), files[name], { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw alreadyThere(dir);
    throw new CommandFailure(EXIT.failed, `The files were not written: ${String(error)}.`, 'Name another folder.');
  }
}
