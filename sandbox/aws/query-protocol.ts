import { omit } from '../cloud/omit.js';

/** A value of the query protocol once its flat names are a tree. */
export type QueryValue = string | QueryValue[] | { [name: string]: QueryValue };

interface Branch {
  [name: string]: string | Branch;
}

/**
 * Reads the form body of a query request (`Action=ModifyRule&Actions.member.1.Type=forward`) as a tree: `member.N` are lists,
 * `entry.N.key/value` maps. Every leaf is a string.
 */
export function readForm(body: string): { action: string; input: Record<string, QueryValue> } {
  const root: Branch = Object.create(null) as Branch;
  for (const [name, value] of new URLSearchParams(body)) {
    let branch = root;
    const steps = name.split('.');
    const last = steps.pop() ?? '';
    for (const step of steps) {
      const next = branch[step];
      branch = typeof next === 'object' ? next : (branch[step] = Object.create(null) as Branch);
    }
    branch[last] ??= value;
  }
  const input = fold(root) as Record<string, QueryValue>;
  return {
    action: typeof input['Action'] === 'string' ? input['Action'] : '',
    input: omit(input, 'Action', 'Version'),
  };
}

function fold(branch: Branch): QueryValue {
  const { member, entry } = branch;
  if (typeof member === 'object') return inOrder(member).map((item) => (typeof item === 'string' ? item : fold(item)));
  if (typeof entry === 'object') {
    return Object.fromEntries(
      inOrder(entry).flatMap((item) =>
        typeof item === 'object' && typeof item['key'] === 'string' && typeof item['value'] === 'string'
          ? [[item['key'], item['value']]]
          : [],
      ),
    );
  }
  return Object.fromEntries(
    Object.entries(branch).map(([name, value]) => [name, typeof value === 'string' ? value : fold(value)]),
  );
}

function inOrder(branch: Branch): (string | Branch)[] {
  return Object.keys(branch)
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((key) => branch[key] ?? []);
}

/** The XML body of a query answer. Lists become `<member>`s; undefined members are left out. */
export function writeAnswer(
  namespace: string,
  action: string,
  result: Record<string, unknown>,
  requestId: string,
): string {
  return (
    `<${action}Response xmlns="${namespace}"><${action}Result>${members(result)}</${action}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`
  );
}

/** The XML body of a query error. */
export function writeError(
  namespace: string,
  code: string,
  message: string,
  sender: boolean,
  requestId: string,
): string {
  const error = members({ Error: { Type: sender ? 'Sender' : 'Receiver', Code: code, Message: message } });
  return `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function members(value: Record<string, unknown>): string {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `<${name}>${xml(member)}</${name}>`)
    .join('');
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${xml(item)}</member>`).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) return members(value as Record<string, unknown>);
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
