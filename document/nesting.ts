import { Lexer } from 'yaml';

/** Nobody nests so deeply. */
const DEEPEST = 200;
/** Maps and lists in block style nest by columns. */
const WIDEST = /^(?:[ \t]|[-?:](?=\s)){400}/m;

/**
 * Whether YAML or JSON is nested too deeply to be parsed. The parser calls itself for each level, and at the stack's end V8 may end the whole
 * process (RegExpCompiler, "process out of memory"), which no `catch` sees: so this is asked before. The lexer has no levels.
 */
export function isTooDeep(text: string): boolean {
  if (WIDEST.test(text)) return true;
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth = Math.max(depth - 1, 0);
    if (depth > DEEPEST) return true;
  }
  return false;
}
