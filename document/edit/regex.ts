import { RE2JS, RE2JSException } from 're2js';
import { EditFailure } from './edit-failure.js';

/**
 * Replaces what the first group of a regular expression takes, wherever the expression matches, as PipeCD does (pipecd.md §1.4). RE2's
 * syntax and meaning, as in Go: no look-around, and no expression that runs away.
 * @throws EditFailure for an expression that cannot be read, has no group or matches nowhere.
 */
export function replaceByRegex(text: string, expression: string, value: string): string {
  const matcher = compile(expression).matcher(text);
  let edited = '';
  let end = 0;
  let matched = false;
  while (matcher.find()) {
    const [from, to] = [matcher.start(1), matcher.end(1)];
    if (from < 0) continue;
    matched = true;
    edited += text.slice(end, from) + value;
    end = to;
  }
  if (!matched) throw new EditFailure('matches nowhere in the file');
  return edited + text.slice(end);
}

/** Why an expression cannot be used; undefined when it can. */
export function regexProblem(expression: string): string | undefined {
  try {
    compile(expression);
    return undefined;
  } catch (error) {
    if (error instanceof EditFailure) return error.message;
    throw error;
  }
}

function compile(expression: string): RE2JS {
  try {
    const compiled = RE2JS.compile(expression);
    if (compiled.groupCount() > 0) return compiled;
  } catch (error) {
    if (error instanceof RE2JSException) throw new EditFailure(`is no regular expression: ${error.message}`);
    throw error;
  }
  throw new EditFailure('has no group: put what is to be replaced in brackets, such as image: (.*)');
}
