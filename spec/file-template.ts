/** What a template may name: `encryptedSecrets` or `attachment`, and in each the values by their names. */
export type TemplateValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A mistake in a template. */
export interface TemplateProblem {
  line: number;
  message: string;
  fix?: string;
}

/**
 * A comment, or an action with what it holds; with the blanks that trim markers take: `{{- … -}}`, where Go wants a blank beside the
 * dash. A comment ends where Go says, so it may hold braces.
 */
const ACTION =
  /(?:\s*\{\{-\s|\{\{)\/\*.*?\*\/(?:\s-\}\}\s*|\}\})|(?:\s*\{\{-(?=\s)|\{\{)(.*?)(?:(?<=\s)-\}\}\s*|\}\})/gs;
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|"`]+/g;
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
  const text = template.replace(ACTION, (whole: string, inside: string | undefined, at: number) => {
    if (inside === undefined) return '';
    const value = evaluate(inside, values);
    if (typeof value === 'string') return value;
    const start = at + whole.search(/\S/);
    const line = template.slice(0, start).split('\n').length;
    problems.push({ line, message: `${whole.trim()} ${value.message}`, ...(value.fix && { fix: value.fix }) });
    return whole;
  });
  return { text, problems };
}

type Unresolved = Omit<TemplateProblem, 'line'>;

function evaluate(inside: string, values: TemplateValues): string | Unresolved {
  const commands: string[][] = [[]];
  for (const [token] of inside.matchAll(TOKEN)) {
    if (token === '|') commands.push([]);
    else commands.at(-1)?.push(token);
  }
  let value: string | undefined;
  for (const command of commands) {
    const next = run(command, value, values);
    if (typeof next !== 'string') return next;
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
  if (known.takes === 2 && !/^\d{1,3}$/.test(given[0] ?? '')) return { message: `gives ${name} no number of blanks` };
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
