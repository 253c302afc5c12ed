import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PrometheusProvider, SecretRef } from '../../../config/server.js';
import { SourceError } from '../source.js';
import type { Sending } from './http.js';

/** What one question is sent with, opened for it: a rotated key or certificate needs no restart. */
export interface Credentials {
  headers: Record<string, string>;
  tls?: Sending['tls'];
  /** The same for the same server and credentials. */
  account: string;
}

type Open = (ref: SecretRef) => Promise<string>;

async function authorization({ basic, bearerToken }: PrometheusProvider, open: Open): Promise<string | undefined> {
  if (bearerToken) return `Bearer ${(await open(bearerToken)).trim()}`;
  if (!basic) return undefined;
  const [username, password] = await Promise.all([open(basic.username), open(basic.password)]);
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

async function openTls({ tls }: PrometheusProvider): Promise<Sending['tls']> {
  if (!tls) return undefined;
  const read = async (file: string | undefined): Promise<string | undefined> => file && (await readFile(file, 'utf8'));
  const [ca, cert, key] = await Promise.all([read(tls.caFile), read(tls.certFile), read(tls.keyFile)]);
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

/** @throws SourceError when a secret or a file of certificates cannot be read. */
export async function openCredentials(provider: PrometheusProvider, open: Open): Promise<Credentials> {
  try {
    const headers: Record<string, string> = {};
    for (const [name, ref] of Object.entries(provider.headers ?? {})) headers[name] = await open(ref);
    const authorized = await authorization(provider, open);
    if (authorized !== undefined) headers['authorization'] = authorized;
    const tls = await openTls(provider);
    const account = createHash('sha256')
      .update(JSON.stringify([provider.address, headers]))
      .digest('hex');
    return { headers, ...(tls && { tls }), account };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new SourceError('refused', `The credentials of the provider ${provider.name} cannot be read. ${words}`);
  }
}
