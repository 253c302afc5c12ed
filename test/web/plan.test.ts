import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { RepositoryList } from '../../model/wire.js';
import { KEYS } from '../e2e/configuration.js';
import { filesOf, shopOf, worldOf } from '../e2e/shop.js';
import { useStack } from '../e2e/stack.js';
import { createOrigin, serveHttp } from '../git/served.js';
import type { GitHost, Origin } from '../git/served.js';
import { until } from '../support/processes.js';
import { faults, hasChromium, openBrowser, shows, visit } from './browser.js';

const LIMIT = 3 * MINUTE;
const PATH = 'apps/web/app.pipecd.yaml';

describe.runIf(hasChromium)('the plan of a commit in Chromium', () => {
  let origin: Origin;
  let host: GitHost;
  const stack = useStack(async () => {
    origin = await createOrigin();
    host = await serveHttp(origin, 'a-token');
    const files = Object.entries(filesOf(shopOf('web')));
    await origin.push(Object.fromEntries(files.map(([name, text]) => [`apps/web/${name}`, text])), 'Add web');
    const tokenFile = join(origin.root, 'token');
    await writeFile(tokenFile, 'a-token');
    const repositories = [{ repoId: 'shop', remote: host.remote, branch: 'main' }];
    return { world: worldOf(['web']), more: { git: { tokenFile }, syncInterval: '5s', repositories } };
  });
  let browser: Browser;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ browser, close } = await openBrowser());
  });
  afterAll(async () => {
    await close?.();
    await host.close();
    await origin.remove();
  });

  test('is that of the files at the commit, and says what is wrong with another', { timeout: LIMIT }, async () => {
    const { apiUrl: url, ask } = stack();
    await until(
      'the repository to be read',
      async () => {
        const { body } = await ask('GET', '/repositories');
        return (body as RepositoryList).repositories[0]?.applications.some(
          ({ path, app }) => path === PATH && app === 'web',
        );
      },
      { timeout: MINUTE },
    );
    const hash = await origin.git('rev-parse', 'HEAD');
    const { page, errors } = await visit(browser, url, KEYS.viewer);
    await page.goto(`${url}/plan`);
    // The second one: from a commit.
    await page.waitForSelector('input[name=source]');
    await page.evaluate("document.querySelectorAll('input[name=source]')[1].click()");
    await page.locator('input[name=path]').fill(PATH);
    await page.waitForFunction("document.querySelector('input[name=app]').value === 'web'");
    await page.locator('input[name=ref]').fill(hash);
    await page.locator('input[name=image]').fill('web:9');
    await page.locator('button[type=submit]').click();
    await shows(page, new RegExp(`web, web:9, commit ${hash.slice(0, 10)}`));
    await page.setViewport({ width: 390, height: 844 });
    expect(await faults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);

    await page.locator('input[name=ref]').fill('nowhere');
    await page.locator('button[type=submit]').click();
    await shows(page, /nowhere/);
    await page.waitForSelector('[role=alert]');
    expect(errors).toEqual([]);
  });
});
