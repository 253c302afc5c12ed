/** What a template may name: `encryptedSecrets` or `attachment`, and in each the values by their names. */
export type TemplateValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A mistake in a template. */
export interface TemplateProblem {
  line: number;
  message: string;
  fix?: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|"`]+/g;
/** As long as a file may be, and far longer than what ECS takes: what is put in many times over must not fill the memory. */
const LONGEST_TEXT = 512 * 1024;
const LONGEST_ACTION = 2_000;
const PATH = /^\.([A-Za-z_]\w*)\.([A-Za-z_]\w*)$/;

/** What Go's templates with sprig offer and files like these use. The value that is piped comes last. */
const FUNCTIONS: Readonly<Record<string, { takes: number; of: (...given: string[]) => string }>> = {
  b64enc: { takes: 1, of: (text = '') => Buffer.from(text, 'utf8').toString('base64') },
  b64dec: { takes: 1, of: (text = '') => Buffer.from(text, 'base64').toString('utf8') },
  quote: { takes: 1, of: (text) => JSON.stringify(text) },
  squote: { takes: 1, of: (text = '') => `'${text}'` },
  toJson: { takes: 1, of: (text) => JSON.stringify(text) },
  trim: { takes: 1, of: (text = '') => text.trim() },
  upper: { takes: 1, of: (text = '') => text.toUpperCase() },
  lower: { takes: 1, of: (text = '') => text.toLowerCase() },
  indent: { takes: 2, of: (spaces, text = '') => indented(Number(spaces), text) },
  nindent: { takes: 2, of: (spaces, text = '') => `\n${indented(Number(spaces), text)}` },
};

/**
 * Renders a file as PipeCD does those of `decryptionTargets` and `attachment.targets` (pipecd.md §1.1): the part of Go's templates that
 * puts values in — paths, `index`, pipes and ten functions of sprig. Anything more, and a name that nothing has, is a problem with its line.
 */
export function renderTemplate(
  template: string,
  values: TemplateValues,
): { text: string; problems: TemplateProblem[] } {
  const problems: TemplateProblem[] = [];
  const nextAction = actionsOf(template);
  let text = '';
  let [taken, line] = [0, 1];
  for (let action = nextAction(); action; action = nextAction()) {
    const whole = template.slice(action.open, action.end);
    const before = template.slice(taken, action.open);
    line += newlinesIn(before);
    text += action.trimsLeft ? before.trimEnd() : before;
    const problem = (message: string, fix?: string): string => {
      problems.push({ line, message: `${shortened(whole.trim())} ${message}`, ...(fix && { fix }) });
      return whole;
    };
    const value = action.inside === undefined ? '' : evaluate(action.inside, values);
    text += typeof value === 'string' ? value : problem(value.message, value.fix);
    taken = action.end;
    if (text.length > LONGEST_TEXT) {
      problem(`makes the file longer than ${LONGEST_TEXT / 1024} KB`);
      break;
    }
    line += newlinesIn(whole);
  }
  return { text: text + template.slice(taken), problems };
}

/** What stands in `{{ … }}`, nothing of a comment, and from where to where, with the blanks that a trim marker behind it takes. */
interface Action {
  inside: string | undefined;
  open: number;
  end: number;
  trimsLeft: boolean;
}

/**
 * Finds the actions of a template one after the other: with trim markers, `{{- … -}}`, where Go wants a blank beside the dash. A comment ends
 * where Go says, so it may hold braces. Nothing is read twice: a file of braces or blanks alone takes no longer than another.
 */
function actionsOf(template: string): () => Action | undefined {
  const closing = finder(template, '}}');
  const commentEnd = finder(template, '*/');
  let at = 0;
  const ending = (close: number, trims: boolean): number => {
    const end = close + 2;
    if (!trims) return end;
    BLANKS.lastIndex = end;
    return end + (BLANKS.exec(template)?.[0].length ?? 0);
  };
  const isBlank = (index: number): boolean => /\s/.test(template.charAt(index));
  return () => {
    const open = template.indexOf('{{', at);
    if (open < 0) return undefined;
    const trimsLeft = template.charAt(open + 2) === '-' && isBlank(open + 3);
    const comment = open + (trimsLeft ? 4 : 2);
    if (template.startsWith('/*', comment)) {
      const after = commentEnd(comment + 2) + 2;
      const trims = isBlank(after) && template.startsWith('-}}', after + 1);
      if (after >= 2 && (trims || template.startsWith('}}', after))) {
        at = ending(trims ? after + 2 : after, trims);
        return { inside: undefined, open, end: at, trimsLeft };
      }
    }
    const begin = open + (trimsLeft ? 3 : 2);
    const close = closing(begin);
    if (close < 0) return undefined;
    const trims = template.charAt(close - 1) === '-' && close - 2 >= begin && isBlank(close - 2);
    at = ending(close, trims);
    return { inside: template.slice(begin, trims ? close - 1 : close), open, end: at, trimsLeft };
  };
}

const BLANKS = /\s*/y;

/** `indexOf` for places that are asked for in order: what was found, or not, is not looked for again. */
function finder(text: string, wanted: string): (from: number) => number {
  let found = -2;
  return (from) => {
    if (found !== -1 && found < from) found = text.indexOf(wanted, from);
    return found;
  };
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function newlinesIn(text: string): number {
  return text.split('\n').length - 1;
}

type Unresolved = Omit<TemplateProblem, 'line'>;

function evaluate(inside: string, values: TemplateValues): string | Unresolved {
  if (inside.length > LONGEST_ACTION) return { message: `is longer than ${LONGEST_ACTION} characters` };
  const commands: string[][] = [[]];
  for (const [token] of inside.matchAll(TOKEN)) {
    if (token === '|') commands.push([]);
    else commands.at(-1)?.push(token);
  }
  let value: string | undefined;
  for (const command of commands) {
    const next = run(command, value, values);
    if (typeof next !== 'string') return next;
    if (next.length > LONGEST_TEXT) return { message: `makes a text longer than ${LONGEST_TEXT / 1024} KB` };
    value = next;
  }
  return value ?? { message: 'is empty' };
}

/** @param piped the value of the command before */
function run([name = '', ...rest]: string[], piped: string | undefined, values: TemplateValues): string | Unresolved {
  if (piped === undefined && name === 'index' && rest.length === 2) {
    const key = literal(rest[1] ?? '');
    if (key !== undefined) return valueAt(rest[0]?.slice(1) ?? '', key, values);
  }
  if (piped === undefined && rest.length === 0) {
    const constant = literal(name);
    if (constant !== undefined) return constant;
    if (name.startsWith('.')) return pathValue(name, values);
  }
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) {
    const functions = Object.keys(FUNCTIONS).join(', ');
    const fix = `Sluice knows .encryptedSecrets.NAME, .attachment.NAME, index, pipes, and: ${functions}.`;
    return { message: `cannot be rendered: ${name || 'an empty command'} is not known`, fix };
  }
  const given: string[] = [];
  for (const argument of rest) {
    const value = /^\d+$/.test(argument) ? argument : (literal(argument) ?? pathValue(argument, values));
    if (typeof value !== 'string') return value;
    given.push(value);
  }
  if (piped !== undefined) given.push(piped);
  if (given.length !== known.takes) {
    return { message: `gives ${name} ${given.length} values where it takes ${known.takes}` };
  }
  if (known.takes === 2 && !/^\d{1,2}$/.test(given[0] ?? '')) return { message: `gives ${name} no number of blanks` };
  return known.of(...given);
}

function pathValue(path: string, values: TemplateValues): string | Unresolved {
  const [, group, name] = PATH.exec(path) ?? [];
  if (group !== undefined && name !== undefined) return valueAt(group, name, values);
  const [, inside, odd] = /^\.(\w+)\.([\w-]+)$/.exec(path) ?? [];
  if (inside === undefined || odd === undefined) return { message: 'is no path such as .encryptedSecrets.NAME' };
  return {
    message: `names ${odd}, which Go’s templates take for a subtraction`,
    fix: `Write index .${inside} "${odd}".`,
  };
}

function valueAt(group: string, name: string, values: TemplateValues): string | Unresolved {
  const found = Object.hasOwn(values, group) ? values[group] : undefined;
  if (!found) return { message: `names .${group}, which is not there`, fix: `There are: ${list(values)}.` };
  const value = Object.hasOwn(found, name) ? found[name] : undefined;
  return value ?? { message: `names "${name}", which .${group} does not have`, fix: `It has: ${list(found)}.` };
}

function list(named: object): string {
  return Object.keys(named).join(', ') || 'none';
}

function literal(token: string): string | undefined {
  if (token.startsWith('`')) return token.slice(1, -1);
  if (!token.startsWith('"')) return undefined;
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
}

function indented(spaces: number, text: string): string {
  const pad = ' '.repeat(spaces);
  return pad + text.replaceAll('\n', `\n${pad}`);
}
