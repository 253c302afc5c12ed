import { randomBytes } from 'node:crypto';
import { openSecret } from '../../config/secret.js';
import { isPair, secretOpener } from '../../config/secret-key.js';
import type {
  EcsProvider,
  GitRepository,
  Receiver,
  SecretKeys,
  SecretRef,
  ServerConfig,
  Webhook,
} from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { createClientCache } from '../aws/clients.js';
import type { Clock } from '../context.js';
import { GitFailure } from '../git/repository.js';
import type { Git } from '../git/repository.js';
import type { FindSource } from '../metrics/sources.js';
import type { Check, DoctorActivities } from '../people.js';
import { examineArchive } from './archive.js';
import { examineAnalysisProvider } from './analysis-provider.js';
import { examineCaller } from './caller-identity.js';
import { nowhere } from './probes.js';
import { probeRights, rightChecks } from './rights.js';

/** The workflow gives up after a minute. */
const WHOLE_LIMIT = 40 * SECOND;

export interface DoctorDeps {
  config: ServerConfig;
  sources: FindSource;
  clock: Clock;
  git: Pick<Git, 'head'>;
}

async function examineEcsProvider(provider: EcsProvider, clock: Clock, remaining: () => number): Promise<Check[]> {
  // Fresh ones, so that credentials mended a moment ago are seen, and without a limiter: there is one call for each action.
  const aws = createClientCache({ admit: () => Promise.resolve() })({ provider, deployment: 'doctor', urgent: false });
  try {
    const { caller, checks } = await examineCaller(provider, aws.sts, clock);
    if (!caller) return checks;
    const none = nowhere({ ...caller, region: provider.region }, randomBytes(16).toString('hex'));
    return [...checks, ...rightChecks(provider.name, await probeRights(aws, none, remaining))];
  } finally {
    const { ecs, ecsChanges, elb, elbChanges, sts, scaling, cloudWatch } = aws;
    for (const client of [ecs, ecsChanges, elb, elbChanges, sts, scaling, cloudWatch]) client.destroy();
  }
}

async function examineWebhook({ url, secret }: Webhook): Promise<Check> {
  const { host } = new URL(url);
  try {
    await openSecret(secret);
    return { name: 'webhook', ok: true, detail: `Goes to ${host}, and its secret can be read. Nothing was sent.` };
  } catch (error) {
    const detail = `Goes to ${host}. ${error instanceof Error ? error.message : String(error)}`;
    return { name: 'webhook', ok: false, detail, fix: 'Put the secret there, readable for the worker.' };
  }
}

async function examineSecretKeys({ privateKey, publicKey }: SecretKeys): Promise<Check> {
  const name = 'key for secrets';
  const fix = 'Make a pair with `sluice encrypt --new-keys DIR`, and name both in secretManagement.config.';
  try {
    const pem = await openSecret(privateKey);
    secretOpener(pem);
    if (publicKey && !isPair(pem, await openSecret(publicKey))) {
      const detail = 'The public key is not that of the private one: what is encrypted with it cannot be opened.';
      return { name, ok: false, detail, fix };
    }
    return { name, ok: true, detail: publicKey ? 'Both keys are there, and fit.' : 'The private key is there.' };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), fix };
  }
}

function secretsOf(receiver: Receiver): SecretRef[] {
  switch (receiver.type) {
    case 'SLACK':
      return [receiver.token];
    case 'SLACK_HOOK':
      return [receiver.url];
    case 'WEBHOOK':
      return [receiver.url, receiver.secret, receiver.header?.value].filter((ref) => ref !== undefined);
    default:
      return receiver satisfies never;
  }
}

async function examineReceiver(receiver: Receiver): Promise<Check> {
  const name = `receiver ${receiver.name}`;
  try {
    await Promise.all(secretsOf(receiver).map((ref) => openSecret(ref)));
    return { name, ok: true, detail: 'Its secrets can be read. Nothing was sent.' };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, ok: false, detail, fix: 'Put the secret there, readable for the worker.' };
  }
}

async function examineRepository(repository: GitRepository, git: DoctorDeps['git']): Promise<Check> {
  const { repoId, branch, webhookSecret } = repository;
  const name = `repository ${repoId}`;
  try {
    const head = await git.head(repository);
    if (webhookSecret) await openSecret(webhookSecret);
    return { name, ok: true, detail: `Its branch ${branch} is at ${head.slice(0, 9)}.` };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (error instanceof GitFailure) return { name, ok: false, detail };
    return { name, ok: false, detail, fix: 'Put what is missing there, readable for worker and API.' };
  }
}

/**
 * Makes the activity that looks at everything the worker depends on but Temporal: each ECS provider's credentials, clock and IAM
 * actions, each metrics provider, each repository, the archive's bucket, each receiver of notices. It changes nothing and delivers nothing, and answers within 45 s.
 */
export function createDoctor({ config, sources, clock, git }: DoctorDeps): DoctorActivities['examine'] {
  return async function examine(): Promise<{ checks: Check[] }> {
    const end = clock.now() + WHOLE_LIMIT;
    const { ecsProviders, analysisProviders, repositories, webhook, notifications, secretKeys } = config;
    const checks = await Promise.all([
      ...ecsProviders.map((provider) => examineEcsProvider(provider, clock, () => end - clock.now())),
      ...analysisProviders.map((provider) => examineAnalysisProvider(provider, sources, clock)),
      ...repositories.map((repository) => examineRepository(repository, git)),
      examineArchive(config.archive),
      ...(webhook ? [examineWebhook(webhook)] : []),
      ...(secretKeys ? [examineSecretKeys(secretKeys)] : []),
      ...notifications.receivers.map(examineReceiver),
    ]);
    return { checks: [...missing(config), ...checks.flat()] };
  };
}

function missing({ ecsProviders, analysisProviders }: ServerConfig): Check[] {
  const checks: Check[] = [];
  if (ecsProviders.length === 0) {
    checks.push({
      name: 'ECS provider',
      ok: false,
      detail: 'None is configured, so nothing can be delivered.',
      fix: 'Write into a file that SLUICE_CONFIG names: {apiVersion: sluice.dev/v1, kind: Sluice, spec: {ecsProviders: [{name: production, region: eu-central-1}]}}.',
    });
  }
  if (analysisProviders.length === 0) {
    checks.push({
      name: 'analysis provider',
      ok: null,
      detail: 'None is configured: a pipeline with ANALYSIS is refused.',
      fix: 'If you need one, write it under spec.analysisProviders: {name, type: CLOUDWATCH, region}, {name, type: DATADOG, address, apiKeyFile, applicationKeyFile} or {name, type: PROMETHEUS, address}.',
    });
  }
  return checks;
}
