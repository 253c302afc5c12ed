import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSources } from '../../activities/metrics/sources.js';
import { SourceError } from '../../activities/metrics/source.js';
import { openSecret } from '../../config/secret.js';
import type { PrometheusProvider } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric, START } from '../analysis/support.js';
import { matrix, matrixSeries, startFakePrometheus, type FakePrometheus, type Reply } from './fake-prometheus.js';
import { openTestSecret, prometheusProvider } from './support.js';

const NOW = START + 10 * MINUTE;
const open: FakePrometheus[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Answering = Parameters<typeof startFakePrometheus>[1];

async function asking(
  reply: Reply | Answering,
  over: Partial<ThresholdMetric> = {},
  given: Partial<PrometheusProvider> = {},
) {
  const fake = await startFakePrometheus(() => NOW, typeof reply === 'function' ? reply : () => reply);
  open.push(fake);
  const m = metric({ provider: 'prom', source: 'PROMETHEUS', query: 'up', ...over });
  const source = createSources([prometheusProvider(fake.url, given)], openTestSecret)(m);
  const ask = (from = START, now = NOW, cancelled = new AbortController().signal) =>
    source.ask({ metric: m, from, now, cancelled });
  const confirm = (now = NOW) => source.confirm({ metric: m, now, cancelled: new AbortController().signal });
  return { fake, ask, confirm, source, m };
}

async function errorOf(promise: Promise<unknown>): Promise<SourceError> {
  return promise.then(
    () => expect.fail('an answer came'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(SourceError);
      return error as SourceError;
    },
  );
}

async function failure(reply: Reply | Answering, over: Partial<ThresholdMetric> = {}): Promise<SourceError> {
  const { ask } = await asking(reply, over);
  return errorOf(ask());
}

function refusal(errorType: string, error: string, status = 400): Reply {
  return { status, body: { status: 'error', errorType, error } };
}

describe('a question to Prometheus', () => {
  it('asks for the ends of the window’s buckets up to now', async () => {
    const { ask, fake } = await asking(matrix([]), { query: 'sum(rate(x[1m]))', timeout: 5 * SECOND });
    await ask(START + 30 * SECOND, NOW + 59 * SECOND);
    const [heard] = fake.heard;
    expect(heard).toMatchObject({ method: 'POST', path: '/api/v1/query_range' });
    expect(Object.fromEntries(heard!.parameters)).toEqual({
      query: 'sum(rate(x[1m]))',
      start: String((START + MINUTE) / 1000),
      end: String(NOW / 1000),
      step: '60',
      timeout: '5',
    });
  });

  it('of a bucket that is not over asks for the one before', async () => {
    const { ask, fake } = await asking(matrix([]));
    await ask(NOW, NOW + SECOND);
    const { start, end } = Object.fromEntries(fake.heard[0]!.parameters);
    expect([start, end]).toEqual([String(NOW / 1000), String(NOW / 1000)]);
  });

  it('goes below the address’s own path', async () => {
    const { fake } = await asking(matrix([]));
    const m = metric({ provider: 'prom', source: 'PROMETHEUS', query: 'up' });
    const source = createSources([prometheusProvider(`${fake.url}/prometheus`)], openTestSecret)(m);
    await source.ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal });
    expect(fake.heard[0]!.path).toBe('/prometheus/api/v1/query_range');
  });

  it.each<[string, Partial<PrometheusProvider>, Record<string, string>]>([
    [
      'a user name and password',
      { basic: { username: { base64: '' }, password: { file: '' } } },
      { authorization: `Basic ${Buffer.from('application-key-value:api-key-value').toString('base64')}` },
    ],
    ['a bearer token', { bearerToken: { file: '' } }, { authorization: 'Bearer api-key-value' }],
    ['headers', { headers: { 'x-scope-orgid': { file: '' } } }, { 'x-scope-orgid': 'api-key-value' }],
  ])('is sent with %s', async (_, given, headers) => {
    const { ask, fake } = await asking(matrix([]), {}, given);
    await ask();
    expect(fake.heard[0]!.headers).toMatchObject(headers);
  });

  it.each<[string, Partial<ThresholdMetric>, string]>([
    [
      'looks back longer than the window',
      { query: 'rate(x[5m])', interval: MINUTE },
      'looks back 5m and its windows are 1m long',
    ],
    [
      'leaves open which of its overlapping buckets are empty',
      { query: 'rate(x[5m])', emptyValue: 0 },
      'or resolution: 5m',
    ],
    ['looks at another time', { query: 'x @ end()' }, 'moves its values in time'],
  ])('is not asked with a query that %s', async (_, over, words) => {
    const { ask, fake } = await asking(matrix([]), over);
    const error = await errorOf(ask());
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain(words);
    expect(fake.heard).toEqual([]);
  });

  it('is not asked for series whose buckets overlap', async () => {
    const { source } = await asking(matrix([]));
    const error = await errorOf(
      source.read({
        wanted: [{ id: 'canary.errors', query: 'sum(increase(x[5m]))', variant: 'canary' }],
        from: START,
        now: NOW,
        resolution: MINUTE,
        timeout: SECOND,
        cancelled: new AbortController().signal,
      }),
    );
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('would be counted several times');
  });

  it('shows what is asked besides the query', async () => {
    const query = '(sum(rate(x{code="500"}[1m])) or vector(0)) / sum(rate(x[1m]))';
    const { source, m } = await asking(matrix([]), { query, watermark: 'up' });
    expect(source.render(m)).toBe(`${query}\ndenominator: sum(rate(x[1m]))\nwatermark: up`);
  });
});

describe('an answer of Prometheus', () => {
  it('loses NaN, infinity and instants to come, and keeps the source’s clock', async () => {
    const { ask } = await asking(
      matrix([
        matrixSeries({ __name__: 'up' }, [
          [START + MINUTE, '1'],
          [START + 2 * MINUTE, 'NaN'],
          [START + 3 * MINUTE, '+Inf'],
          [START + 4 * MINUTE, '-Inf'],
          [START + 5 * MINUTE, '3.5e-3'],
          [NOW + MINUTE, '9'],
        ]),
      ]),
    );
    expect(await ask(START, NOW + 2 * MINUTE)).toEqual({
      query: 'up',
      points: [
        { at: START, value: 1 },
        { at: START + 4 * MINUTE, value: 0.0035 },
      ],
      bucket: MINUTE,
      at: NOW,
    });
  });

  it('with remarks of the engine is one', async () => {
    const warnings = ['PromQL warning: metric might not be a counter'];
    const { ask } = await asking(matrix([matrixSeries({}, [[START + MINUTE, '1']])], { warnings, infos: ['x'] }));
    expect((await ask()).points).toHaveLength(1);
  });

  it.each<[string, Reply, string, string]>([
    ['an unreadable query', refusal('bad_data', '1:5: parse error: nope'), 'refused', '1:5: parse error: nope'],
    [
      'an unreadable query of VictoriaMetrics',
      refusal('422', 'unparsed data left', 422),
      'refused',
      'unparsed data left',
    ],
    ['an error of the execution', refusal('execution', 'many-to-many', 422), 'refused', 'many-to-many'],
    ['an error inside a 200', refusal('execution', 'nope', 200), 'refused', 'nope'],
    ['a time-out inside a 200', refusal('timeout', 'query timed out', 200), 'transient', 'query timed out'],
    ['a time-out', refusal('timeout', 'query timed out', 503), 'transient', 'query timed out'],
    ['500', { status: 500, body: 'oops' }, 'transient', 'answered 500: oops'],
    ['408', { status: 408, body: '' }, 'transient', '408'],
    ['401', { status: 401, body: 'Unauthorized' }, 'refused', 'asked without credentials'],
    ['404', { status: 404, body: '404 page not found' }, 'refused', 'with the path before /api/v1'],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://login.example/' }, body: '' },
      'refused',
      'login.example',
    ],
    [
      'a page',
      { body: '<html><title>Grafana</title>' },
      'transient',
      'not one of Prometheus (application/json: <html>',
    ],
    ['nothing', { body: '' }, 'transient', 'not one of Prometheus'],
    ['a cut answer', { body: {}, cutAfter: '{"sta' }, 'transient', 'could not be reached'],
    ['other JSON', { body: { series: [] } }, 'transient', 'not one of Prometheus'],
    [
      'a vector',
      { body: { status: 'success', data: { resultType: 'vector', result: [] } } },
      'transient',
      'not one of',
    ],
    [
      'half of an answer',
      matrix([], { warnings: ['store gateway 3 is not reachable'] }),
      'transient',
      'in part only: store gateway 3',
    ],
    [
      'a histogram',
      { body: { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, histograms: [[1, {}]] }] } } },
      'refused',
      'histogram_quantile',
    ],
    [
      'several series',
      matrix(['a', 'b', 'c', 'd'].map((pod) => matrixSeries({ pod }, [[START, '1']]))),
      'refused',
      '4 series for the query ({pod="a"}, {pod="b"}, {pod="c"}, …)',
    ],
  ])('%s is what it is', async (_, reply, kind, words) => {
    const error = await failure(reply);
    expect(error.message).toContain(words);
    expect(error).toMatchObject({ kind });
  });

  it('that does not come within the metric’s time limit is an error that may pass', async () => {
    const error = await failure({ hang: true }, { timeout: 100 });
    expect(error).toMatchObject({ kind: 'transient' });
    expect(error.message).toContain('did not answer within 0.1 s');
  });

  it('does not come from an address where nobody is', async () => {
    const { fake, ask } = await asking(matrix([]));
    await fake.close();
    expect(await errorOf(ask())).toMatchObject({ kind: 'transient' });
  });

  it('needs secrets that can be read and sent', async () => {
    const m = metric({ provider: 'prom', source: 'PROMETHEUS', query: 'up' });
    const cancelled = new AbortController().signal;
    const ask = (given: Partial<PrometheusProvider>, env: NodeJS.ProcessEnv = {}) =>
      createSources([prometheusProvider('http://127.0.0.1:1', given)], (ref) => openSecret(ref, env))(m).ask({
        metric: m,
        from: START,
        now: NOW,
        cancelled,
      });
    expect((await errorOf(ask({ bearerToken: { env: 'PROM_TOKEN' } }))).message).toContain(
      'credentials of the provider prom cannot be read. The environment variable PROM_TOKEN',
    );
    expect((await errorOf(ask({ tls: { caFile: '/nowhere/ca' } }))).message).toContain('/nowhere/ca');
    const broken = await errorOf(ask({ headers: { 'x-key': { env: 'KEY' } } }, { KEY: 'hidden\nvalue' }));
    expect(broken).toMatchObject({ kind: 'refused' });
    expect(broken.message).not.toContain('hidden');
  });
});

describe('questions to one server', () => {
  it('that are the same are sent once at a time, and do not end with one that is cancelled', async () => {
    const { ask, fake } = await asking({ ...matrix([matrixSeries({}, [[START + MINUTE, '1']])]), afterMs: 30 });
    const gone = new AbortController();
    const reason = new Error('gone');
    setTimeout(() => gone.abort(reason), 10);
    const all = await Promise.allSettled([ask(START, NOW, gone.signal), ask(), ask(START, NOW + SECOND)]);
    expect(all).toMatchObject([
      { status: 'rejected', reason },
      { status: 'fulfilled', value: { points: [{ at: START, value: 1 }] } },
      { status: 'fulfilled' },
    ]);
    expect(fake.heard).toHaveLength(1);
    await ask(START, NOW + MINUTE);
    expect(fake.heard).toHaveLength(2);
  });

  it.each([429, 503])('wait after a %i for as long as it says, whatever the metric', async (status) => {
    const { ask, fake } = await asking((_, count) =>
      count === 1 ? { status, headers: { 'retry-after': '30' }, body: 'too many' } : matrix([]),
    );
    expect(await errorOf(ask())).toMatchObject({ kind: 'transient', notBefore: NOW + 30 * SECOND });
    expect(await errorOf(ask(START + MINUTE, NOW + 29 * SECOND))).toMatchObject({ notBefore: NOW + 30 * SECOND });
    expect(fake.heard).toHaveLength(1);
    await ask(START, NOW + 30 * SECOND);
    expect(fake.heard).toHaveLength(2);
  });
});

describe('metrics that no value was seen of', () => {
  const names = (list: string[]): Reply => ({ body: { status: 'success', data: list } });
  const query = 'sum(rate(x{job="shop",code=~"5.."}[1m]))';

  it('are asked for over a week, and not again within the hour', async () => {
    const { confirm, fake } = await asking(names(['x']), { query });
    expect(await confirm()).toBeUndefined();
    expect(fake.heard).toMatchObject([{ method: 'GET', path: '/api/v1/label/__name__/values' }]);
    expect(Object.fromEntries(fake.heard[0]!.parameters)).toEqual({
      'match[]': 'x{job="shop",code=~"5.."}',
      start: String(NOW / 1000 - 7 * 86_400),
      end: String(NOW / 1000),
    });
    await confirm(NOW + 59 * MINUTE);
    expect(fake.heard).toHaveLength(1);
    await confirm(NOW + 61 * MINUTE);
    expect(fake.heard).toHaveLength(2);
  });

  it('are not asked for when the query had a value', async () => {
    const { ask, confirm, fake } = await asking(matrix([matrixSeries({}, [[START + MINUTE, '1']])]), { query });
    await ask();
    await confirm();
    expect(fake.heard).toHaveLength(1);
  });

  function known(labels: Record<string, string[]>): Answering {
    return ({ path, parameters }) => {
      if (path === '/api/v1/labels') return names(Object.keys(labels));
      const [, label = ''] = /label\/(\w+)\/values/.exec(path) ?? [];
      if (label === '__name__' && parameters.get('match[]') !== 'x') return names([]);
      return names(labels[label] ?? []);
    };
  }

  it.each<[string, Record<string, string[]>]>([
    ['a code of failure beside others', { __name__: ['x'], job: ['shop'], code: ['200', '404'] }],
    ['a class of codes beside others', { __name__: ['x'], job: ['shop'], code: ['2xx'] }],
    ['a value that there is in other series', { __name__: ['x'], job: ['shop'], code: ['200', '500'] }],
  ])('are taken as none: %s', async (_, labels) => {
    const { confirm } = await asking(known(labels), { query });
    expect(await confirm()).toBeUndefined();
  });

  it.each<[string, string, Record<string, string[]>, string]>([
    [
      'another way of writing codes',
      query.replace('5..', '5xx'),
      { __name__: ['x'], job: ['shop'], code: ['200'] },
      'code=~"5xx" ',
    ],
    ['a job that is not there', query, { __name__: ['x'], job: ['shops'], code: ['200'] }, 'job="shop" '],
  ])('are in doubt: %s', async (_, text, labels, words) => {
    const { confirm } = await asking(known(labels), { query: text });
    expect(await confirm()).toContain(`Nothing shows that ${words}`);
  });

  it.each<[string, Record<string, string[]>, string]>([
    ['a name', { __name__: [], job: ['shop'], code: ['200'] }, 'known no metric x for 7 days'],
    ['a label', { __name__: ['x'], job: ['shop'] }, 'has no label code (it has job)'],
  ])('are denied for %s that is not there', async (_, labels, words) => {
    const { confirm } = await asking(known(labels), { query });
    const error = await errorOf(confirm());
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain(words);
  });

  it('are in doubt where the server does not tell of labels', async () => {
    const { confirm } = await asking({ status: 404, body: 'not found' }, { query });
    expect(await confirm()).toContain('does not tell of labels (it answered 404)');
  });

  it('are neither known nor unknown by an answer of somebody else', async () => {
    const { confirm } = await asking({ body: '<html>' }, { query });
    expect(await errorOf(confirm())).toMatchObject({ kind: 'transient' });
  });

  it('may be narrowed to what is known only when the deployment runs', async () => {
    const task = 'sum(rate(x{task_set="{{ .Variant.TaskSet }}"}[1m]))';
    const { confirm, fake } = await asking(names(['x']), { query: task });
    expect(await confirm()).toBeUndefined();
    expect(fake.heard[0]!.parameters.get('match[]')).toBe('x');
  });
});

describe('https', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
    for (const name of ['server', 'client']) {
      const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
      const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:prometheus.internal`];
      const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      execFileSync('openssl', [...made, ...files, ...subject], { stdio: 'pipe' });
    }
    await writeFile(join(folder, 'none'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const file = (name: string): string => join(folder, name);
  async function ask(tls: PrometheusProvider['tls'], mutual = false) {
    const fake = await startFakePrometheus(
      () => NOW,
      () => matrix([]),
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.pem')),
        ...(mutual && { requestCert: true, rejectUnauthorized: true, ca: readFileSync(file('client.pem')) }),
      },
    );
    open.push(fake);
    const m = metric({ provider: 'prom', source: 'PROMETHEUS', query: 'up' });
    const source = createSources([prometheusProvider(fake.url, { ...(tls && { tls }) })], openTestSecret)(m);
    return source.ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal });
  }

  it('is checked with an authority and a name of one’s own', async () => {
    const look = await ask({ caFile: file('server.pem'), serverName: 'prometheus.internal' });
    expect(look.points).toEqual([]);
  });

  it('shows a certificate of one’s own', async () => {
    const own = { certFile: file('client.pem'), keyFile: file('client.key') };
    const look = await ask({ caFile: file('server.pem'), serverName: 'prometheus.internal', ...own }, true);
    expect(look.points).toEqual([]);
  });

  it.each<[string, () => PrometheusProvider['tls'], string]>([
    ['an authority that is not known', () => undefined, 'caFile for an authority of your own'],
    ['another name', () => ({ caFile: file('server.pem') }), 'serverName where the certificate has another name'],
  ])('is refused for %s', async (_, tls, words) => {
    const error = await errorOf(ask(tls()));
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain(words);
  });

  it('is refused where the server wants a certificate', async () => {
    const error = await errorOf(ask({ caFile: file('server.pem'), serverName: 'prometheus.internal' }, true));
    expect(error.message).toContain('Prometheus (https://127.0.0.1:');
  });
});
