import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration, text } from '../document/scalars.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND } from '../model/duration.js';
import { besides, name, oneSecret, type SecretFields } from './part.js';
import type { PrometheusProvider, SecretRef } from './server.js';

/**
 * What a query tells of a moment is final when the scrapes that began before it have ended: after Prometheus's default `scrape_timeout`
 * of 10 s. The rest is for what is sent on to another server.
 */
export const PROMETHEUS_DELAY = 30 * SECOND;
export const PROMETHEUS_MAX_DELAY = 2 * MINUTE;
/** PipeCD's step (pipecd.md §2.5). */
export const PROMETHEUS_RESOLUTION = MINUTE;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}\s*$/;
const HEADER = /^[\w!#$%&'*+.^`|~-]+$/;
/** Headers that say how the question itself is written. */
const OURS = new Set(['accept', 'connection', 'content-length', 'content-type', 'transfer-encoding']);

const data = name.regex(BASE64, { error: 'must be base64' });
const headers = z.record(z.string(), text).optional();

/** The fields of a provider of type PROMETHEUS: PipeCD's (`address`, `usernameFile`, `passwordFile`), and ours. */
export const prometheusFields = {
  address: z.url({ protocol: /^https?$/, error: 'must be an address such as http://prometheus:9090' }),
  username: text.optional(),
  usernameFile: name.optional(),
  usernameEnv: name.optional(),
  passwordFile: name.optional(),
  passwordEnv: name.optional(),
  passwordData: data.optional(),
  bearerTokenFile: name.optional(),
  bearerTokenEnv: name.optional(),
  bearerTokenData: data.optional(),
  headers,
  headersFile: headers,
  headersEnv: headers,
  tls: z
    .object({
      caFile: name.optional(),
      certFile: name.optional(),
      keyFile: name.optional(),
      serverName: name.optional(),
      insecureSkipVerify: z.boolean().optional(),
    })
    .optional(),
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
};

export const prometheusSchema = z.object(prometheusFields);

type Fields = z.output<typeof prometheusSchema>;

function secretFields(reader: Reader, key: 'username' | 'password' | 'bearerToken'): SecretFields {
  return {
    [`${key}File`]: (file) => ({ file: besides(reader, file) }),
    [`${key}Env`]: (env) => ({ env }),
    ...(key === 'username'
      ? { username: (plain) => ({ base64: Buffer.from(plain, 'utf8').toString('base64') }) }
      : { [`${key}Data`]: (base64: string) => ({ base64: base64.trim() }) }),
  };
}

function readBasic(reader: Reader, path: Path, fields: Fields): PrometheusProvider['basic'] {
  const given = Object.keys(fields).some((field) => /^(username|password)/.test(field));
  if (!given) return undefined;
  const username = oneSecret(reader, path, secretFields(reader, 'username'), fields);
  const password = oneSecret(reader, path, secretFields(reader, 'password'), fields);
  return username && password && { username, password };
}

function readBearer(reader: Reader, path: Path, fields: Fields): SecretRef | undefined {
  const [given] = Object.keys(fields).filter((field) => field.startsWith('bearerToken'));
  if (given === undefined) return undefined;
  if (Object.keys(fields).some((field) => /^(username|password)/.test(field))) {
    const message = 'a user name or password and a bearer token are given: a question has one of them';
    reader.error([...path, given], message, 'Keep the one that the server wants.');
  }
  return oneSecret(reader, path, secretFields(reader, 'bearerToken'), fields);
}

function readHeaders(
  reader: Reader,
  path: Path,
  fields: Fields,
  isAuthorized: boolean,
): Record<string, SecretRef> | undefined {
  const found = new Map<string, SecretRef>();
  const forms = {
    headers: (value: string) => ({ base64: Buffer.from(value, 'utf8').toString('base64') }),
    headersFile: (file: string) => ({ file: besides(reader, file) }),
    headersEnv: (env: string) => ({ env }),
  };
  for (const form of ['headers', 'headersFile', 'headersEnv'] as const) {
    for (const [header, value] of Object.entries(fields[form] ?? {})) {
      const at = [...path, form, header];
      const lower = header.toLowerCase();
      if (!HEADER.test(header))
        reader.error(at, `"${header}" is no name of a header`, 'Write X-Scope-OrgID, for example.');
      if (OURS.has(lower)) reader.error(at, `${header} is set by Sluice`, 'Delete it.');
      if (found.has(lower)) reader.error(at, `${header} is given twice`, 'Keep one of them.');
      if (lower === 'authorization' && isAuthorized) {
        reader.error(
          at,
          'Authorization is made of the user name and password or the bearer token',
          'Delete one of them.',
        );
      }
      found.set(lower, forms[form](value));
    }
  }
  return found.size === 0 ? undefined : Object.fromEntries(found);
}

function readTls(reader: Reader, path: Path, { tls, address }: Fields): PrometheusProvider['tls'] {
  if (!tls) return undefined;
  const at = [...path, 'tls'];
  if (tls.insecureSkipVerify === true) {
    const message = 'certificates are always checked: without that, anybody on the way could answer for Prometheus';
    const fix =
      'Write caFile with your authority or the server’s own certificate, and serverName where its name is another.';
    reader.error([...at, 'insecureSkipVerify'], message, fix);
  }
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    reader.error(at, 'certFile and keyFile belong together, and one of them is missing', 'Write both or neither.');
  }
  if (address.startsWith('http:')) {
    reader.error(at, 'tls is given, and the address is not https', 'Write https:// in the address, or delete tls.');
  }
  const file = (path: string | undefined): string | undefined => path && besides(reader, path);
  return written({
    caFile: file(tls.caFile),
    certFile: file(tls.certFile),
    keyFile: file(tls.keyFile),
    serverName: tls.serverName,
  });
}

function checkAddress(reader: Reader, path: Path, address: string): void {
  const { username, password, search, hash, pathname } = new URL(address);
  const at = [...path, 'address'];
  if (username !== '' || password !== '') {
    reader.error(at, 'the address holds a user name or password', 'Write username and passwordFile instead.');
  }
  if (search !== '' || hash !== '') reader.error(at, 'the address ends in a query or fragment', 'Delete it.');
  if (/\/api\/v1\b/.test(pathname)) {
    reader.error(at, 'the address goes into the API', 'Write what stands before /api/v1.');
  }
}

/** The provider that these fields make; says what does not fit together. */
export function prometheusProvider(
  reader: Reader,
  path: Path,
  providerName: string,
  fields: Fields,
): PrometheusProvider {
  checkAddress(reader, path, fields.address);
  const basic = readBasic(reader, path, fields);
  const bearerToken = readBearer(reader, path, fields);
  const maxDelay = fields.maxDelay || PROMETHEUS_MAX_DELAY;
  if (fields.delay !== undefined && fields.delay > maxDelay) {
    const message = 'delay is longer than maxDelay: every window would be given up before its data is expected';
    reader.error([...path, 'delay'], message, 'Make maxDelay the longer one.');
  }
  return {
    name: providerName,
    type: 'PROMETHEUS',
    address: fields.address.replace(/\/+$/, ''),
    ...written({
      basic,
      bearerToken,
      headers: readHeaders(reader, path, fields, basic !== undefined || bearerToken !== undefined),
      tls: readTls(reader, path, fields),
    }),
    delay: fields.delay ?? Math.min(PROMETHEUS_DELAY, maxDelay),
    maxDelay,
    resolution: fields.resolution || PROMETHEUS_RESOLUTION,
  };
}
