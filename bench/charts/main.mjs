// `npm run bench -- charts [--json]`: how the charts of a day are scrolled, zoomed and moved, in a Chromium without a screen. The built page
// on a scripted API (`scripted-page.mjs`): five metrics, both versions, a day of windows of 60 s and of 10 s.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from 'puppeteer-core';
import { startScriptedPage } from './scripted-page.mjs';

const SECONDS = 4;
/** A frame at 60 a second, in ms. */
const FRAME = 1_000 / 60;

const userDataDir = await mkdtemp(join(tmpdir(), 'sluice-chromium-'));
const browser = await launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  userDataDir,
  protocolTimeout: 300_000,
});
const rows = [];
try {
  for (const step of [60, 10]) rows.push(...(await measured(step)));
} finally {
  await browser.close();
  await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
}
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, rows }, undefined, 2));
} else console.log(table(rows));

async function measured(step) {
  const scripted = await startScriptedPage(step);
  const page = await browser.newPage();
  try {
    await page.setViewport({ width: 1280, height: 900 });
    const client = await page.createCDPSession();
    await client.send('Performance.enable');
    const empty = await acted(page, client, () => Promise.resolve());
    const begun = Date.now();
    await page.goto(scripted.url);
    const each = scripted.windows / 5;
    const text = `document.body.innerText.split('${each} of ').length > 5`;
    await page.waitForFunction(text, { timeout: 280_000 });
    const opened = (Date.now() - begun) / 1_000;
    await page.evaluate('new Promise((done) => setTimeout(done, 1500))');

    const still = await acted(page, client, () => Promise.resolve());
    const over = await (await page.$('.chart .u-over')).boundingBox();
    await page.evaluate(`scrollTo(0, ${over.y - 200})`);
    const [x, y] = [over.x + over.width * 0.6, 260];
    await page.mouse.move(x, y);
    const down = turn((i) => (i % 120 < 60 ? 25 : -25));
    const scrolled = await acted(page, client, () => down(page));
    await page.evaluate(`scrollTo(0, ${over.y - 200})`);
    await page.keyboard.down('Control');
    const inAndOut = turn((i) => (i % 120 < 60 ? -30 : 30));
    const zoomed = await acted(page, client, () => inAndOut(page));
    for (let i = 0; i < 12; i++) await page.mouse.wheel({ deltaY: -30 });
    await page.keyboard.up('Control');
    const aside = turn((i) => (i % 120 < 60 ? 20 : -20), 'deltaX');
    const moved = await acted(page, client, () => aside(page));
    const pointed = await acted(page, client, async (i) => page.mouse.move(over.x + ((i * 7) % over.width), y));
    const { windows } = scripted;
    const told = { windows, opened };
    return Object.entries({ still, scrolled, zoomed, moved, pointed }).map(([act, figures]) => ({
      act,
      ...told,
      ...figures,
      empty,
    }));
  } finally {
    await page.close();
    scripted.close();
  }
}

/** One notch of the wheel after the other. */
function turn(by, side = 'deltaY') {
  let i = 0;
  return (page) => page.mouse.wheel({ [side]: by(i++) });
}

/** Acts for some seconds, an act a frame at the most, and looks at each frame. */
async function acted(page, client, act) {
  // A loop of its own each time: the one before may have a frame to go.
  await page.evaluate(`{ const seen = globalThis.seen_ = { frames: [], ended: false };
    requestAnimationFrame(function look(at) { seen.frames.push(at); if (!seen.ended) requestAnimationFrame(look); }); }`);
  const before = await costs(client);
  const end = performance.now() + SECONDS * 1_000;
  let acts = 0;
  while (performance.now() < end) {
    const next = performance.now() + FRAME;
    await act(acts++);
    await new Promise((done) => setTimeout(done, Math.max(0, next - performance.now())));
  }
  const after = await costs(client);
  const frames = await page.evaluate('seen_.ended = true; seen_.frames');
  const intervals = frames.slice(1).map((at, i) => at - frames[i]);
  const sorted = intervals.toSorted((a, b) => a - b);
  const perFrame = (name) => ((after[name] - before[name]) * 1_000) / intervals.length;
  return {
    acts,
    perSecond: (intervals.length * 1_000) / (frames.at(-1) - frames[0]),
    median: sorted[Math.floor(sorted.length / 2)],
    p95: sorted[Math.floor(sorted.length * 0.95)],
    late: intervals.filter((ms) => ms > 1.5 * FRAME).length / intervals.length,
    script: perFrame('ScriptDuration'),
    all: perFrame('TaskDuration'),
  };
}

/** What the page's main thread has done so far, in seconds. */
async function costs(client) {
  const { metrics } = await client.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

function table(all) {
  const head = [
    'windows',
    'while',
    'frames/s',
    'ratio',
    'interval p95',
    'late',
    'script/frame',
    'main thread/frame',
    'an empty frame',
  ];
  const cells = all.map(({ windows, act, perSecond, p95, late, script, all: task, empty }) => [
    windows,
    act,
    perSecond.toFixed(1),
    (perSecond / empty.perSecond).toFixed(2),
    `${p95.toFixed(1)} ms`,
    `${(late * 100).toFixed(1)} %`,
    `${script.toFixed(2)} ms`,
    `${task.toFixed(2)} ms`,
    `${empty.all.toFixed(2)} ms at ${empty.perSecond.toFixed(1)}/s`,
  ]);
  return [head, head.map(() => '-'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
