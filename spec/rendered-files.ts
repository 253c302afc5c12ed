import { posix } from 'node:path';
import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';
import { renderTemplate } from './file-template.js';
import type { TemplateValues } from './file-template.js';
import { findFile } from './files.js';
import type { Files } from './files.js';

const targets = z.array(z.string().min(1)).min(1);
/** What `sluice encrypt` and PipeCD make. */
const ciphertext = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, {
  error: 'must be what `sluice encrypt` (or pipectl encrypt) printed: base64 on one line',
});

/** `spec.encryption`. */
export const encryptionFields = z.object({
  encryptedSecrets: z.record(z.string(), ciphertext),
  decryptionTargets: targets,
});

/** `spec.attachment`. */
export const attachmentFields = z.object({ sources: z.record(z.string(), z.string().min(1)), targets });

export interface FileValues {
  encryption?: z.output<typeof encryptionFields> | undefined;
  attachment?: z.output<typeof attachmentFields> | undefined;
}

/** What an encrypted secret is in the files: the secret itself, or something in its place. */
export type SecretValue = (name: string, ciphertext: string) => string;

/**
 * Puts secrets and attachments into the files that want them. As in PipeCD there is one pass: every target sees both, and what is put in is
 * not rendered again.
 */
export function renderFiles(
  reader: Reader,
  { encryption, attachment }: FileValues,
  files: Files,
  value: SecretValue,
  findings: Finding[],
): Files {
  if (!encryption && !attachment) return files;
  const values: TemplateValues = {
    ...(encryption && { encryptedSecrets: mapValues(encryption.encryptedSecrets, value) }),
    ...(attachment && { attachment: readSources(reader, attachment.sources, files) }),
  };
  const named: [string, Path][] = [
    ...(encryption?.decryptionTargets ?? []).map((name, i): [string, Path] => [
      name,
      ['spec', 'encryption', 'decryptionTargets', i],
    ]),
    ...(attachment?.targets ?? []).map((name, i): [string, Path] => [name, ['spec', 'attachment', 'targets', i]]),
  ];
  const rendered: Record<string, string> = {};
  for (const [name, path] of named) {
    const file = fileNamed(reader, files, name, path);
    if (file === undefined || Object.hasOwn(rendered, file)) continue;
    if (file === reader.document.file) {
      const message = 'the application file itself is read before anything is put in';
      reader.error(path, message, 'Keep values that are put in to the other files.');
      continue;
    }
    const { text, problems } = renderTemplate(files[file] ?? '', values);
    for (const problem of problems) findings.push({ level: 'error', file, ...problem });
    rendered[file] = text;
  }
  return { ...files, ...rendered };
}

function readSources(reader: Reader, sources: Readonly<Record<string, string>>, files: Files): Record<string, string> {
  const read: Record<string, string> = {};
  for (const [name, source] of Object.entries(sources)) {
    const file = fileNamed(reader, files, source, ['spec', 'attachment', 'sources', name]);
    // A source that is missing is told once, here, and not again where it is used.
    read[name] = file === undefined ? '' : (files[file] ?? '');
  }
  return read;
}

function fileNamed(reader: Reader, files: Files, named: string, path: Path): string | undefined {
  if (posix.isAbsolute(named) || posix.normalize(named).startsWith('..')) {
    reader.error(path, `${named} is outside of the application’s folder`, 'Move the file beside the others.');
    return undefined;
  }
  const file = findFile(files, named);
  if (file === undefined) {
    const message = `the file ${named} is not among the files, or is longer than 512 KB`;
    reader.error(path, message, `There are: ${Object.keys(files).join(', ')}.`);
  }
  return file;
}

function mapValues(ciphertexts: Readonly<Record<string, string>>, value: SecretValue): Record<string, string> {
  return Object.fromEntries(Object.entries(ciphertexts).map(([name, text]) => [name, value(name, text)]));
}

/** The files that `encryption` and `attachment` name, for whoever has to fetch them. */
export function filesOfValues(spec: unknown): string[] {
  const lists = z
    .object({
      encryption: z.object({ decryptionTargets: z.array(z.string()).catch([]) }).catch({ decryptionTargets: [] }),
      attachment: z
        .object({ sources: z.record(z.string(), z.string()).catch({}), targets: z.array(z.string()).catch([]) })
        .catch({ sources: {}, targets: [] }),
    })
    .catch({ encryption: { decryptionTargets: [] }, attachment: { sources: {}, targets: [] } })
    .parse(spec);
  const { encryption, attachment } = lists;
  return [...encryption.decryptionTargets, ...Object.values(attachment.sources), ...attachment.targets];
}
