import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { EditFailure } from './edit-failure.js';
import { parseFieldPath } from './field-path.js';

/**
 * Replaces one scalar of a JSON document; not one other character changes. A string stays a string; in the place of a number, a truth value
 * or null the new value stands without quotes where it is one of them.
 * @throws EditFailure when there is no such scalar.
 */
export function replaceJsonField(text: string, field: string, value: string): string {
  const path = [...parseFieldPath(field)];
  const errors: ParseError[] = [];
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const tree = parseTree(text.slice(bom), errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (!tree || error) {
    const line = text.slice(0, (error?.offset ?? 0) + bom).split('\n').length;
    throw new EditFailure(`the file cannot be read as JSON (line ${line})`);
  }
  const node = findNodeAtLocation(tree, path);
  if (!node) throw new EditFailure('is not there');
  if (node.type === 'object' || node.type === 'array') {
    throw new EditFailure(`is ${node.type === 'object' ? 'an object' : 'a list'}: name one value of it`);
  }
  if (node.type === 'string' && node.value === value) return text;
  const bare = node.type !== 'string' && /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value);
  const from = node.offset + bom;
  return text.slice(0, from) + (bare ? value : JSON.stringify(value)) + text.slice(from + node.length);
}
