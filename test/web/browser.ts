import { readFileSync } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { launch } from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';

const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA, which the page keeps to. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const hasChromium = await access(CHROMIUM).then(
  () => true,
  () => false,
);

/** A browser with a profile of its own, which goes with it. */
export async function openBrowser(): Promise<{ browser: Browser; close: () => Promise<void> }> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'sluice-chromium-'));
  const browser = await launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    userDataDir,
    protocolTimeout: 120_000,
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A person at the page, logged in with a key, in a context of cookies of its own. */
export async function visit(browser: Browser, url: string, key: string): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error instanceof Error ? error.message : String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) errors.push(message.text());
  });
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url);
  await page.locator('input[name=key]').fill(key);
  await page.locator('button[type=submit]').click();
  await page.waitForSelector('.top');
  return { page, errors };
}

/** Waits until the page's text fits. */
export async function shows(page: Page, pattern: RegExp, timeout = 60_000): Promise<void> {
  const seen = `new RegExp(${JSON.stringify(pattern.source)}, 'i').test(document.body.innerText)`;
  await page.waitForFunction(seen, { timeout, polling: 100 });
}

/** What axe finds wrong with the page as it stands, in words. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`;
  const { violations } = (await page.evaluate(run)) as AxeResults;
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join(' | ')}`,
  );
}
