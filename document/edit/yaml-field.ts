import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Alias, CST, Document, Scalar } from 'yaml';
import { isTooDeep } from '../nesting.js';
import { formatPath } from '../yaml.js';
import type { Path } from '../yaml.js';
import { EditFailure } from './edit-failure.js';
import { parseFieldPath } from './field-path.js';

/**
 * Replaces one scalar of a YAML document; not one other character changes, and the value keeps its quotes where it had some. A value that
 * was a string stays one: it gets quotes where YAML would read the new one as a number or the like.
 * @throws EditFailure when there is no such scalar, or the file does not hold exactly one document.
 */
export function replaceYamlField(text: string, field: string, value: string): string {
  const path = parseFieldPath(field);
  const node = scalarAt(onlyDocument(text), path);
  const token = node.srcToken as CST.FlowScalar | undefined;
  // Written already, in whatever way: a commit that changes its spelling would say nothing.
  if (isScalar(node) && node.value === value) return text;
  if (!token || token.source === '') throw new EditFailure('is empty: write a value there once, by hand');
  // A number or nothing may become what the new value looks like.
  const mayChangeType = isScalar(node) && typeof node.value !== 'string';
  for (const spelling of spellings(token, value)) {
    const edited = text.slice(0, token.offset) + spelling + text.slice(token.offset + token.source.length);
    if (readsAs(edited, path, value, mayChangeType)) return edited;
  }
  throw new EditFailure(`cannot hold the value ${JSON.stringify(value)}`);
}

function onlyDocument(text: string): Document.Parsed {
  if (isTooDeep(text)) throw new EditFailure('cannot be looked for: the file is nested too deeply');
  const documents = parseAllDocuments(text, { keepSourceTokens: true, prettyErrors: false, uniqueKeys: false });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document) throw new EditFailure('the file is empty');
  if (second) throw new EditFailure('the file holds several documents, and it cannot be known which one is meant');
  const [error] = document.errors;
  if (error) throw new EditFailure(`the file cannot be read as YAML: ${error.message}`);
  return document;
}

function scalarAt(document: Document.Parsed, path: Path): Scalar | Alias {
  let node: unknown = document.contents;
  path.forEach((step, i) => {
    if (isAlias(node)) {
      const above = formatPath(path.slice(0, i));
      throw new EditFailure(`${above} is an alias (*${node.source}): name the field where it is written out`);
    }
    const next = child(node, step);
    if (next === undefined) {
      const what = typeof step === 'number' ? `no item ${step}` : `no field ${step}`;
      throw new EditFailure(`is not there: ${formatPath(path.slice(0, i)) || 'the document'} has ${what}`);
    }
    node = next;
  });
  if (isMap(node) || isSeq(node)) {
    throw new EditFailure(`is a ${isMap(node) ? 'map' : 'list'}: name one value of it`);
  }
  if (!isScalar(node) && !isAlias(node)) throw new EditFailure('is empty: write a value there once, by hand');
  if (isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')) {
    throw new EditFailure('is a text of several lines (| or >): write it on one line');
  }
  return node;
}

function child(node: unknown, step: string | number): unknown {
  if (isSeq(node)) return typeof step === 'number' ? node.items[step] : undefined;
  if (!isMap(node)) return undefined;
  const pairs = node.items.filter(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (pairs.length > 1) throw new EditFailure(`${String(step)} is given twice`);
  return pairs[0] && (pairs[0].value ?? null);
}

/** The ways to write the value, the one of the old value first. */
function spellings(token: CST.FlowScalar, value: string): string[] {
  const double = JSON.stringify(value);
  if (token.type === 'double-quoted-scalar') return [double];
  const single = `'${value.replaceAll("'", "''")}'`;
  return token.type === 'single-quoted-scalar' ? [single, double] : [value, double];
}

/** Whether the document reads as wanted at the path: the one judge of what needs quotes. */
function readsAs(text: string, path: Path, value: string, mayChangeType: boolean): boolean {
  try {
    const node = scalarAt(onlyDocument(text), path);
    if (!isScalar(node) || node.anchor !== undefined || node.tag === '!') return isScalar(node) && node.value === value;
    return node.value === value || (mayChangeType && node.source === value && node.value !== null);
  } catch (error) {
    if (error instanceof EditFailure) return false;
    throw error;
  }
}
