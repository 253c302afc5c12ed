import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Finding } from '../model/finding.js';
import { isTooDeep } from './nesting.js';

/** Where a value stands in a document: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** Line and column, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A document as people wrote it: its value, and where each part of it stands. */
export interface SourceDocument {
  file: string;
  value: unknown;
  /** The place of the key or list item at this path, or of its nearest written ancestor. Keys match in any case. */
  place(path: Path): Place;
  /** The scalar at this path as it was typed, without quotes; undefined for anything else. */
  typed(path: Path): string | undefined;
}

/**
 * Reads YAML 1.2 (of which JSON is a part), any number of documents in one file.
 * @returns the documents that can be read, and a finding with line and column for each mistake of syntax.
 */
export function readDocuments(file: string, text: string): { documents: SourceDocument[]; findings: Finding[] } {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  const documents: SourceDocument[] = [];
  if (isTooDeep(text)) {
    findings.push({
      level: 'error',
      file,
      line: 1,
      message: 'is nested too deeply',
      fix: 'Nest less than 200 levels.',
    });
    return { documents, findings };
  }
  // The library compares each key with every other one, which takes seconds for a large file: `repeatedKeys` does not.
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    uniqueKeys: false,
    // Its warnings would go to the process's log, and quote what is written: here that may be a secret.
    logLevel: 'error' as const,
  };
  const parsed = parseAllDocuments(text, options);
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors) {
      findings.push({ level: 'error', file, ...placeAt(lines, error.pos[0]), message: error.message });
    }
    for (const warning of document.warnings) {
      findings.push({ level: 'warning', file, ...placeAt(lines, warning.pos[0]), message: warning.message });
    }
    const repeated = repeatedKeys(document);
    for (const { name, offset } of repeated) {
      const message = `"${name}" is given twice`;
      findings.push({ level: 'error', file, ...placeAt(lines, offset), message, fix: 'Keep one of them.' });
    }
    if (document.errors.length > 0 || repeated.length > 0 || document.contents === null) continue;
    try {
      documents.push(sourceDocument(file, document, lines));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      findings.push({ level: 'error', file, ...placeAt(lines, document.range[0]), message });
    }
  }
  return { documents, findings };
}

function sourceDocument(file: string, document: Document.Parsed, lines: LineCounter): SourceDocument {
  return {
    file,
    // Throws for aliases that nothing defines or that unfold without end.
    value: document.toJS(),
    place: (path) => placeAt(lines, nearest(document, path).offset),
    typed: (path) => {
      const { node, whole } = nearest(document, path);
      return whole && isScalar(node) ? (node.source ?? undefined) : undefined;
    },
  };
}

/** Keys that stand a second time in one map, which YAML forbids. Merges (`<<`) may be repeated. */
function repeatedKeys(document: Document.Parsed): { name: string; offset: number }[] {
  const repeated: { name: string; offset: number }[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        const name = String(key.value);
        if (seen.has(name)) repeated.push({ name, offset: key.range?.[0] ?? 0 });
        seen.add(name);
      }
    },
  });
  return repeated;
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Goes down the path as far as it is written: the offset of the last key or item met, its value, and whether the path was walked whole. */
function nearest(document: Document.Parsed, path: Path): { offset: number; node: Node | null; whole: boolean } {
  let node: Node | null = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    const target: unknown = isAlias(node) ? node.resolve(document) : node;
    const child = isMap(target)
      ? inMap(target.items, step)
      : isSeq(target)
        ? inSequence(target.items, step)
        : undefined;
    if (!child) return { offset, node, whole: false };
    offset = child.offset ?? offset;
    node = child.node;
  }
  return { offset, node, whole: true };
}

interface Child {
  offset: number | undefined;
  node: Node | null;
}

function inMap(items: { key: unknown; value: unknown }[], step: string | number): Child | undefined {
  const wanted = String(step);
  const exact = items.find(({ key }) => isScalar(key) && String(key.value) === wanted);
  const pair =
    exact ?? items.find(({ key }) => isScalar(key) && String(key.value).toLowerCase() === wanted.toLowerCase());
  if (!pair) return undefined;
  return { offset: (pair.key as Node).range?.[0], node: (pair.value ?? null) as Node | null };
}

function inSequence(items: unknown[], step: string | number): Child | undefined {
  const item = typeof step === 'number' ? (items[step] as Node | undefined) : undefined;
  return item && { offset: item.range?.[0], node: item };
}

/** A path as people write it: `spec.pipeline.stages[0].with.scale`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text ? `${text}.${step}` : step;
  }, '');
}
