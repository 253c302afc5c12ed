import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS } from '../e2e/configuration.js';
import { useStack } from '../e2e/stack.js';
import { createOrigin, serveHttp } from '../git/served.js';
import type { GitHost, Origin } from '../git/served.js';
import { openBrowser, shows, visit } from '../web/browser.js';
import { statesOf, WORLD } from './states.js';

const FOLDER = process.env['SLUICE_PICTURES'] ?? '';
const TOKEN = 'a-token';
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = [1280, 390] as const;
/** Of a whole page; what is longer is cut. */
const TALLEST = 4_000;

let origin: Origin;
let host: GitHost;
const stack = useStack(async () => {
  origin = await createOrigin();
  host = await serveHttp(origin, TOKEN);
  await origin.push({ 'README.md': 'The shop.' });
  const tokenFile = join(origin.root, 'token');
  await writeFile(tokenFile, TOKEN);
  return {
    world: WORLD,
    more: {
      drift: { interval: '10m' },
      git: { tokenFile },
      syncInterval: '2s',
      repositories: [{ repoId: 'shop', remote: host.remote, branch: 'main' }],
    },
  };
});
let browser: Browser;
let page: Page;
let close: (() => Promise<void>) | undefined;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  ({ browser, close } = await openBrowser());
});
afterAll(async () => {
  await close?.();
  await host.close();
  await origin.remove();
});

/** The page as it stands, each way; the charts' own pictures are as wide as the page's column. */
async function shoot(name: string): Promise<void> {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) {
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      // As tall as the page: what is not seen is not painted.
      await page.setViewport({ width, height: 900 });
      await painted();
      const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
      await page.setViewport({ width, height: Math.min(Math.max(height, 844), TALLEST) });
      await painted();
      await page.screenshot({ path: join(FOLDER, `${name}-${scheme}-${width}.png`) });
    }
  }
}

async function painted(): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** Each metric of the deployment by itself, for the guide. */
async function shootCharts(name: string): Promise<void> {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.setViewport({ width: 1100, height: TALLEST });
  await painted();
  for (const [i, metric] of (await page.$$('.metric')).entries()) {
    await metric.screenshot({ path: join(FOLDER, `chart-${name}${i === 0 ? '' : `-${i}`}.png`) });
  }
}

async function open(path: string, pattern: RegExp): Promise<void> {
  await page.goto(stack().apiUrl + path);
  await shows(page, pattern);
}

/** Where the links in a part of the page lead, in their order. */
async function linksIn(part: string, under = '/deployments/'): Promise<string[]> {
  const found = `Array.from(document.querySelectorAll('${part} a[href^="${under}"]'), (a) => a.getAttribute('href'))`;
  return (await page.evaluate(found)) as string[];
}

test('a picture of every page', async () => {
  const states = statesOf(stack(), origin);
  const url = stack().apiUrl;
  const guest = await (await browser.createBrowserContext()).newPage();
  page = guest;
  await open('/', /API key/i);
  await shoot('login');
  const visited = await visit(browser, url, KEYS.deployer);
  page = visited.page;

  await states.begin();
  const judging = states.judge();
  const bad = states.goBad();
  const running = await states.running('checkout', 8);
  await open(`/deployments/${running}`, /Live[\s\S]*windows judged/);
  await page.waitForSelector('.chart canvas');
  await shows(page, /targets healthy[\s\S]*RegisterTaskDefinition|CreateTaskSet/);
  await shoot('running');
  await shootCharts('running');
  await states.around();
  await judging;
  const rolledBack = await bad;

  for (const [name, id] of Object.entries({
    'rolled-back': rolledBack,
    approval: 'approval-2',
    baseline: 'orders-2',
    'baseline-bad': 'orders-bad-2',
    primary: 'search-2',
    previous: 'profile-3',
    samples: 'reports-2',
    'not-enough-data': 'scarce-2',
    'no-data': 'silent-2',
  })) {
    await open(`/deployments/${id}`, new RegExp(`${id}[\\s\\S]*Pipeline`, 'i'));
    await page.waitForNetworkIdle({ concurrency: 2 });
    await shoot(name);
    await shootCharts(name);
  }

  // What is late is told late to all: last, so that nothing else is.
  await stack().sandbox.fault({ kind: 'metrics', delaySeconds: 8 });
  const late = await states.running('late', 2);
  await open(`/deployments/${late}`, /Live[\s\S]*windows judged/);
  await page.waitForSelector('.chart canvas');
  await shootCharts('late');
  await shoot('late');

  await open('/applications/web', /web-\d/);
  const [following = ''] = await linksIn('main');
  await open(following, /chain/i);
  await shoot('chain');
  await open('/applications/catalog', /Out of sync/);
  await shoot('drift');
  await open('/applications/payments', /payments-2/);
  await shoot('application');

  const plan = await mkdtemp(join(tmpdir(), 'sluice-plan-'));
  const files = Object.entries(states.filesFor('orders'));
  for (const [name, text] of files) await writeFile(join(plan, name), text);
  await open('/plan', /Nothing is changed/);
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.locator('input[type=file]').click()]);
  await chooser.accept(files.map(([name]) => join(plan, name)));
  await page.locator('form.plan label:nth-of-type(3) input').fill('web:4');
  await page.locator('form.plan button[type=submit]').click();
  await page.waitForSelector('.planned');
  await shoot('plan');
  await rm(plan, { recursive: true });

  // Whatever else the page's own list of pages names.
  await open('/', /web/);
  for (const path of await linksIn('nav[aria-label=Pages]', '/')) {
    if (path === '/plan') continue;
    await page.goto(url + path);
    await page.waitForSelector('h1');
    await page.waitForNetworkIdle({ concurrency: 2 });
    await shoot(path === '/' ? 'applications' : path.slice(1).replaceAll('/', '-'));
  }
  expect(visited.errors).toEqual([]);
});
