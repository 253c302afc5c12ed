import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@temporalio/client';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, test } from 'vitest';
import { archiveName } from '../activities/archive/name.js';
import { fewAtOnce } from '../activities/doctor/time-limit.js';
import { HOUR, MINUTE } from '../model/duration.js';
import { iso } from '../model/wire.js';
import type { DeploymentDocument, HistoryEntry } from '../model/wire.js';
import { applicationWorkflowId, TASK_QUEUE } from '../model/workflow-id.js';
import { packArchived } from '../records/archived.js';
import { KEYS } from '../test/e2e/configuration.js';
import { worldOf } from '../test/e2e/shop.js';
import { useStack } from '../test/e2e/stack.js';
import { hasChromium, openBrowser, shows, visit } from '../test/web/browser.js';
import { median } from './figure.js';
import type { Figure } from './figure.js';

const APPLICATIONS = 2_000;
const EACH = 10;
const LOADS = 5;
const FILTERS = 10;
const NOW = Date.now();

let folder = '';
const stack = useStack(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bench-archive-'));
  return { world: worldOf(['shop']), more: { archive: { folder } } };
});
let browser: Browser;
let close: (() => Promise<void>) | undefined;

const nameOf = (index: number): string => `service-${String(index).padStart(4, '0')}`;

/** A canary with two metrics that ended well or was rolled back, as its workflow would have written it. */
function deploymentOf(index: number, n: number): { document: DeploymentDocument; startedAt: number } {
  const app = nameOf(index);
  const good = (index + n) % 7 !== 0;
  const startedAt = NOW - (EACH - n) * 24 * HOUR - index * 20_000;
  const at = (minutes: number): string => iso(startedAt + minutes * MINUTE);
  const stages = ['ECS_CANARY_ROLLOUT', 'ECS_TRAFFIC_ROUTING', 'ANALYSIS', 'ECS_PRIMARY_ROLLOUT', 'ECS_CANARY_CLEAN'];
  const document: DeploymentDocument = {
    id: `${app}-${n}`,
    app,
    status: good ? 'SUCCEEDED' : 'ROLLED_BACK',
    reason: good
      ? `web:${n} runs with all of the traffic.`
      : 'stage-2: errors failed 1 of 3 judged windows: 0.03 is above 0.01.',
    version: { image: `registry.example/${app}:${n}`, commit: 'c0ffee'.repeat(6), taskDefinition: `${app}:${n}` },
    trigger: { by: 'ci', at: at(0) },
    startedAt: at(0),
    completedAt: at(12),
    stages: stages.map((name, i) => ({
      id: `stage-${i}`,
      name,
      status: 'SUCCEEDED',
      startedAt: at(i),
      completedAt: at(i + 1),
      detail: 'Read back twice, and all targets were healthy.',
    })),
    traffic: { wanted: { primary: 100, canary: 0 }, verified: { primary: 100, canary: 0 } },
    analysis: ['errors', 'latency'].map((metric) => ({
      stage: 'stage-2',
      metric,
      strategy: 'THRESHOLD',
      query: `sum:${metric}{service:${app}}.as_count()`,
      verdict: 'PASS',
      reason: 'All 6 windows were within the limits.',
      windows: 6,
      counts: { PASS: 6, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
      measurements: [],
    })),
    warnings: [],
    trail: [{ at: at(0), action: 'deploy', by: 'ci', reason: '' }],
    links: {},
  };
  return { document, startedAt };
}

function entryOf({ id, status, reason, version, completedAt = '', startedAt = '' }: DeploymentDocument): HistoryEntry {
  return { id, status, reason, startedAt, completedAt, ...version };
}

async function fillArchive(): Promise<void> {
  for (let index = 0; index < APPLICATIONS; index++) {
    for (let n = 1; n <= EACH; n++) {
      const { document, startedAt } = deploymentOf(index, n);
      const file = join(folder, archiveName(document, startedAt));
      if (n === 1) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, packArchived({ document, records: [] }));
    }
  }
}

/** Applications with a memory, as after a continue-as-new: nothing is looked up for them. */
async function startApplications(): Promise<void> {
  const client = new Client({ connection: await stack().temporal() });
  const started = Array.from({ length: APPLICATIONS }, (_, index) => index);
  await fewAtOnce(started, 20, async (index) => {
    const app = nameOf(index);
    const history = Array.from({ length: EACH }, (_, i) => entryOf(deploymentOf(index, EACH - i).document));
    const lastGood = history.find(({ status }) => status === 'SUCCEEDED');
    await client.workflow.start('application', {
      workflowId: applicationWorkflowId(app),
      taskQueue: TASK_QUEUE,
      args: [{ app, memory: { highest: EACH, queue: [], history, keys: [], ...(lastGood && { lastGood }) } }],
    });
  });
  await client.connection.close();
}

beforeAll(async () => {
  if (!hasChromium) return;
  await fillArchive();
  await startApplications();
  ({ browser, close } = await openBrowser());
}, 15 * MINUTE);
afterAll(async () => {
  await close?.();
  await rm(folder, { recursive: true, force: true });
});

/** What a browser saw of one load: ms after the navigation began, bytes as they came over the wire. */
interface Load {
  paint: number;
  rows: number;
  bytes: number;
  requests: number;
  shift: number;
}

// Runs in the page, before its own code: when it painted, when the first row was there, and what moved.
const WATCH = `
  window.seen = { shift: 0 };
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.seen.shift += one.value;
  }).observe({ type: 'layout-shift', buffered: true });
  new MutationObserver(() => {
    if (window.seen.rows === undefined && document.querySelector('[role=rowgroup] .row')) {
      requestAnimationFrame(() => setTimeout(() => (window.seen.rows ??= performance.now())));
    }
  }).observe(document, { childList: true, subtree: true });
`;

async function load(page: Page, path: string): Promise<Load> {
  const session = await page.createCDPSession();
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  let bytes = 0;
  let requests = 0;
  session.on('Network.dataReceived', ({ encodedDataLength }) => (bytes += encodedDataLength));
  session.on('Network.responseReceived', () => requests++);
  await page.goto(`${stack().apiUrl}${path}`);
  await page.waitForFunction('window.seen.rows !== undefined', { timeout: 60_000, polling: 50 });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const seen = (await page.evaluate(
    `({ ...window.seen, paint: performance.getEntriesByName('first-contentful-paint')[0].startTime })`,
  )) as Pick<Load, 'paint' | 'rows' | 'shift'>;
  await session.detach();
  return { ...seen, bytes, requests };
}

/** Types a filter, and waits until every row that is seen fits it. @returns ms until that was painted */
async function filter(page: Page, text: string): Promise<number> {
  return (await page.evaluate(`new Promise((resolve) => {
    const input = document.querySelector('#search');
    const began = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(text)});
    input.dispatchEvent(new Event('input', { bubbles: true }));
    const look = () => {
      const rows = [...document.querySelectorAll('[role=rowgroup] .row .app a')];
      if (rows.length === 0 || !rows.every((row) => row.textContent.includes(${JSON.stringify(text)}))) {
        requestAnimationFrame(look);
      } else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    };
    look();
  })`)) as number;
}

test.runIf(hasChromium)(
  `lists of ${APPLICATIONS} applications and ${APPLICATIONS * EACH} archived deployments in Chromium`,
  { timeout: 15 * MINUTE },
  async ({ task }) => {
    const { page } = await visit(browser, stack().apiUrl, KEYS.viewer);
    await shows(page, new RegExp(`${APPLICATIONS} of ${APPLICATIONS}`), 5 * MINUTE);
    await page.evaluateOnNewDocument(WATCH);
    const figures: Figure[] = [];
    const all: Record<string, Load[]> = {};
    const typed: Record<string, number[]> = {};
    const moved: Record<string, number[]> = {};
    for (const path of ['/', '/deployments']) {
      const loads: Load[] = [];
      for (let i = 0; i < LOADS; i++) loads.push(await load(page, path));
      all[path] = loads;
      const filters = (typed[path] = [] as number[]);
      for (let i = 0; i < FILTERS; i++) filters.push(await filter(page, nameOf(i * 197)));
      const shift = (await page.evaluate('window.seen.shift')) as number;
      moved[path] = [shift];
    }
    const add = (name: string, unit: Figure['unit'], read: (path: string) => number[]): void =>
      void figures.push({
        name: `${name}, all deployments`,
        unit,
        runs: read('/deployments'),
        value: median(read('/deployments')),
        baseline: { name: 'all applications', value: median(read('/')) },
      });
    const of = (key: keyof Load) => (path: string) => (all[path] ?? []).map((one) => one[key]);
    const inSeconds = (key: 'paint' | 'rows') => (path: string) => of(key)(path).map((ms) => ms / 1_000);
    add('first paint', 's', inSeconds('paint'));
    add('rows there', 's', inSeconds('rows'));
    add('filter typed to painted', 's', (path) => (typed[path] ?? []).map((ms) => ms / 1_000));
    add('over the wire, nothing cached', 'bytes', of('bytes'));
    add('requests', 'requests', of('requests'));
    add('layout shift, filters included', 'shift', (path) => [...of('shift')(path), ...(moved[path] ?? [])]);
    task.meta.figures = figures;
  },
);
