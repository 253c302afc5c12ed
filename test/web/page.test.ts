import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { KEYS } from '../e2e/configuration.js';
import { filesOf, shopOf, worldOf } from '../e2e/shop.js';
import { useStack } from '../e2e/stack.js';
import { faults, hasChromium, openBrowser, shows, visit } from './browser.js';

const LIMIT = 4 * MINUTE;
const APPS = ['bad', 'approved', 'away'] as const;

describe.runIf(hasChromium)('the page in Chromium', () => {
  const stack = useStack({ world: worldOf(APPS), more: { drift: { interval: '10m' } } });
  let browser: Browser;
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ browser, close } = await openBrowser());
    const { deploy, ends, sandbox } = stack();
    const ids = await Promise.all(APPS.map((app) => deploy(app, filesOf(shopOf(app)))));
    for (const id of ids) expect((await ends(id)).status).toBe('SUCCEEDED');
    await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.5 });
  }, LIMIT);
  afterAll(() => close?.());

  test(
    'a bad version is watched: a window goes red, the requests go back, and it says why',
    { timeout: LIMIT },
    async () => {
      const { apiUrl: url, deploy } = stack();
      const { page, errors } = await visit(browser, url, KEYS.deployer);
      await shows(page, /3 of 3/);
      const id = await deploy('bad', filesOf(shopOf('bad')), { image: 'bad:1' });
      // The list hears of it by itself.
      await shows(page, /bad[\s\S]*Deploying/);
      await page.goto(`${url}/deployments/${id}`);
      await shows(page, /Live/);
      await page.waitForSelector('.stages li[aria-current=step]');
      await shows(page, /metrics-0/);
      await page.waitForSelector('.chart canvas');
      await shows(page, /Rolled back/);
      await shows(page, /failed 1 of 1 judged window[\s\S]*0\.5|above 0\.01/);
      await shows(page, /Verified\s+Primary 100 %, Canary 0 %/);
      await shows(page, /DeleteTaskSet/);
      await page.locator('summary').click();
      await shows(page, /Fail[\s\S]*is above/);
      expect(errors).toEqual([]);
    },
  );

  test('an approval with its reason is in the trail, in two browsers', { timeout: LIMIT }, async () => {
    const { apiUrl: url, deploy, ends } = stack();
    const files = filesOf(shopOf('approved'), {
      stages: (stages) => stages.map((stage) => (stage.name === 'ANALYSIS' ? { name: 'WAIT_APPROVAL' } : stage)),
    });
    const id = await deploy('approved', files, { image: 'web:2' });
    const one = await visit(browser, url, KEYS.deployer);
    const other = await visit(browser, url, KEYS.viewer);
    for (const { page } of [one, other]) {
      await page.goto(`${url}/deployments/${id}`);
      await shows(page, /Waiting approval/);
    }
    expect(await other.page.$('.acts')).toBeNull();
    await one.page.locator('.acts button.main').click();
    await shows(one.page, /goes on with its next stage/);
    await one.page.locator('dialog input[name=reason]').fill('numbers look good');
    await one.page.locator('dialog button[type=submit]').click();
    for (const { page } of [one, other]) {
      await shows(page, /deployer: approve[\s\S]*numbers look good/);
      await shows(page, /Succeeded/);
    }
    expect((await ends(id)).status).toBe('SUCCEEDED');
    expect([...one.errors, ...other.errors]).toEqual([]);
  });

  test('a lost server is said, and what was missed is there when it is back', { timeout: LIMIT }, async () => {
    const { apiUrl: url, deploy, ends, kill, restart } = stack();
    const id = await deploy('away', filesOf(shopOf('away')), { image: 'web:2' });
    const { page } = await visit(browser, url, KEYS.viewer);
    await page.goto(`${url}/deployments/${id}`);
    await shows(page, /Live/);
    await kill('api');
    await shows(page, /Connection lost/);
    await restart('api');
    await ends(id);
    await shows(page, /Succeeded[\s\S]*with all of the traffic/);
    await shows(page, /The canary is removed/);
  });

  test(
    'a chart is zoomed by keys, wheel and buttons, and the wheel alone scrolls the page',
    { timeout: LIMIT },
    async () => {
      const { apiUrl: url } = stack();
      const { page, errors } = await visit(browser, url, KEYS.viewer);
      await page.goto(`${url}/deployments/away-2`);
      await page.waitForSelector('.chart canvas');
      const zoomed = async (is: boolean): Promise<void> => {
        await page.waitForSelector(`.time button:last-child:${is ? 'enabled' : 'disabled'}`);
      };
      await zoomed(false);
      await page.focus('.chart .plot');
      await page.keyboard.press('+');
      await zoomed(true);
      await page.keyboard.press('0');
      await zoomed(false);
      await page.locator('.time button:first-child').click();
      await zoomed(true);
      await page.focus('.chart .plot');
      await page.keyboard.press('Escape');
      await zoomed(false);

      await page.locator('.chart .u-over').hover();
      const before = await page.evaluate('scrollY');
      await page.mouse.wheel({ deltaY: 100 });
      await page.waitForFunction(`scrollY > ${Number(before)}`);
      await zoomed(false);
      await page.locator('.chart .u-over').hover();
      await page.keyboard.down('Control');
      await page.mouse.wheel({ deltaY: -300 });
      await page.keyboard.up('Control');
      await zoomed(true);
      expect(errors).toEqual([]);
    },
  );

  test('what somebody changed in AWS is looked at now, and each difference is named', { timeout: LIMIT }, async () => {
    const { apiUrl: url, sandbox } = stack();
    const { services } = await sandbox.state();
    const settings = { region: 'eu-central-1', endpoint: sandbox.url };
    const credentials = { accessKeyId: '123456789012', secretAccessKey: 'somebody' };
    const cluster = services.find(({ name }) => name === 'bad')?.cluster;
    await new ECSClient({ ...settings, credentials }).send(
      new UpdateServiceCommand({ cluster, service: 'bad', desiredCount: 3 }),
    );
    const { page, errors } = await visit(browser, url, KEYS.viewer);
    await page.goto(`${url}/applications/bad`);
    await page.locator('section[aria-labelledby=drift] button').click();
    await shows(page, /Out of sync[\s\S]*service\.desiredCount[\s\S]*2[\s\S]*3/);
    await page.goto(url);
    await shows(page, /bad[\s\S]*Out of sync/);
    expect(errors).toEqual([]);
  });

  test('axe finds nothing on any page, light or dark, wide or on a phone', { timeout: LIMIT }, async () => {
    const { apiUrl: url } = stack();
    const { page, errors } = await visit(browser, url, KEYS.deployer);
    await shows(page, /3 of 3/);
    const found: string[] = [];
    for (const path of [
      '/',
      '/?q=bad',
      '/applications/bad',
      '/deployments',
      '/deployments/bad-2',
      '/plan',
      '/repositories',
      '/insights',
    ]) {
      await page.goto(url + path);
      await page.waitForSelector('h1');
      // What is folded away is looked at too; the task sets are asked for when they are opened.
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await page.waitForNetworkIdle({ concurrency: 2 });
      for (const scheme of ['light', 'dark']) {
        for (const width of [1280, 390]) {
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
          await page.setViewport({ width, height: 844 });
          const wider = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
          const sideways = Number(wider) > 0 ? ['it scrolls sideways'] : [];
          for (const fault of [...(await faults(page)), ...sideways])
            found.push(`${path} ${scheme} ${width}: ${fault}`);
        }
      }
    }
    expect(found).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a dozen tabs of it load: those that nobody looks at hold no connection', { timeout: LIMIT }, async () => {
    const { apiUrl: url } = stack();
    const { page } = await visit(browser, url, KEYS.viewer);
    await shows(page, /3 of 3/);
    for (let i = 0; i < 12; i++) {
      const tab = await page.browserContext().newPage();
      await tab.goto(`${url}/deployments/bad-2`);
      await shows(tab, /Rolled back/);
    }
    await page.bringToFront();
    await page.reload();
    await shows(page, /3 of 3/);
    await page.browserContext().close();
  });

  test('a key that is not known opens nothing, and says what to do', async () => {
    const { apiUrl: url } = stack();
    const page = await (await browser.createBrowserContext()).newPage();
    await page.goto(url);
    await page.locator('input[name=key]').fill('wrong');
    await page.locator('button[type=submit]').click();
    await shows(page, /not known here/);
    expect(await faults(page)).toEqual([]);
    expect(await page.evaluate('document.cookie')).toBe('');
  });
});
