import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { findingAt } from '../document/check.js';
import type { Reader } from '../document/reader.js';
import type { Path, SourceDocument } from '../document/yaml.js';
import type { Millis } from '../model/duration.js';
import type { Route } from '../model/notification.js';
import type {
  AnalysisProvider,
  ApiKey,
  ArchivePlace,
  DeliverySettings,
  EcsProvider,
  GitAccess,
  GitRepository,
  Receiver,
  SecretKeys,
  SecretRef,
  Webhook,
} from './server.js';

/** What one document says of notifications. */
export interface NotificationsPart {
  routes: Route[];
  receivers: Receiver[];
  approvalReminder?: Millis;
}

/** What one document of the configuration adds to the whole. */
export interface ConfigPart {
  ecsProviders: EcsProvider[];
  analysisProviders: AnalysisProvider[];
  apiKeys: ApiKey[];
  repositories: GitRepository[];
  notifications: NotificationsPart;
  git?: GitAccess;
  syncInterval?: Millis;
  drift?: { interval?: Millis; disabled?: boolean };
  webhook?: Webhook;
  delivery?: Partial<DeliverySettings>;
  publicUrl?: string;
  temporalUiUrl?: string;
  archive?: ArchivePlace;
  sealKeyFile?: string;
  allowScripts?: boolean;
  secretKeys?: SecretKeys;
  notNeeded: string[];
}

/** A part that adds nothing. */
export function emptyPart(): ConfigPart {
  return {
    ecsProviders: [],
    analysisProviders: [],
    apiKeys: [],
    repositories: [],
    notifications: { routes: [], receivers: [] },
    notNeeded: [],
  };
}

/** A field that Sluice accepts and does not need, for the start-up log. */
export function notNeeded(document: SourceDocument, path: Path): string {
  const { file, line, field } = findingAt(document, path, 'warning', '');
  return `${file}:${line ?? 1} ${field ?? ''}`;
}

/** A file that the configuration names, relative to the configuration file's own folder. */
export function besides({ document }: Reader, file: string): string {
  return resolve(dirname(document.file), file);
}

/** A text that must not be empty. */
export const name = z.string().min(1);

/** One secret that can be given in several ways: field name → the reference that its value makes. */
export type SecretFields = Record<string, (value: string) => SecretRef>;

/**
 * The one secret that is written among these fields.
 * @returns undefined, with a finding, when there is none or more than one.
 */
export function oneSecret(
  reader: Reader,
  path: Path,
  fields: SecretFields,
  values: Readonly<Record<string, unknown>>,
): SecretRef | undefined {
  const given = Object.keys(fields).filter((field) => typeof values[field] === 'string' && values[field] !== '');
  const names = Object.keys(fields).join(', ');
  const [field, second] = given;
  if (!field) {
    reader.error(path, `one of ${names} is missing`, 'Name where the secret is kept.');
    return undefined;
  }
  if (second) {
    reader.error([...path, second], `${given.join(' and ')} are given both`, 'Keep one of them.');
    return undefined;
  }
  return fields[field]?.(String(values[field]));
}
