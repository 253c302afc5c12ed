import type { Millis } from '../model/duration.js';
import type { Mentioned, Route } from '../model/notification.js';

/** Where a secret is, never the secret itself: opened in the activity at each use, so a rotated key needs no restart. */
export type SecretRef = { file: string } | { env: string } | { base64: string };

/** A region of an AWS account, and whose rights it is asked with. */
export interface AwsAccess {
  region: string;
  profile?: string;
  credentialsFile?: string;
  roleArn?: string;
  /** With `roleArn`: AssumeRoleWithWebIdentity. Without it `roleArn` is assumed from the base chain. */
  tokenFile?: string;
  externalId?: string;
}

/** An AWS account and region that Sluice delivers to (PipeCD's platform provider of type ECS). */
export interface EcsProvider extends AwsAccess {
  name: string;
}

interface AnalysisProviderCommon {
  name: string;
  /** Defaults for the metrics of this provider that do not say otherwise. */
  delay?: Millis;
  maxDelay: Millis;
  resolution: Millis;
}

export interface DatadogProvider extends AnalysisProviderCommon {
  type: 'DATADOG';
  /** A host (`datadoghq.eu`) or a full base URL. */
  address: string;
  apiKey: SecretRef;
  applicationKey: SecretRef;
  /** Which query endpoint is asked; absent means v1. */
  apiVersion?: 'v1' | 'v2';
}

/** Any server that speaks Prometheus's HTTP API. */
export interface PrometheusProvider extends AnalysisProviderCommon {
  type: 'PROMETHEUS';
  /** Base URL with the path prefix, if any (`https://mimir.example/prometheus`), without a trailing slash. */
  address: string;
  basic?: { username: SecretRef; password: SecretRef };
  bearerToken?: SecretRef;
  /** Further headers of each question. */
  headers?: Readonly<Record<string, SecretRef>>;
  /** PEM files, read at each use. */
  tls?: { caFile?: string; certFile?: string; keyFile?: string; serverName?: string };
}

/** CloudWatch of one account and region, asked directly. */
export interface CloudWatchProvider extends AnalysisProviderCommon, AwsAccess {
  type: 'CLOUDWATCH';
  /** Nobody configured it: it is the CloudWatch of the ECS provider of the same name. */
  implied?: boolean;
}

/** The tasks themselves, scraped by the worker: nothing is kept anywhere else, and nothing is late. */
export interface TasksProvider extends AnalysisProviderCommon {
  type: 'TASKS';
  /** Of the Prometheus exposition, on each task's private address. */
  path: string;
  /** Absent: the container's port in the target group. */
  port?: number;
  /** Absent: half the resolution, at most 5 s. */
  scrapeInterval?: Millis;
  /** For one scrape. */
  timeout: Millis;
}

/** A metrics source (PipeCD's analysis provider). A new kind is a member here, a parser in a file of its own and a source under `activities/metrics/`. */
export type AnalysisProvider = DatadogProvider | CloudWatchProvider | PrometheusProvider | TasksProvider;

/** What a key may do: a viewer reads, a deployer also starts, approves, cancels and rolls back. */
export type Role = 'viewer' | 'deployer';

/** An API key: only its SHA-256 (hex) is kept. */
export interface ApiKey {
  name: string;
  role: Role;
  sha256: string;
  /** Epoch ms. */
  expiresAt?: number;
}

/** Waits of a delivery. The defaults are for AWS; a sandbox that runs faster declares shorter ones. */
export interface DeliverySettings {
  /** Between weights read back and the first window of an ANALYSIS (ecs-alb-facts §4). */
  trafficSettle: Millis;
  /** Between weight 0 read back and the first target that leaves that side (ecs-alb-facts §4). */
  drainSettle: Millis;
  /** Rollback reads all rules once more this long after its first write. */
  rollbackRecheck: Millis;
  /** First and largest pause between two looks at AWS (ecs-alb-facts §19). */
  pollMin: Millis;
  pollMax: Millis;
  /** A set that was just created is absent only after three looks over this time (ecs-alb-facts §25). */
  absence: Millis;
}

/** One generic webhook for what people must hear of. */
export interface Webhook {
  url: string;
  /** Key of the HMAC-SHA256 over the body, sent as `Sluice-Signature: t=<unix>,v1=<hex>`. */
  secret: SecretRef;
}

/** A Slack channel, by its incoming webhook: no threads, since Slack does not tell where the message went. */
export interface SlackHookReceiver {
  type: 'SLACK_HOOK';
  name: string;
  url: SecretRef;
  /** Called in each message. */
  mentions: Mentioned;
}

/** A Slack channel, by an app's token: one thread for each deployment. */
export interface SlackReceiver {
  type: 'SLACK';
  name: string;
  token: SecretRef;
  channel: string;
  /** Base URL of Slack's Web API, without a trailing slash. */
  apiUrl: string;
  mentions: Mentioned;
}

/** Any HTTP server. It proves who sends by an HMAC over the body (`secret`), by PipeCD's fixed header value, or not at all. */
export interface WebhookReceiver {
  type: 'WEBHOOK';
  name: string;
  url: SecretRef;
  secret?: SecretRef;
  header?: { name: string; value: SecretRef };
}

/** Whom notices go to. A new kind is a member here, a parser in `config/notifications.ts` and a file under `activities/notify/`. */
export type Receiver = SlackHookReceiver | SlackReceiver | WebhookReceiver;

/** Who is told of what. */
export interface Notifications {
  routes: Route[];
  receivers: Receiver[];
  /** Between two reminders of one approval; 0 for none. */
  approvalReminder: Millis;
}

/** How git repositories are reached, and as whom commits are made. */
export interface GitAccess {
  /** Of commits; over https also the user of the token. */
  username?: string;
  email?: string;
  sshKey?: SecretRef;
  /** A token or password for https. */
  token?: SecretRef;
  /** Host keys that are believed; absent: those of the user that the worker runs as. */
  knownHostsFile?: string;
}

/** A repository whose commits deploy applications. */
export interface GitRepository {
  repoId: string;
  remote: string;
  branch: string;
  /** Its own key or token, in place of the ones of `git`. */
  access?: Pick<GitAccess, 'username' | 'sshKey' | 'token'>;
  /** Whose API opens pull requests there, where the address does not tell: base URL without a trailing slash. */
  host?: { type: 'GITHUB' | 'GITLAB'; apiUrl: string };
  /** What its host signs webhooks with; without one they are refused. */
  webhookSecret?: SecretRef;
}

/** What opens the secrets that repositories keep encrypted, and what they are encrypted with. */
export interface SecretKeys {
  privateKey: SecretRef;
  /** For `sluice encrypt`; no secret. */
  publicKey?: SecretRef;
}

/** A bucket of S3, or of what speaks its API, and whose rights it is asked with. */
export interface S3Place extends AwsAccess {
  bucket: string;
  /** What the keys begin with, without a slash at either end; absent: they begin with the application. */
  prefix?: string;
  /** Whether the bucket stands in the path of the address instead of its host. */
  pathStyle: boolean;
}

/** Where ended deployments are kept for good: a folder (absolute) that every worker sees, or a bucket. */
export type ArchivePlace = { folder: string } | { s3: S3Place };

/** Everything the server processes read from their configuration and environment. */
export interface ServerConfig {
  ecsProviders: EcsProvider[];
  analysisProviders: AnalysisProvider[];
  apiKeys: ApiKey[];
  webhook?: Webhook;
  notifications: Notifications;
  delivery: DeliverySettings;
  git: GitAccess;
  repositories: GitRepository[];
  /** Between two looks at a repository's branch. */
  syncInterval: Millis;
  /** Between two looks for drift at an application; absent where nobody looks unasked. */
  driftInterval?: Millis;
  /** Whether SCRIPT_RUN stages may run commands on the worker, with the worker's rights. */
  allowScripts: boolean;
  secretKeys?: SecretKeys;
  /** The API's listening address. */
  host: string;
  port: number;
  /** Folder of the embedded Temporal's state, the generated keys and, unless it lies elsewhere, the archive. */
  dataDir: string;
  archive: ArchivePlace;
  /** Base URLs for links, without a trailing slash. */
  publicUrl: string;
  temporalUiUrl?: string;
  /** Seals what must not stand in histories in the clear (`config/seal.ts`). */
  sealKey: SecretRef;
  /** Fields of the configuration that Sluice accepts and does not need, for the start-up log. */
  notNeeded: string[];
}
