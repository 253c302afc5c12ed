// The built page with an API of its own: a deployment whose analysis runs for a day, five metrics of five kinds, all made up from a seed.
import express from 'express';
import { servePage } from '../../dist/api/page.js';
import { ROOT } from '../../scripts/prepare.mjs';

const DAY = 86_400;
const PAGE = 2_000;

/** The same numbers each time (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const iso = (seconds) => new Date(seconds * 1_000).toISOString();
const baseline = { variant: 'baseline', queries: {} };
const COMPARED = { test: 'SEQUENTIAL', deviation: 'HIGH', reference: baseline };
const METRICS = [
  ['errors', 'CANARY_BASELINE', { ...COMPARED, kind: 'COUNTS', tolerance: 1.5 }, { max: 0.02 }],
  ['p95', 'CANARY_BASELINE', { ...COMPARED, kind: 'VALUE', tolerance: 1.2, deviation: 'EITHER' }],
  ['queue', 'CANARY_PRIMARY', { ...COMPARED, test: 'MANN_WHITNEY', kind: 'VALUE', tolerance: 1.3 }],
  ['throughput', 'CANARY_BASELINE', { ...COMPARED, kind: 'VALUE', tolerance: 1.2, deviation: 'LOW' }],
  ['cpu', 'THRESHOLD', { test: 'EACH_POINT' }, { max: 90 }],
];

/** One metric's windows: those of a minute in which it spiked are FAIL, one in two hundred has no data. */
function windowsOf([metric, strategy, settings], start, step, seed) {
  const next = random(seed);
  const buckets = strategy === 'THRESHOLD' || settings.test !== 'MANN_WHITNEY' ? 1 : 6;
  const width = step / buckets;
  return Array.from({ length: DAY / step }, (_, i) => {
    const from = start + i * step;
    const usual = 60 + 20 * Math.sin((i * step * 2 * Math.PI) / DAY);
    const sides = [0, 1].map(() =>
      Array.from({ length: buckets }, (__, k) => {
        const at = from + k * width;
        const value = usual * (0.9 + next() * 0.2);
        if (settings.kind !== 'COUNTS') return [at, value];
        const requests = Math.round(value * 10);
        return [at, Math.round(requests * 0.012 * next()), requests];
      }),
    );
    const spiked = next() < 0.002;
    if (spiked && settings.kind !== 'COUNTS') sides[0][0][1] *= 1.8;
    const outcome = spiked ? 'FAIL' : next() < 0.005 ? 'NO_DATA' : 'PASS';
    return {
      stage: 'stage-2',
      metric,
      window: i + 1,
      from: iso(from),
      to: iso(from + step),
      outcome,
      points: strategy === 'THRESHOLD' ? sides[0] : [],
      reason: `Window ${i + 1} of ${metric}, made up.`,
      judgedAt: iso(from + step + 60),
      delaySeconds: 60,
      ...(strategy !== 'THRESHOLD' && { canary: sides[0], reference: sides[1] }),
    };
  });
}

/** @param step seconds of a window @returns the page's address, with what it shows, and how to end it */
export async function startScriptedPage(step) {
  const start = Math.floor(Date.now() / 1_000 / step) * step - DAY - step;
  const all = METRICS.map((metric, i) => windowsOf(metric, start, step, i + 1));
  const document = {
    id: 'day-1',
    app: 'day',
    status: 'RUNNING',
    reason: 'A day of windows.',
    version: { image: 'web:2' },
    trigger: { by: 'bench', at: iso(start) },
    startedAt: iso(start),
    stages: [{ id: 'stage-2', name: 'ANALYSIS', status: 'RUNNING', startedAt: iso(start) }],
    traffic: { wanted: { primary: 80, canary: 20 }, verified: { primary: 80, canary: 20 } },
    analysis: METRICS.map(([metric, strategy, settings, expected], i) => ({
      stage: 'stage-2',
      metric,
      strategy,
      query: `${metric}{}`,
      ...(expected && { expected }),
      verdict: 'RUNNING',
      reason: '',
      windows: all[i].length + 10,
      delaySeconds: 60,
      nextVerdictAt: iso(Date.now() / 1_000 + 60),
      counts: { PASS: all[i].length, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
      settings,
      measurements: all[i].slice(-20),
    })),
    warnings: [],
    trail: [],
    links: {},
  };
  const windows = all.flat().toSorted((a, b) => (a.judgedAt < b.judgedAt ? -1 : 1));
  const stream = (first) => (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    res.write(first);
  };
  const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

  const app = express();
  const api = express.Router();
  api.get('/session', (_req, res) => res.json({ name: 'bench', role: 'viewer' }));
  api.get('/live/applications', stream(event('list', { applications: [] })));
  api.get('/deployments/day-1', (_req, res) => res.json(document));
  api.get('/deployments/day-1/events', stream(event('snapshot', document)));
  api.get('/deployments/day-1/log', (_req, res) => res.json({ lines: [], changes: [] }));
  api.get('/deployments/day-1/measurements', (req, res) => {
    const at = Number(req.query.cursor ?? 0);
    const more = at + PAGE < windows.length && { cursor: String(at + PAGE) };
    res.json({ measurements: windows.slice(at, at + PAGE), ...more });
  });
  app.use('/api/v1', api, (_req, res) => res.status(404).json({ detail: 'not scripted' }));
  app.use(servePage(`${ROOT}dist/web`));
  const server = await new Promise((resolve) => {
    const opened = app.listen(0, '127.0.0.1', () => resolve(opened));
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/deployments/day-1`,
    windows: windows.length,
    points: METRICS.length * (DAY / step),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
