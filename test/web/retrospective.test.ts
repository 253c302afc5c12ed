import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JudgedAgain } from '../../analysis/judged-again.js';
import type { Context } from '../../cli/context.js';
import { runCommand } from '../../cli/program.js';
import { MINUTE } from '../../model/duration.js';
import { KEYS } from '../e2e/configuration.js';
import { filesOf, shopOf, worldOf, type Written } from '../e2e/shop.js';
import { useStack } from '../e2e/stack.js';
import { faults, hasChromium, openBrowser, shows, visit } from './browser.js';

const LIMIT = 4 * MINUTE;
/** One forgives two of its three windows, so that all of them are judged; the next is rolled back with the first; the last compares. */
const WRITTEN = {
  forgiving: { metric: { failureLimit: 2 } },
  strict: {},
  compared: {
    analysis: { duration: '20s' },
    metric: {
      query: undefined,
      expected: undefined,
      interval: '2s',
      resolution: '1s',
      strategy: 'CANARY_PRIMARY',
      metric: 'http-5xx-rate',
    },
  },
} satisfies Record<string, Written>;
const APPS = Object.keys(WRITTEN) as (keyof typeof WRITTEN)[];

/** Types anew into a field of the page. */
async function type(page: Page, name: string, text: string): Promise<void> {
  await page.locator(`.settings [name=${name}]`).fill(text);
}

/** The text of each element that fits, or its value. */
async function texts(page: Page, selector: string): Promise<string[]> {
  const all = `[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.value ?? one.textContent)`;
  return (await page.evaluate(all)) as string[];
}

/** What the command that the page shows prints. */
async function run(command: string, url: string): Promise<JudgedAgain[]> {
  const out: string[] = [];
  const environment = { configFiles: [], host: '127.0.0.1', port: 8080, dataDir: '/nowhere', url, apiKey: KEYS.viewer };
  const context: Context = { environment, out: (text) => out.push(text), say: (text) => out.push(text) };
  expect(await runCommand([...command.split(' ').slice(1), '--json'], context)).toBe(0);
  return (JSON.parse(out[0] ?? '') as { metrics: JudgedAgain[] }).metrics;
}

describe.runIf(hasChromium)('the retrospective in Chromium', () => {
  const stack = useStack({ world: worldOf(APPS) });
  let browser: Browser;
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ browser, close } = await openBrowser());
    const { deploy, ends, sandbox } = stack();
    const first = await Promise.all(APPS.map((app) => deploy(app, filesOf(shopOf(app)))));
    for (const id of first) expect((await ends(id)).status).toBe('SUCCEEDED');
    await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
    const bad = await Promise.all(
      APPS.map((app) => deploy(app, filesOf(shopOf(app), WRITTEN[app]), { image: 'bad:1' })),
    );
    for (const id of bad) expect((await ends(id)).status).toBe('ROLLED_BACK');
  }, LIMIT);
  afterAll(() => close?.());

  test('a bound that is raised turns the verdict, stands in the address, and the terminal says the same', async () => {
    const { apiUrl: url } = stack();
    const { page, errors } = await visit(browser, url, KEYS.viewer);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${url}/deployments/forgiving-2`);
    await shows(page, /Rolled back/);
    expect(requests.some((one) => one.includes('retrospective'))).toBe(false);
    await page.locator('a[href$="/retrospective"]').click();
    await shows(page, /With the same settings\s+✕\s+Fail[\s\S]*No window comes out differently/);
    await page.waitForNetworkIdle({ concurrency: 1 });
    const before = requests.length;

    await type(page, 'max', '90%');
    await shows(page, /Then:\s+✕\s+Failed[\s\S]*With these settings:\s+✓\s+Pass The stage passes/);
    await shows(page, /As it was judged\s+✕\s+Fail[\s\S]*With these settings\s+✓\s+Pass/);
    await shows(page, /3 of 3 windows come out differently[\s\S]*at most 0\.9/);
    await shows(page, /expected:\s+max: 0\.9/);
    await page.waitForFunction("location.search.includes('metrics-0.max=90')");
    // The judge is in the browser.
    // The browser may ask for the icon whenever it likes.
    expect(requests.slice(before).filter((one) => one.includes('/api/'))).toEqual([]);

    await page.reload();
    await shows(page, /With these settings\s+✓\s+Pass[\s\S]*3 of 3 windows come out differently/);
    expect(await texts(page, '.settings [name=max]')).toEqual(['90%']);
    const command = (await texts(page, '.copied pre')).at(-1);
    expect(command).toBe('sluice judge --deployment forgiving-2 --max 0.9');
    const [told] = await run(command ?? '', url);
    expect(told).toMatchObject({ was: { verdict: 'FAIL' }, verdict: 'PASS' });
    const reasons = await texts(page, '.retrospect details td:last-of-type');
    expect(reasons).toEqual(told?.windows.toReversed().map(({ reason }) => reason));
    expect(await texts(page, '.retrospect article:last-of-type .reason')).toEqual([told?.reason]);

    await page.evaluate("[...document.querySelectorAll('.settings button')].at(-1).click()");
    await shows(page, /No window comes out differently/);
    await page.waitForFunction("location.search === ''");
    expect(errors).toEqual([]);
  });

  test('evidence that ends early decides nothing, and what is no number is said', async () => {
    const { apiUrl: url } = stack();
    const { page, errors } = await visit(browser, url, KEYS.viewer);
    await page.goto(`${url}/deployments/strict-2/retrospective`);
    await shows(page, /With the same settings/);
    await type(page, 'max', 'much');
    await shows(page, /must be a number, not "much": judged without it/);
    await shows(page, /With the same settings\s+✕\s+Fail/);
    await type(page, 'max', '0.9');
    await shows(page, /With these settings\s+◐\s+Inconclusive/);
    await shows(
      page,
      /evidence ends with window \d of 3, where the deployment ended \(rolled back\): there are no windows after/,
    );
    await shows(page, /The evidence does not decide it/);
    expect(errors).toEqual([]);
  });

  test(
    'a deployment that runs is judged with its windows so far, and with those that come',
    { timeout: LIMIT },
    async () => {
      const { apiUrl: url, deploy, ends } = stack();
      const files = filesOf(shopOf('strict'), { analysis: { duration: '30s' } });
      const id = await deploy('strict', files, { image: 'web:3' });
      const { page, errors } = await visit(browser, url, KEYS.viewer);
      await page.goto(`${url}/deployments/${id}/retrospective?stage-2.metrics-0.min=-1`);
      await shows(page, /Not decided yet: more windows are to come/);
      for (const count of [2, 4]) await shows(page, new RegExp(`([${count}-9]|1\\d) of 15 windows so far`));
      await type(page, 'max', '-0.5');
      await shows(page, /With these settings\s+✕\s+Fail[\s\S]*Window 1 decides it/);
      expect((await ends(id)).status).toBe('SUCCEEDED');
      await shows(page, /As it was judged\s+✓\s+Pass/);
      expect(errors).toEqual([]);
    },
  );

  test('a version that was compared is judged with another tolerance, as the terminal does', async () => {
    const { apiUrl: url } = stack();
    const { page, errors } = await visit(browser, url, KEYS.viewer);
    await page.goto(`${url}/deployments/compared-2/retrospective`);
    await shows(page, /With the same settings\s+✕\s+Fail[\s\S]*No window comes out differently/);
    await type(page, 'tolerance', '5000%');
    await type(page, 'alpha', '0.01');
    await shows(page, /With these settings\s+◐\s+Inconclusive/);
    await shows(page, /windows? comes? out differently[\s\S]*alpha: 0\.01/);
    const command = (await texts(page, '.copied pre')).at(-1);
    const [told] = await run(command ?? '', url);
    expect(told).toMatchObject({ was: { verdict: 'FAIL' }, verdict: 'INCONCLUSIVE' });
    expect((await texts(page, '.retrospect article:last-of-type .reason')).join('')).toContain(told?.reason);
    expect(errors).toEqual([]);
  });

  test(
    'axe finds nothing, light or dark, wide or on a phone, and nothing scrolls sideways',
    { timeout: LIMIT },
    async () => {
      const { apiUrl: url } = stack();
      const { page, errors } = await visit(browser, url, KEYS.viewer);
      const found: string[] = [];
      const wrong = '?stage-2.metrics-0.max=0.9&stage-2.metrics-0.failureLimit=x';
      for (const query of [
        'forgiving-2/retrospective',
        `forgiving-2/retrospective${wrong}`,
        'compared-2/retrospective?stage-2.metrics-0.tolerance=51',
      ]) {
        await page.goto(`${url}/deployments/${query}`);
        await shows(page, /With the(se| same) settings/);
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
        for (const scheme of ['light', 'dark']) {
          for (const width of [1280, 390]) {
            await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
            await page.setViewport({ width, height: 844 });
            await page.evaluate(
              'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
            );
            const wider = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
            const sideways = Number(wider) > 0 ? ['it scrolls sideways'] : [];
            for (const fault of [...(await faults(page)), ...sideways])
              found.push(`${query} ${scheme} ${width}: ${fault}`);
          }
        }
      }
      expect(found).toEqual([]);
      expect(errors).toEqual([]);
    },
  );
});
