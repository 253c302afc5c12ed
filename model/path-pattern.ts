/** A pattern over paths of a repository; `excludes` takes out what the patterns before it took in. */
interface PathPattern {
  excludes: boolean;
  expression: RegExp;
}

/** Characters that PipeCD's patterns pass on to the regular expression as they are: `(a|b)`, `[ab]`, `a+` work in them. */
const ESCAPED = new Set(['.', '$']);

/**
 * Reads a pattern by the rules of Docker's ignore files, which PipeCD uses for `paths` and `ignores`: `*` and `?` stay within one folder,
 * `**` does not, `!` takes out again, and what else a regular expression knows may be used.
 * @returns undefined when it is no valid pattern
 */
export function pathPattern(written: string): PathPattern | undefined {
  const text = written.trim();
  const excludes = text.startsWith('!');
  const pattern = cleaned(excludes ? text.slice(1) : text);
  if (pattern === '') return undefined;
  try {
    return { excludes, expression: new RegExp(`^${translated(pattern)}$`) };
  } catch {
    return undefined;
  }
}

/** Whether a changed file is one of those that the patterns mean; a pattern that means a folder means all that is in it. */
export function isMeantBy(patterns: readonly string[], path: string): boolean {
  const folders = path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'));
  let meant = false;
  for (const written of patterns) {
    const pattern = pathPattern(written);
    if (pattern && folders.some((folder) => pattern.expression.test(folder))) meant = !pattern.excludes;
  }
  return meant;
}

function cleaned(pattern: string): string {
  return pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function translated(pattern: string): string {
  let expression = '';
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (pattern.startsWith('**', i)) {
      i += pattern.startsWith('**/', i) ? 2 : 1;
      expression += i + 1 >= pattern.length ? '.*' : '(.*/)?';
    } else if (character === '*') expression += '[^/]*';
    else if (character === '?') expression += '[^/]';
    else if (character === '\\' && i + 1 < pattern.length) expression += `\\${pattern.charAt(++i)}`;
    else expression += ESCAPED.has(character) ? `\\${character}` : character;
  }
  return expression;
}
