import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeWindow, openWindow, takeLook } from '../../analysis/compare-window.js';
import { addMeasurements, beginProgress } from '../../analysis/tally.js';
import type { Context } from '../../cli/context.js';
import { runCommand } from '../../cli/program.js';
import type { ComparedMetric } from '../../model/metric.js';
import { analysisDocument } from '../../model/wire.js';
import { BEGAN, runningCanary } from './documents.js';
import { httpServer } from './sockets.js';

const MINUTES = Array.from({ length: 30 }, (_, index) => index * 60);

interface Side {
  at: number;
  arrivedAt?: number | null;
  errors?: number | null;
  requests?: number;
  value?: number;
}

/** Half an hour in which each minute has these errors in these requests. */
function counts(errors: number, requests: number, from = 0): Side[] {
  return MINUTES.map((at) => ({ at: at + from, errors, requests }));
}

function judgeDocument(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'good',
    duration: '1800s',
    interval: 300,
    metric: { strategy: 'CANARY_PRIMARY', deviation: 'HIGH' },
    points: { canary: counts(1, 200), primary: counts(4, 800) },
    ...over,
  };
}

const BAD = judgeDocument({ id: 'bad', points: { canary: counts(8, 200), primary: counts(4, 800) } });

async function file(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-judge-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function sluice(args: string[], url?: string): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const context: Context = {
    environment: {
      configFiles: [],
      host: '127.0.0.1',
      port: 8080,
      dataDir: '/nowhere',
      ...(url !== undefined && { url }),
    },
    out: (text) => out.push(text),
    say: (text) => err.push(text),
  };
  return { code: await runCommand(['judge', ...args], context), out, err };
}

interface Judged {
  id: string;
  verdict: string;
  decidedAt: number;
  windows: { from: number; to: number; judgedAt: number; outcome: string; reason: string }[];
}

async function judged(document: unknown): Promise<Judged> {
  const { code, out, err } = await sluice([await file('one.json', JSON.stringify(document)), '--json']);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return JSON.parse(out[0] ?? '') as Judged;
}

describe('a document', () => {
  test('of a good version passes, and each window says what was seen', async () => {
    const result = await judged(judgeDocument());
    expect(result).toMatchObject({ id: 'good', verdict: 'PASS' });
    expect(Object.keys(result).sort()).toEqual(['decidedAt', 'id', 'reason', 'verdict', 'windows']);
    expect(result.windows.map(({ from, to }) => [from, to])).toEqual(
      [0, 300, 600, 900, 1200, 1500].map((from) => [from, from + 300]),
    );
    for (const window of result.windows) {
      expect(Object.keys(window).sort()).toEqual(['from', 'judgedAt', 'outcome', 'reason', 'to']);
      expect(window.judgedAt).toBeGreaterThanOrEqual(window.to);
    }
    expect(result.windows[0]?.reason).toContain('Canary 5 errors in 1,000 requests, primary 20 in 4,000');
    expect(result.decidedAt).toBe(result.windows.at(-1)?.judgedAt);
  });

  test('of a bad version fails in the middle of a window, as soon as the evidence is enough', async () => {
    const { verdict, windows, decidedAt } = await judged(BAD);
    expect(verdict).toBe('FAIL');
    const last = windows.at(-1);
    expect(last?.outcome).toBe('FAIL');
    expect(last?.reason).toContain('e-value');
    expect(decidedAt).toBeLessThan(600);
    expect(decidedAt).toBe(last?.judgedAt);
    expect(last?.judgedAt).toBeGreaterThanOrEqual(last?.to ?? Infinity);
  });

  test.each([
    ['numbers', { duration: 1800, interval: 300 }],
    ['numbers with a unit', { duration: '1800s', interval: '300s' }],
    ['other units', { duration: '30m', interval: '5m' }],
    ['the interval of the metric', { interval: undefined, metric: { strategy: 'CANARY_PRIMARY', interval: '300s' } }],
  ])('takes durations as %s', async (_, over) => {
    expect(await judged(judgeDocument(over))).toEqual(await judged(judgeDocument()));
  });

  test('may begin at any instant: buckets lie where the document says', async () => {
    const start = 1_700_000_003;
    const points = { canary: counts(8, 200, start), primary: counts(4, 800, start) };
    const moved = await judged(judgeDocument({ id: 'bad', start, points }));
    const plain = await judged(BAD);
    expect(moved.verdict).toBe('FAIL');
    expect(moved.decidedAt - start).toBe(plain.decidedAt);
    expect(moved.windows.map(({ from, to, judgedAt }) => [from - start, to - start, judgedAt - start])).toEqual(
      plain.windows.map(({ from, to, judgedAt }) => [from, to, judgedAt]),
    );
  });

  test('with an initialDelay leaves out what was before it', async () => {
    const canary = MINUTES.map((at) => ({ at, errors: at < 300 ? 100 : 1, requests: 200 }));
    const points = { canary, primary: counts(4, 800) };
    expect((await judged(judgeDocument({ points }))).verdict).toBe('FAIL');
    const later = await judged(judgeDocument({ points, initialDelay: '290s', duration: 1500 }));
    expect(later).toMatchObject({ verdict: 'PASS', windows: [{ from: 290 }, {}, {}, {}, {}] });
  });

  test('of which nothing arrived is inconclusive', async () => {
    const nothing = await judged(judgeDocument({ points: {} }));
    expect(nothing).toMatchObject({ verdict: 'INCONCLUSIVE', decidedAt: 1800 + 1200 });
    expect(nothing.windows.map(({ outcome }) => outcome)).toEqual(Array(6).fill('NO_DATA'));
    expect((await judged(judgeDocument({ points: { canary: counts(0, 200) } }))).verdict).toBe('INCONCLUSIVE');
    expect((await judged(judgeDocument({ points: { primary: counts(0, 200) } }))).verdict).toBe('INCONCLUSIVE');
  });

  test('null and absent errors are none, where there are requests', async () => {
    const canary = MINUTES.map((at) => ({ at, errors: at === 600 ? null : undefined, requests: 200, arrivedAt: null }));
    expect((await judged(judgeDocument({ points: { canary, primary: counts(1, 800) } }))).verdict).toBe('PASS');
  });

  test('that is judged point by point against bounds is a THRESHOLD', async () => {
    const canary = MINUTES.map((at) => ({ at, value: at === 900 ? 0.3 : 0.1 }));
    const metric = { strategy: 'THRESHOLD', expected: { max: 0.2 } };
    const { verdict, windows } = await judged(judgeDocument({ metric, points: { canary } }));
    expect(verdict).toBe('FAIL');
    expect(windows.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS', 'PASS', 'FAIL']);
    const forgiving = { ...metric, failureLimit: 1 };
    expect((await judged(judgeDocument({ metric: forgiving, points: { canary } }))).verdict).toBe('PASS');
  });

  test('of PREVIOUS without an earlier version passes only where the file says so', async () => {
    const points = { canary: counts(1, 200) };
    const metric = { strategy: 'PREVIOUS' };
    expect((await judged(judgeDocument({ metric, points }))).verdict).toBe('INCONCLUSIVE');
    const passing = { ...metric, onNoPrevious: 'PASS' };
    expect((await judged(judgeDocument({ metric: passing, points }))).verdict).toBe('PASS');
    const both = { canary: counts(8, 200), previous: counts(4, 800) };
    expect((await judged(judgeDocument({ metric: passing, points: both }))).verdict).toBe('FAIL');
  });
});

describe('several documents', () => {
  test('of a file of lines: a line with a mistake is named, the others are judged', async () => {
    const wrong = judgeDocument({ id: 'wrong', metric: { strategy: 'CANARY_PRIMRY' } });
    const lines = [JSON.stringify(judgeDocument()), JSON.stringify(wrong), '', '{"id": ', JSON.stringify(BAD)];
    const path = await file('many.ndjson', lines.join('\n') + '\n');
    const { code, out, err } = await sluice([path, '--json', '--exit-code']);
    expect(code).toBe(2);
    expect(out.map((line) => (JSON.parse(line) as Judged).verdict)).toEqual(['PASS', 'FAIL']);
    expect(err).toHaveLength(2);
    expect(err[0]).toContain(`${path}:2: metric.strategy: `);
    expect(err[1]).toContain(`${path}:4: is no JSON`);
  });

  test('of a JSON array, and of lines in a file of another name', async () => {
    const array = await file('array.json', JSON.stringify([judgeDocument(), { id: 'x' }]));
    const { code, out, err } = await sluice([array]);
    expect(code).toBe(2);
    expect(out[0]).toContain('✔ good: PASS at ');
    expect(err.join('\n')).toContain(`${array}[1]: `);
    const lines = await file('lines.txt', `{"id":\n${JSON.stringify(judgeDocument())}\n`);
    const second = await sluice([lines]);
    expect([second.code, second.out.length > 0]).toEqual([2, true]);
    expect(second.err[0]).toContain(`${lines}:1: is no JSON`);
  });

  test('--exit-code ends with 1 unless all passed', async () => {
    const good = await file('good.json', JSON.stringify(judgeDocument()));
    const bad = await file('bad.ndjson', `${JSON.stringify(judgeDocument())}\n${JSON.stringify(BAD)}`);
    expect((await sluice([good, '--exit-code'])).code).toBe(0);
    expect((await sluice([bad, '--exit-code'])).code).toBe(1);
    expect((await sluice([bad])).code).toBe(0);
    const nothing = await file('nothing.json', JSON.stringify(judgeDocument({ points: {} })));
    expect((await sluice([nothing, '--exit-code'])).code).toBe(1);
  });

  test.each(['empty.ndjson', 'empty.json'])('%s has nothing to judge, which is no success', async (name) => {
    const { code, err } = await sluice([await file(name, '\n'), '--exit-code']);
    expect(code).toBe(2);
    expect(err.join('\n')).toMatch(/is empty|is no JSON/);
  });

  test.each(['/nowhere/x.json', '/nowhere/x.ndjson'])('%s cannot be read', async (path) => {
    const { code, err } = await sluice([path]);
    expect(code).toBe(2);
    expect(err.join('\n')).toContain(`${path} cannot be read`);
  });

  test('a file or a deployment, not both and not neither', async () => {
    expect((await sluice([])).code).toBe(2);
    expect((await sluice(['x.json', '--deployment', 'web-1'])).code).toBe(2);
  });
});

describe('--deployment', () => {
  const metric: ComparedMetric = {
    strategy: 'CANARY_PRIMARY',
    test: 'SEQUENTIAL',
    kind: 'COUNTS',
    name: 'errors',
    provider: 'p',
    source: 'PROMETHEUS',
    query: 'q',
    canary: {},
    reference: { variant: 'primary', queries: {} },
    deviation: 'HIGH',
    tolerance: 1,
    alpha: 0.05,
    interval: 600_000,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30_000,
    maxDelay: 600_000,
    resolution: 60_000,
    minMeasured: 0.5,
    errorLimit: 1,
    dryRun: false,
  };
  const window = { window: 1, from: BEGAN, to: BEGAN + 600_000 };

  /** A deployment of one window, judged as a deployment is, behind an API that pages its measurements. */
  async function deployed(errors: number): Promise<string> {
    const side = (bad: number, requests: number): { at: number; value: number }[][] => [
      MINUTES.slice(0, 12).map((at) => ({ at: BEGAN + at * 1000, value: bad })),
      MINUTES.slice(0, 12).map((at) => ({ at: BEGAN + at * 1000, value: requests })),
    ];
    const [canaryErrors = [], canaryRequests = []] = side(errors, 200);
    const [primaryErrors = [], primaryRequests = []] = side(2, 800);
    const look = {
      canary: { errors: canaryErrors, requests: canaryRequests },
      reference: { errors: primaryErrors, requests: primaryRequests },
      query: 'q',
      bucket: 60_000,
      at: BEGAN + 720_000,
    };
    const open = takeLook(metric, openWindow(metric, window, undefined), look, { start: BEGAN });
    const closing = { judgedAt: look.at, look, query: 'q', isEnd: true, mayBeExtended: false };
    const closed = closeWindow(metric, open, undefined, closing);
    const progress = addMeasurements(metric, beginProgress(metric, 1), [closed.measurement], closed.ledger);
    const document = analysisDocument('stage-2', progress);
    const records = document.measurements.map((each) => ({ ...each, stage: 'stage-2', metric: 'errors' }));
    return httpServer((request, response) => {
      const path = (request.url ?? '').replace('/api/v1/deployments/web-12', '');
      if (path === '') response.end(JSON.stringify(runningCanary({ analysis: [document] })));
      else if (path === '/measurements') response.end(JSON.stringify({ measurements: [], cursor: 'a b' }));
      else if (path === '/measurements?cursor=a%20b') response.end(JSON.stringify({ measurements: records }));
      else {
        response.statusCode = 404;
        response.end(JSON.stringify({ type: 'about:blank', title: 'Not Found', status: 404, detail: 'Not there.' }));
      }
    });
  }

  test('judges the evidence again as it was judged', async () => {
    const { code, out } = await sluice(['--deployment', 'web-12', '--json'], await deployed(4));
    expect(code).toBe(0);
    const { deployment, metrics } = JSON.parse(out[0] ?? '') as {
      deployment: string;
      metrics: Record<string, unknown>[];
    };
    expect(deployment).toBe('web-12');
    expect(metrics).toMatchObject([{ metric: 'errors', was: { verdict: 'FAIL' }, verdict: 'FAIL' }]);
    expect(metrics[0]?.reason).toEqual((metrics[0]?.was as { reason: string }).reason);
  });

  test('judges with other settings: a tolerance would have let it pass on', async () => {
    const url = await deployed(4);
    const { code, out } = await sluice(['--deployment', 'web-12', '--tolerance', '20', '--exit-code'], url);
    expect(code).toBe(1);
    expect(out[0]).toMatch(/^stage-2 errors: INCONCLUSIVE; it was FAIL\. /);
    expect(out[1]).toMatch(/: PASS, it was FAIL\. |: NOT_ENOUGH_DATA, it was FAIL\. /);
  });

  test('would an allowed rate of 0.4 % have caught it?', async () => {
    const url = await deployed(0);
    expect((await sluice(['--deployment', 'web-12', '--exit-code'], url)).code).toBe(0);
  });

  test('judges one metric, where it is named', async () => {
    const url = await deployed(4);
    const named = await sluice(['--deployment', 'web-12', '--stage', 'stage-2', '--metric', 'errors'], url);
    expect(named).toMatchObject({ code: 0, out: [expect.stringMatching(/^stage-2 errors: FAIL, as then\. /)] });
    const other = await sluice(['--deployment', 'web-12', '--metric', 'latency'], url);
    expect(other.code).toBe(2);
    expect(other.err.join('\n')).toContain('--stage stage-2 --metric errors');
  });

  test.each([
    [['--alpha', 'much'], '--alpha must be a number'],
    [['--alpha', '5'], '--alpha must be a number between 0 and 1'],
    [['--failure-limit', '0.5'], '--failure-limit must be a number of windows'],
    [['--min-measured', '200%'], '--min-measured must be a number of whole percent'],
    [['--deviation', 'UP'], '--deviation must be'],
    [['--tolerance', '-1'], '--tolerance must be'],
  ])('refuses %j', async (args, words) => {
    const { code, err } = await sluice(['--deployment', 'web-12', ...args], 'http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(err.join('\n')).toContain(words);
  });

  test('says which deployment is not there', async () => {
    const { code, err } = await sluice(['--deployment', 'web-99'], await deployed(0));
    expect(code).toBe(2);
    expect(err.join('\n')).toContain('Not there.');
  });
});
