import type { RuleSnapshot, Weights } from './delivery.js';
import type { Millis } from './duration.js';

/**
 * How what runs compares with what was deployed last. DEPLOYING: not judged while a deployment runs or waits. UNKNOWN: it could not be
 * read, which is never taken for SYNCED.
 */
export const DRIFT_STATUSES = ['SYNCED', 'OUT_OF_SYNC', 'UNKNOWN', 'DEPLOYING'] as const;

export type DriftStatus = (typeof DRIFT_STATUSES)[number];

/** One value that is not as it was deployed: `deployed` is absent where it is new, `running` where it is gone. */
export interface DriftDifference {
  /** `taskDefinition.containerDefinitions[web].image`: first what it is a field of, then list items by their names. */
  path: string;
  deployed?: string;
  running?: string;
}

/** What one look found. */
export interface DriftLook {
  status: DriftStatus;
  /** One sentence. */
  reason: string;
  /** The deployment that what runs is compared with. */
  deployment?: string;
  differences: DriftDifference[];
}

/** `POST /applications/{app}/drift`. Times are ISO 8601. */
export interface DriftDocument extends DriftLook {
  app: string;
  lookedAt: string;
  /** Since when it has this status. */
  since: string;
}

/** What an application shows of drift: of lists the first four, of one application all that the last look saw. */
export type DriftSummary = Pick<DriftDocument, 'status' | 'reason' | 'since' | 'deployment'> &
  Partial<Pick<DriftDocument, 'lookedAt' | 'differences'>>;

/** What a deployment that ended well left behind it at the load balancer. */
export interface Stood {
  weights: Weights;
  rules: Pick<RuleSnapshot, 'listenerArn' | 'ruleArn' | 'isDefault'>[];
}

/** What the application file says of drift. */
export interface DriftSettings {
  ignoreFields: string[];
  /** `trigger.onOutOfSync`: deploy again what is out of sync, so long after the last deployment has ended. Absent: it is only shown. */
  redeploy?: { minWindow: Millis };
}

/** As often is a version deployed again that will not stay in sync; then people are told and it is left as it is. */
export const MOST_REDEPLOYMENTS = 3;

/** What differences are of: the first word of their paths. */
export const DRIFT_PARTS = ['taskDefinition', 'service', 'taskSet', 'listener'] as const;

const SHOWN_NAMES = 3;
/** What is kept and shown of one look. */
const MOST_DIFFERENCES = 30;
const LONGEST_VALUE = 300;

/** A field to ignore, as words of its path; `*` is any one word. */
export type IgnoredField = string[];

/**
 * Reads an entry of `driftDetection.ignoreFields`: `service#desiredCount`, `service.desiredCount`, or PipeCD's form with four words before the
 * `#` (`ecs/v1:TaskDefinition:default:web#cpu`), of which the second counts. A field is ignored with all that is in it.
 * @returns undefined when it can match nothing
 */
export function readIgnoredField(text: string): IgnoredField | undefined {
  const hash = text.indexOf('#');
  const [before, field] = hash < 0 ? ['', text] : [text.slice(0, hash), text.slice(hash + 1)];
  const words = wordsOf(field);
  const kind = before.includes(':') ? before.split(':')[1] : before;
  const path = hash < 0 ? words : [kind ?? '', ...words];
  const [first = '', ...rest] = path;
  const part = DRIFT_PARTS.find((one) => one.toLowerCase() === first.trim().toLowerCase());
  if (part === undefined || path.some((word) => word === '')) return undefined;
  return [part, ...rest];
}

/** Whether a difference's path is one of these fields, or within one. */
export function isIgnored(path: string, ignored: readonly IgnoredField[]): boolean {
  const words = wordsOf(path);
  return ignored.some(
    (field) => field.length <= words.length && field.every((word, i) => word === '*' || word === words[i]),
  );
}

/** Whether `ignoreFields` has a path, or something that it is in. */
export function ignores(ignoreFields: readonly string[], path: string): boolean {
  return isIgnored(
    path,
    ignoreFields.flatMap((text) => {
      const field = readIgnoredField(text);
      return field ? [field] : [];
    }),
  );
}

/** The words of a path; what stands in brackets is one word, whatever it holds. */
function wordsOf(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, name, word]) => name ?? word ?? '');
}

/**
 * What follows from all that was seen. Without a difference it is SYNCED only when all was read.
 * @param unread why parts of it could not be read
 */
export function driftLook({
  deployment,
  found,
  ignoreFields,
  unread,
}: {
  deployment: string;
  found: readonly DriftDifference[];
  ignoreFields: readonly string[];
  unread: readonly string[];
}): DriftLook {
  const differences = found.filter(({ path }) => !ignores(ignoreFields, path));
  const left = found.length - differences.length;
  const but = [
    ...(left > 0 ? [`${left} difference(s) are in driftDetection.ignoreFields.`] : []),
    ...(unread.length > 0 ? [`Not all of it could be read: ${unread.join('; ')}.`] : []),
  ];
  const reason = (words: string): string => [words, ...but].join(' ');
  if (differences.length === 0) {
    return unread.length > 0
      ? {
          status: 'UNKNOWN',
          reason: reason(`It is not known whether what runs is what ${deployment} deployed.`),
          deployment,
          differences,
        }
      : { status: 'SYNCED', reason: reason(`What runs is what ${deployment} deployed.`), deployment, differences };
  }
  const names = differences.slice(0, SHOWN_NAMES).map(({ path }) => path);
  const more = differences.length - names.length;
  return {
    status: 'OUT_OF_SYNC',
    reason: reason(
      `What runs differs from what ${deployment} deployed: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    ),
    deployment,
    differences: differences.slice(0, MOST_DIFFERENCES).map(({ path, deployed, running }) => ({
      path,
      ...(deployed !== undefined && { deployed: short(deployed) }),
      ...(running !== undefined && { running: short(running) }),
    })),
  };
}

function short(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE - 1)}…`;
}
