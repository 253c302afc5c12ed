import { resolve } from 'node:path';
import { inherited } from '../../config/command-line.js';
import { ConfigError } from '../../config/config-error.js';
import { splitFiles } from '../../config/environment.js';
import { knownProviders } from '../../config/known-providers.js';
import { loadServerConfig } from '../../config/load.js';
import { formatFinding, type Finding } from '../../model/finding.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import { parseRelease } from '../../spec/release.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { readReleaseFolder } from '../release-folder.js';

interface LintOptions {
  config?: string;
  app?: string;
  provider?: string;
  json?: true;
}

/** `sluice lint`: what the server would say to the files of a folder, without a server. */
export function addLint({ program, context, done }: CommandHost): void {
  const command = program
    .command('lint')
    .description('Check an application without a server. Exit code 1 when there are errors; warnings stop nothing.')
    .argument('[dir]', 'the folder that holds app.pipecd.yaml', '.')
    .option(
      '--config <files>',
      'server configuration, divided by commas, to check provider names; SLUICE_CONFIG when left out',
    )
    .option('--app <name>', 'name of the application; spec.name of the file when left out')
    .option('--provider <name>', 'the ECS provider, when several are configured')
    .option('--json', 'answer with the findings as JSON')
    .action(async (dir: string, { config, app, provider, json }: LintOptions) => {
      const folder = await readReleaseFolder(resolve(dir));
      const files = config === undefined ? context.environment.configFiles : splitFiles(config);
      const known = files.length === 0 ? undefined : await readProviders(files);
      const { findings } = parseRelease({
        app: app ?? folder.app ?? 'app',
        files: folder.files,
        provider,
        known,
        // Nothing leaves this process, so nothing needs sealing.
        seal: (plain) => plain,
      });
      const errors = findings.filter(({ level }) => level === 'error').length;
      if (json) context.out(JSON.stringify({ findings, providersChecked: known !== undefined }));
      else
        for (const line of lintLines(findings, known !== undefined)) context.out(context.terminal?.paint(line) ?? line);
      if (errors > 0) done(EXIT.failed);
    });
  addExamples(
    command,
    ['the files of the folder web', 'sluice lint web'],
    ['names of providers too', 'sluice lint web --config sluice.yaml'],
  );
}

/** One line for each finding, errors first, and a summary. */
export function lintLines(findings: Finding[], providersChecked: boolean): string[] {
  const errors = findings.filter(({ level }) => level === 'error');
  const warnings = findings.filter(({ level }) => level === 'warning');
  return [
    ...errors.map((finding) => `✖ ${formatFinding(finding)}`),
    ...warnings.map((finding) => `⚠ ${formatFinding(finding)}`),
    `${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}`,
    ...(providersChecked ? [] : ['Names of providers were not checked: give the server configuration with --config.']),
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

async function readProviders(files: string[]): Promise<KnownProviders> {
  try {
    return knownProviders(await loadServerConfig({ ...inherited(), SLUICE_CONFIG: files.join(',') }));
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(EXIT.wrongUse, error.message);
    throw error;
  }
}
