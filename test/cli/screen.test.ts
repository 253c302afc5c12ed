import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { frame, type Drawn } from '../../cli/watch/screen.js';
import { at, measuredCanary } from './documents.js';
import { refuseStaleBuild } from '../e2e/fresh-build.js';
import { screenOf } from './screen.js';
import { httpServer } from './sockets.js';

const NOTHING = { lines: [] };

describe('what is written for a change', () => {
  it('is nothing for none, and the changed lines alone', () => {
    const size = { columns: 40, rows: 20 };
    const before: Drawn = { lines: ['a', 'b', 'c'], ...size };
    expect(frame(before, { ...before, lines: ['a', 'b', 'c'] })).toBe('');
    expect(frame(before, { ...before, lines: ['a', 'x', 'c'] })).toBe('\u001b[2Fx\u001b[K\n\n');
    expect(frame(before, { ...before, lines: ['a'] })).toBe('\u001b[2F\u001b[J');
    expect(frame({ ...NOTHING, ...size }, before)).toBe('a\u001b[K\nb\u001b[K\nc\u001b[K\n');
  });

  it('makes the screen what it should be, whatever stood there and however its size changed', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '━', '⠒'), maxLength: 12 });
    const one = fc.record({
      lines: fc.array(line, { maxLength: 6 }),
      columns: fc.integer({ min: 12, max: 20 }),
      rows: fc.integer({ min: 7, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (frames) => {
        let before: Drawn = { ...NOTHING, columns: frames[0]!.columns, rows: frames[0]!.rows };
        const screen = screenOf(before.columns, before.rows);
        for (const next of frames) {
          screen.resize(next.columns, next.rows);
          screen.write(frame(before, next));
          const want = next.lines.map((text) => text.trimEnd());
          while (want.at(-1) === '') want.pop();
          expect(screen.lines()).toEqual(want);
          before = next;
        }
      }),
    );
  });
});

const SCRIPT = !spawnSync('script', ['--version']).error;

describe.runIf(SCRIPT)('on a terminal', () => {
  interface Watched {
    code: number | null;
    bytes: string;
  }

  /** `sluice watch` of a canary that ends after two seconds, on a terminal of that size. */
  async function watch(columns: number, rows: number, env: Record<string, string>): Promise<Watched> {
    refuseStaleBuild();
    const began = Date.now();
    const url = await httpServer((request, response) => {
      if (request.url?.endsWith('/events')) return response.writeHead(404).end();
      const document = measuredCanary(
        Date.now() - began < 2_000 ? {} : { status: 'SUCCEEDED', completedAt: at(60), reason: 'All went well.' },
      );
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    });
    const command = `stty cols ${columns} rows ${rows} -onlcr; exec '${process.execPath}' '${join(packageRoot(), 'cli', 'sluice.mjs')}' watch web-12`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, SLUICE_URL: url, SLUICE_API_KEY: 'x', SHELL: '/bin/sh', TERM: 'xterm', ...env },
    });
    child.stdout.setEncoding('utf8');
    let bytes = '';
    child.stdout.on('data', (chunk: string) => {
      bytes += chunk;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, bytes };
  }

  it.each([
    [100, 40],
    [60, 24],
    [60, 12],
  ])('of %i columns and %i rows the tree stands still: no line too long, nothing scrolls away', async (wide, tall) => {
    const { code, bytes } = await watch(wide, tall, { LANG: 'C.UTF-8' });
    const screen = screenOf(wide, tall);
    screen.write(bytes);
    expect(code).toBe(0);
    expect(screen.scrolled()).toBe(0);
    expect(screen.lines()[0]).toBe('web-12  SUCCEEDED  1m');
    expect(screen.lines().filter((line) => line.includes('web-12'))).toHaveLength(1);
    expect(bytes).toContain('\u001b[32m');
    if (tall > 20) expect(screen.lines().join('\n')).toMatch(/┤.*[⠁-⣿]/u);
  });

  it('without colour and without Unicode it says the same in ASCII', async () => {
    const { bytes } = await watch(80, 40, { LC_ALL: 'C', NO_COLOR: '1' });
    const screen = screenOf(80, 40);
    screen.write(bytes);
    expect(bytes).toMatch(/^[\u0000-\u007f]*$/);
    expect(bytes).not.toMatch(/\u001b\[\d+m/);
    expect(screen.lines().join('\n')).toContain('+ ECS_CANARY_ROLLOUT');
    expect(screen.lines().join('\n')).toContain('* canary 0.06');
  });

  it('that cannot be redrawn gets a line for each change', async () => {
    const { bytes } = await watch(80, 24, { LANG: 'C.UTF-8', TERM: 'dumb' });
    expect(bytes).not.toContain('\u001b');
    expect(bytes).toContain('web-12 SUCCEEDED: All went well.');
  });
});
