import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.js';

/** Sluice's own environment variables (design, Contract), read and with their defaults. */
export interface Environment {
  /** `SLUICE_CONFIG`: configuration files, absolute. */
  configFiles: string[];
  /** `SLUICE_HOST` and `SLUICE_PORT`: the API's listening address. */
  host: string;
  port: number;
  /** `SLUICE_DATA`, absolute. */
  dataDir: string;
  /** `SLUICE_API_KEY`: a key in the clear; for the server one more deployer's key, for the command line the key it shows. */
  apiKey?: string;
  /** `SLUICE_URL`: where the command line finds the API, without a trailing slash. */
  url?: string;
}

export const environmentShape = z.object({
  SLUICE_CONFIG: z.string().optional(),
  SLUICE_HOST: z.string().min(1).default('127.0.0.1'),
  SLUICE_PORT: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a port number' })
    .transform(Number)
    .refine((port) => port <= 65_535, { error: 'must be at most 65535' })
    .default(8080),
  SLUICE_DATA: z.string().min(1).default('.sluice'),
  SLUICE_API_KEY: z.string().min(1).optional(),
  SLUICE_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
});

/**
 * Reads Sluice's environment variables; one that is set to nothing counts as not set.
 * @throws ConfigError that names the variable.
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const written = new Map<string, string>();
  for (const name of Object.keys(environmentShape.shape)) {
    const value = env[name]?.trim();
    if (value) written.set(name, value);
  }
  const parsed = environmentShape.safeParse(Object.fromEntries(written));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => ({
        level: 'error',
        field: String(issue.path[0]),
        message: issue.message,
        fix: `Set ${String(issue.path[0])} to a value that fits, or unset it.`,
      })),
    );
  }
  const found = parsed.data;
  return {
    configFiles: splitFiles(found.SLUICE_CONFIG ?? ''),
    host: found.SLUICE_HOST,
    port: found.SLUICE_PORT,
    dataDir: resolve(found.SLUICE_DATA),
    ...(found.SLUICE_API_KEY !== undefined && { apiKey: found.SLUICE_API_KEY }),
    ...(found.SLUICE_URL !== undefined && { url: found.SLUICE_URL.replace(/\/+$/, '') }),
  };
}

/** A list of files, divided by commas or colons. */
export function splitFiles(list: string): string[] {
  return list
    .split(/[,:]/)
    .map((file) => file.trim())
    .filter(Boolean)
    .map((file) => resolve(file));
}

/** Whether the AWS SDK goes to AWS itself: the sandbox, or another cloud, is named by its address. */
export function deliversToAws(env: NodeJS.ProcessEnv = process.env): boolean {
  return !env.AWS_ENDPOINT_URL && !env.AWS_ENDPOINT_URL_ECS;
}

/** Whether the SDK's S3 is not AWS's, by its address: such a server has seldom a host name for each bucket. */
export function s3IsElsewhere(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.AWS_ENDPOINT_URL || env.AWS_ENDPOINT_URL_S3);
}

/** What git and ssh need of our environment to be found, to reach the host and to know certificates; no secret of ours is among it. */
const FOR_GIT = /^(PATH|HOME|USER|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|(https?|no|all)_proxy)$/i;

/** What a command of the user's sees of our environment: it finds programs and hosts, and no secret of ours is among it. */
const FOR_SCRIPTS = /^(PATH|HOME|USER|LANG|LC_ALL|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|(https?|no|all)_proxy)$/i;

/** The variables that a SCRIPT_RUN stage begins with. */
export function scriptEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return variablesOf(env, FOR_SCRIPTS);
}

/** The variables that git is run with. */
export function gitEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return variablesOf(env, FOR_GIT);
}

function variablesOf(env: NodeJS.ProcessEnv, named: RegExp): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => named.test(name)));
}
