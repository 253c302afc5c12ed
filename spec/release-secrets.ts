import type { Finding } from '../model/finding.js';
import type { AnyRelease } from '../model/release.js';
import type { ParsedRelease, ReleaseInput } from './release.js';
import type { SecretValue } from './rendered-files.js';

/** Opens an encrypted secret. @throws Error that says why it cannot, and never shows the secret. */
export type Decrypt = (ciphertext: string) => string;

/** Stands where a secret will stand: plain text in YAML and JSON, and base64 of text, so that `b64dec` takes it. */
export const STAND_IN = 'c2VjcmV0QUFB';
const OTHER_STAND_IN = 'c2VjcmV0QkJC';

const SECRETS = { field: 'spec.encryption.encryptedSecrets' };

/**
 * Reads a release whose files hold secrets. Secrets may stand inside the task definition alone, which travels sealed; and each must be a
 * value there and no more: one that would add fields is refused. Of the messages about the real files only the place is told.
 * @param told what was found in the files with a stand-in, which made a release
 */
export function parseWithSecrets(
  input: ReleaseInput,
  told: Finding[],
  secrets: ReadonlyMap<string, string>,
  parse: (input: ReleaseInput, value: SecretValue) => ParsedRelease,
): ParsedRelease {
  const open: ReleaseInput = { ...input, seal: (plain) => plain };
  const refused = (finding: Omit<Finding, 'level'>): ParsedRelease => ({
    findings: [...told, { level: 'error', ...finding }],
  });
  const [first, second] = [STAND_IN, OTHER_STAND_IN].map((value) => parse(open, () => value).release);
  if (!first || !second) return refused(notAValue());
  const clear = differing(clearOf(first), clearOf(second));
  if (clear[0] !== undefined) return refused(inTheClear(clear[0]));
  const secretFields = differing(definitionOf(first), definitionOf(second));
  if (!input.decrypt) return { findings: told, encrypted: true };

  const opened = new Map<string, string>();
  for (const [name, text] of secrets) {
    try {
      opened.set(name, input.decrypt(text));
    } catch (error) {
      const message = `cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
      const fix = 'Encrypt it again with the key of this server: sluice encrypt.';
      return refused({ field: `${SECRETS.field}.${name}`, message, fix });
    }
  }
  const value: SecretValue = (name) => opened.get(name) ?? '';
  const inspected = parse(open, value);
  const broken = inspected.findings.find(({ level }) => level === 'error');
  if (!inspected.release) return refused(notAValue(broken));
  const added = [
    ...differing(clearOf(first), clearOf(inspected.release)),
    ...differing(definitionOf(first), definitionOf(inspected.release)).filter((field) => !secretFields.includes(field)),
  ];
  if (added.length > 0) return refused(notAValue());
  const { release } = parse(input, value);
  if (!release) return refused(notAValue());
  const { taskDefinition } = release;
  return {
    release: {
      ...release,
      taskDefinition: { ...taskDefinition, ...(secretFields.length > 0 && { secretFields }) },
      warnings: told,
    },
    findings: told,
  };
}

function notAValue(at: Partial<Finding> = {}): Omit<Finding, 'level'> {
  // Not the field: its name may be a part of the secret.
  const { file, line } = at;
  return {
    ...(file === undefined ? SECRETS : { file, ...(line !== undefined && { line }) }),
    message:
      'with the secrets put in, the files say something else than one value more: a secret breaks out of its place',
    fix: 'Write the place with a function that quotes: {{ .encryptedSecrets.NAME | quote }}, without quotes around it.',
  };
}

function inTheClear(field: string): Omit<Finding, 'level'> {
  return {
    ...SECRETS,
    message: `a secret is put into ${field}, which everybody may read who looks at deployments`,
    fix: 'Put secrets into the task definition alone, and there not into its family or images.',
  };
}

/** What of a release is not sealed. */
function clearOf(release: AnyRelease): unknown {
  return { ...release, warnings: [], taskDefinition: { ...release.taskDefinition, content: '', sealed: '' } };
}

function definitionOf({ taskDefinition }: AnyRelease): unknown {
  return JSON.parse(taskDefinition.sealed);
}

/** The fields in which two values differ, as dotted keys without the places in lists. */
function differing(one: unknown, other: unknown, path: readonly string[] = []): string[] {
  if (Object.is(one, other)) return [];
  const here = [path.join('.')];
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return here;
  if (Array.isArray(one) !== Array.isArray(other)) return here;
  const [left, right] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  const found = keys.flatMap((key) =>
    differing(left.get(key), right.get(key), Array.isArray(one) ? path : [...path, key]),
  );
  return [...new Set(found)];
}
