import { posix } from 'node:path';
import { readDocuments } from '../document/yaml.js';
import type { SourceDocument } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';

/** The user's files: the names they gave → the text. */
export type Files = Readonly<Record<string, string>>;

const APPLICATION_FILE = 'app.pipecd.yaml';
const OTHER_NAMES = /(^|\.)pipecd\.(ya?ml|json)$/i;

/** The name of the application file: `app.pipecd.yaml`, else the one file named like it (`app.pipecd.yml`, `api.pipecd.json`). */
export function applicationFile(files: Files, findings: Finding[]): string | undefined {
  const names = Object.keys(files);
  if (names.includes(APPLICATION_FILE)) return APPLICATION_FILE;
  const alike = names.filter((name) => OTHER_NAMES.test(posix.basename(name)));
  if (alike.length === 1) return alike[0];
  const message =
    alike.length > 1
      ? `several files could be the application’s: ${alike.join(', ')}`
      : `there is no ${APPLICATION_FILE} among the files (${names.join(', ') || 'none were given'})`;
  findings.push({ level: 'error', field: 'files', message, fix: `Send one named ${APPLICATION_FILE}.` });
  return undefined;
}

/** Reads one of the files, which must hold exactly one document. */
export function readFile(files: Files, name: string, findings: Finding[]): SourceDocument | undefined {
  const text = files[name];
  if (text === undefined) return undefined;
  const read = readDocuments(name, text);
  findings.push(...read.findings);
  const [document, second] = read.documents;
  if (second) {
    findings.push({ level: 'error', file: name, message: 'holds more than one document', fix: 'Keep one.' });
    return undefined;
  }
  if (!document && read.findings.length === 0) {
    findings.push({ level: 'error', file: name, line: 1, message: 'is empty' });
  }
  return document;
}

/** The name under which a file that the application file names was sent; `./` makes no difference. */
export function findFile(files: Files, named: string): string | undefined {
  const wanted = posix.normalize(named);
  return Object.keys(files).find((name) => posix.normalize(name) === wanted);
}
