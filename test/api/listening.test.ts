import express from 'express';
import { describe, expect, it } from 'vitest';
import { listen, refusalToListen, stopListening } from '../../api/listening.js';

const key = { name: 'ci', role: 'deployer', sha256: 'aa' } as const;

describe('where the API listens', () => {
  it('is this machine alone as long as there is no key', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
      expect(refusalToListen({ host, apiKeys: [] }), host).toBeUndefined();
    }
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example']) {
      expect(refusalToListen({ host, apiKeys: [] })?.fix, host).toContain('SLUICE_API_KEY');
      expect(refusalToListen({ host, apiKeys: [key] }), host).toBeUndefined();
    }
  });

  it('is told when the port is taken', async () => {
    const first = await listen(express(), '127.0.0.1', 0);
    await expect(listen(express(), '127.0.0.1', first.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await stopListening(first.server);
  });
});

describe('an orderly stop', () => {
  it('lets a running request end, and takes no new one', async () => {
    const app = express();
    let answer: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      app.get('/slow', (_req, res) => {
        answer = () => void res.send('done');
        resolve();
      });
    });
    const { server, port } = await listen(app, '127.0.0.1', 0);
    const slow = fetch(`http://127.0.0.1:${port}/slow`);
    await arrived;
    const stopped = stopListening(server);
    await expect(fetch(`http://127.0.0.1:${port}/slow`)).rejects.toThrow();
    answer?.();
    expect(await (await slow).text()).toBe('done');
    await stopped;
  });
});
