import { EditFailure } from './edit-failure.js';
import { parseFieldPath } from './field-path.js';

const SKIPPED = /(?:[\s,]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const TEXT = /"(?:[^"\\\n]|\\.)*"/y;
const LITERAL = /(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
const NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy;

/** What is nested more deeply nobody wrote, and it would take the stack, with which the whole process may go. */
const DEEPEST = 100;

/** Where a value stands in the text, and whether it is one that can be replaced. */
interface Value {
  path: string[];
  from: number;
  to: number;
  kind: 'text' | 'literal' | 'other';
}

/**
 * Replaces one value of an HCL document; not one other character changes. The path goes by attribute names, blocks with their labels:
 * `resource.aws_ecs_service.web.desired_count`, items of lists by index.
 * @throws EditFailure when there is no such value, it stands there twice, or is an expression.
 */
export function replaceHclField(text: string, field: string, value: string): string {
  const wanted = parseFieldPath(field).map(String).join('\0');
  const [found, second] = valuesOf(text).filter(({ path }) => path.join('\0') === wanted);
  if (!found) throw new EditFailure('is not there');
  if (second) throw new EditFailure('stands there more than once');
  if (found.kind === 'other') throw new EditFailure('is no plain text, number or truth value');
  const bare = found.kind === 'literal' && /^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value);
  return text.slice(0, found.from) + (bare ? value : quoted(value)) + text.slice(found.to);
}

/** `${` and `%{` begin templates, which doubling their first character switches off. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** All values of a document with their paths. */
function valuesOf(text: string): Value[] {
  const values: Value[] = [];
  let at = 0;
  const fail = (): never => {
    throw new EditFailure(`the file cannot be read as HCL (line ${text.slice(0, at).split('\n').length})`);
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const sees = (sign: string): boolean => {
    take(SKIPPED);
    if (!text.startsWith(sign, at)) return false;
    at += sign.length;
    return true;
  };

  function key(): string | undefined {
    take(SKIPPED);
    const name = take(NAME);
    if (name !== undefined) return name;
    return take(TEXT)?.slice(1, -1);
  }

  /** An attribute, or a block with its labels. `closed` is what ends the body. */
  function body(path: string[], closed: string | undefined, depth = 0): void {
    if (depth > DEEPEST) fail();
    for (;;) {
      take(SKIPPED);
      if (closed === undefined ? at >= text.length : sees(closed)) return;
      const names: string[] = [];
      for (let name = key(); name !== undefined; name = key()) names.push(name);
      if (names.length === 0) fail();
      if (sees('{')) body([...path, ...names], '}', depth + 1);
      else if (names.length === 1 && (sees('=') || sees(':'))) read([...path, ...names], depth);
      else fail();
    }
  }

  function read(path: string[], depth: number): void {
    if (depth > DEEPEST) fail();
    take(SKIPPED);
    const from = at;
    if (sees('{')) return body(path, '}', depth + 1);
    if (sees('[')) {
      for (let i = 0; !sees(']'); i += 1) read([...path, String(i)], depth + 1);
      return;
    }
    const kind = textOf(take(TEXT)) ?? (take(LITERAL) === undefined ? 'other' : 'literal');
    const to = at;
    // What follows on the line belongs to an expression.
    const plain = kind !== 'other' && /^[ \t]*(?:$|[\r\n,\]}#]|\/[/*])/.test(text.slice(at, at + 200));
    if (!plain) expression();
    if (at === from) fail();
    values.push({ path, from, to: plain ? to : at, kind: plain ? kind : 'other' });
  }

  function textOf(found: string | undefined): Value['kind'] | undefined {
    if (found === undefined) return undefined;
    return /(?<!\$)\$\{|(?<!%)%\{/.test(found) ? 'other' : 'text';
  }

  /** Steps over an expression: to the end of the line, or of the list or map that it stands in. */
  function expression(): void {
    for (let depth = 0; at < text.length;) {
      const sign = text[at] ?? '';
      if (heredoc()) return;
      if (sign === '"') {
        // One that is not closed on its line stands in a comment.
        if (take(TEXT) === undefined) at = endOfLine();
        continue;
      }
      if (depth === 0 && /[\n,\]})]/.test(sign)) return;
      if (/[([{]/.test(sign)) depth += 1;
      if (/[)\]}]/.test(sign)) depth -= 1;
      at += 1;
    }
  }

  function endOfLine(): number {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }

  function heredoc(): boolean {
    const [whole, word] = /^<<-?(\w+)\r?\n/.exec(text.slice(at, at + 200)) ?? [];
    if (whole === undefined || word === undefined) return false;
    const rest = text.slice(at + whole.length);
    const end = new RegExp(`^[ \\t]*${word}[ \\t]*\\r?$`, 'm').exec(rest);
    if (!end) return fail();
    at += whole.length + end.index + end[0].length;
    return true;
  }

  if (text.startsWith('\uFEFF')) at = 1;
  body([], undefined);
  return values;
}
