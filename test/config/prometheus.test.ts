import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

const piped = (config: string): string =>
  `apiVersion: pipecd.dev/v1beta1\nkind: Piped\nspec:\n  analysisProviders: [{name: p, type: PROMETHEUS, config: ${config}}]\n`;
const own = (fields: string): string => sluice(`analysisProviders:\n  - {name: p, type: PROMETHEUS, ${fields}}`);

describe('a provider of type PROMETHEUS', () => {
  it('is read from PipeCD’s file as it is', async () => {
    const { analysisProviders, notNeeded } = await load(folder, [
      piped('{address: "http://prometheus:9090", usernameFile: user, passwordFile: /etc/password}'),
    ]);
    expect(notNeeded).toEqual([]);
    expect(analysisProviders).toEqual([
      {
        name: 'p',
        type: 'PROMETHEUS',
        address: 'http://prometheus:9090',
        basic: { username: { file: `${folder}/user` }, password: { file: '/etc/password' } },
        delay: 30 * SECOND,
        maxDelay: 2 * MINUTE,
        resolution: MINUTE,
      },
    ]);
  });

  it('needs no more than an address', async () => {
    const { analysisProviders } = await load(folder, [
      own('address: "https://mimir.example/prometheus/", maxDelay: 10s'),
    ]);
    expect(analysisProviders).toEqual([
      {
        name: 'p',
        type: 'PROMETHEUS',
        address: 'https://mimir.example/prometheus',
        delay: 10 * SECOND,
        maxDelay: 10 * SECOND,
        resolution: MINUTE,
      },
    ]);
  });

  it('has its secrets from where they are kept', async () => {
    const { analysisProviders } = await load(folder, [
      own(
        [
          'address: "https://x", bearerTokenEnv: TOKEN, headers: {X-Scope-OrgID: 7}, headersFile: {x-key: key}, headersEnv: {x-env: E}',
          'tls: {caFile: ca.pem, certFile: c.pem, keyFile: /k.pem, serverName: prometheus.internal, insecureSkipVerify: false}',
          'delay: 0s, resolution: 15s',
        ].join(', '),
      ),
    ]);
    expect(analysisProviders).toMatchObject([
      {
        bearerToken: { env: 'TOKEN' },
        headers: { 'x-scope-orgid': { base64: 'Nw==' }, 'x-key': { file: `${folder}/key` }, 'x-env': { env: 'E' } },
        tls: {
          caFile: `${folder}/ca.pem`,
          certFile: `${folder}/c.pem`,
          keyFile: '/k.pem',
          serverName: 'prometheus.internal',
        },
        delay: 0,
        resolution: 15 * SECOND,
      },
    ]);
    const named = await load(folder, [own('address: "https://x", username: me, passwordData: YWJj')]);
    expect(named.analysisProviders).toMatchObject([
      { basic: { username: { base64: 'bWU=' }, password: { base64: 'YWJj' } } },
    ]);
  });

  const HTTPS = 'address: "https://x"';
  it.each([
    ['delay: 1s', 'address', /is missing/],
    ['address: prometheus:9090', 'address', /an address such as http/],
    ['address: "http://me:secret@x"', 'address', /holds a user name or password/],
    ['address: "http://x/?a=b"', 'address', /ends in a query/],
    ['address: "http://x/api/v1"', 'address', /goes into the API/],
    [`${HTTPS}, usernameFile: a`, '', /one of passwordFile, passwordEnv, passwordData is missing/],
    [`${HTTPS}, passwordFile: a`, '', /one of usernameFile, usernameEnv, username is missing/],
    [`${HTTPS}, username: a, usernameEnv: b, passwordFile: c`, 'username', /are given both/],
    [`${HTTPS}, username: a, passwordFile: b, bearerTokenFile: c`, 'bearerTokenFile', /one of them/],
    [`${HTTPS}, bearerTokenFile: c, bearerTokenEnv: d`, 'bearerTokenEnv', /are given both/],
    [`${HTTPS}, bearerTokenFile: c, headers: {authorization: x}`, 'headers.authorization', /is made of/],
    [`${HTTPS}, headers: {"a b": x}`, 'headers.a b', /no name of a header/],
    [`${HTTPS}, headers: {Content-Type: x}`, 'headers.Content-Type', /is set by Sluice/],
    [`${HTTPS}, headers: {X-A: x}, headersEnv: {x-a: y}`, 'headersEnv.x-a', /given twice/],
    [`${HTTPS}, tls: {insecureSkipVerify: true}`, 'tls.insecureSkipVerify', /always checked/],
    [`${HTTPS}, tls: {certFile: a}`, 'tls', /belong together/],
    ['address: "http://x", tls: {caFile: a}', 'tls', /not https/],
    [`${HTTPS}, tls: {caFiel: a}`, 'tls.caFiel', /not a known/],
    [`${HTTPS}, maxDelay: 1m, delay: 2m`, 'delay', /longer than maxDelay/],
    [`${HTTPS}, apiKeyFile: a`, 'apiKeyFile', /not a known/],
  ])('is refused for %s', async (fields, field, message) => {
    const at = `spec.analysisProviders[0]${field === '' ? '' : `.${field}`}`;
    expect(await refusal(folder, [own(fields)])).toContainEqual(
      expect.objectContaining({
        level: 'error',
        line: 5,
        field: at,
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});
