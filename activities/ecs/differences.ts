import type { Difference } from '../../model/plan-preview.js';

/** What AWS fills into a registered task definition where the file says nothing. */
const FILLED_IN =
  /(^|\.)(hostPort|protocol|cpu|essential|mountPoints|volumesFrom|systemControls|environment|portMappings|placementConstraints|volumes|networkMode|requiresCompatibilities)$/;
/** Lists whose order says something; that of subnets, ports and the like does not. */
const ORDERED = /(^|\.)(command|entryPoint|dnsServers|dnsSearchDomains)$/;
/** Values that are secrets more often than not. */
const HIDDEN = /\.environment\[[^\]]*\]\.value$|\.environment\[[^\]]*\]$/;

/**
 * The differences of two definitions, leaf by leaf. Lists of things with names are compared by name, others as sets, but for those whose order
 * counts. What only AWS has is no difference where AWS fills it in by itself; values of environment variables are not shown.
 * @param options `secretFields`: whose values are not shown either (`SealedTaskDefinition.secretFields`). `bothAnswered`: AWS answered both,
 *   so both are filled in, and what one of them lacks is a difference.
 */
export function differencesOf(
  running: unknown,
  wanted: unknown,
  {
    secretFields = [],
    bothAnswered = false,
  }: { secretFields?: readonly string[] | undefined; bothAnswered?: boolean } = {},
): Difference[] {
  const [from, to] = [leavesOf(running), leavesOf(wanted)];
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  return paths.flatMap((path): Difference[] => {
    const [old, next] = [from.get(path), to.get(path)];
    if (old === next) return [];
    if (next === undefined && (isEmpty(old) || (!bothAnswered && FILLED_IN.test(path)))) return [];
    if (old === undefined && isEmpty(next)) return [];
    const shown = (text: string | undefined): string | undefined =>
      text === undefined ? undefined : HIDDEN.test(path) || isSecret(path, secretFields) ? '(not shown)' : text;
    const [a, b] = [shown(old), shown(next)];
    return [{ path, ...(a !== undefined && { from: a }), ...(b !== undefined && { to: b }) }];
  });
}

/** The fields of secrets of all that is compared: one that holds a secret no more held it in the version before. */
export function secretFieldsOf(...compared: readonly ({ secretFields?: string[] } | undefined)[]): string[] {
  return compared.flatMap((one) => one?.secretFields ?? []);
}

/** Whether a leaf holds one of the fields, or stands in one of them. */
function isSecret(path: string, fields: readonly string[]): boolean {
  const leaf = path.replaceAll(/\[[^\]]*\]/g, '');
  return fields.some((field) => `${field}.`.startsWith(`${leaf}.`) || `${leaf}.`.startsWith(`${field}.`));
}

function isEmpty(text: string | undefined): boolean {
  return text === undefined || ['""', '[]', '{}', 'null', 'false', '0'].includes(text);
}

function leavesOf(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    const named = value.every((one) => nameOf(one) !== undefined);
    if (value.length > 0 && named) {
      for (const one of value) leavesOf(withoutName(one), `${path}[${nameOf(one) ?? ''}]`, into);
    } else {
      const items = value.map((one) => JSON.stringify(sorted(one)));
      into.set(path, `[${(ORDERED.test(path) ? items : items.sort()).join(', ')}]`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) leavesOf(member, path === '' ? key : `${path}.${key}`, into);
    }
  } else {
    into.set(path, JSON.stringify(value));
  }
  return into;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name } = value as Record<string, unknown>;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function withoutName(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => key !== 'name'));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !isFilledInPort(key, member, value))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** A port mapping of the network mode awsvpc gets these two where the file leaves them out. */
function isFilledInPort(key: string, member: unknown, mapping: object): boolean {
  if (!('containerPort' in mapping)) return false;
  return (key === 'protocol' && member === 'tcp') || (key === 'hostPort' && member === mapping.containerPort);
}
