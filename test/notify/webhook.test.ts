import { describe, expect, it } from 'vitest';
import { createDeliver, createPeople } from '../../activities/notify/people.js';
import { sign, verifySignature } from '../../activities/notify/signature.js';
import type { PeopleActivities } from '../../activities/people.js';
import { openSecret } from '../../config/secret.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { WEBHOOK } from '../../model/notification.js';
import type { Notice, RepositoryNotice } from '../../model/notification.js';
import { inline, NOW, rolledBack, scriptedServers, telling } from './scripted.js';

const serve = scriptedServers();
const clock = { now: () => NOW };

const deliveringTo = (url: string): PeopleActivities['deliver'] =>
  createDeliver({
    config: { ...telling(), webhook: { url: `${url}/hooks/secret-path`, secret: inline('s3cret') } },
    openSecret,
    clock,
  });
const tell = (url: string, notice: Notice = rolledBack()): ReturnType<PeopleActivities['deliver']> =>
  deliveringTo(url)({ receiver: WEBHOOK, notice });

describe('the one webhook of `webhook:`', () => {
  it('is posted the notice in the words that it always had, signed over time and body', async () => {
    const { url, got } = await serve({ status: 204 });
    expect(await tell(url)).toEqual({ delivered: true });
    expect(got[0]).toMatchObject({
      method: 'POST',
      path: '/hooks/secret-path',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'sluice',
        'sluice-event': 'ROLLED_BACK',
        'sluice-delivery': 'uid-1',
      },
    });
    const { body, headers } = got[0]!;
    expect(JSON.parse(body)).toEqual({
      id: 'uid-1',
      event: 'ROLLED_BACK',
      app: 'shop',
      deployment: 'shop-1',
      at: '2026-11-23T07:59:59.000Z',
      reason: 'metrics-0 failed 1 of 1 judged window.',
      link: 'https://sluice.example/api/v1/deployments/shop-1',
    });
    const header = headers['sluice-signature'] as string;
    expect(header).toMatch(/^t=1795420800,v1=[0-9a-f]{64}$/);
    expect(verifySignature('s3cret', header, body, NOW + SECOND)).toBe(true);
    expect(verifySignature('s3cret', header, `${body} `, NOW)).toBe(false);
  });

  it('is told of nothing that it did not know', async () => {
    const { url, got } = await serve({ status: 204 });
    expect(await tell(url, rolledBack({ status: 'FAILED' }))).toEqual({ delivered: false });
    expect(await tell(url, rolledBack({ event: 'WAITING_APPROVAL' }))).toEqual({ delivered: false });
    expect(got).toEqual([]);
  });

  it('delivers nothing where none is configured', async () => {
    const deliver = createDeliver({
      config: telling(),
      openSecret: () => Promise.reject(new Error('not asked')),
      clock,
    });
    expect(await deliver({ receiver: WEBHOOK, notice: rolledBack() })).toEqual({ delivered: false });
  });

  it.each([301, 400, 404, 410, 500, 503])('throws, to be tried again, on %i, without the path', async (status) => {
    const { url, got } = await serve({ status, headers: { location: 'http://127.0.0.1:1/' } });
    const error: unknown = await tell(url).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(`answered ${status}`);
    expect(String(error)).not.toContain('secret-path');
    expect(error).not.toMatchObject({ nonRetryable: true });
    expect(got).toHaveLength(1);
  });

  it('throws when nobody listens', async () => {
    const { url, close } = await serve({ status: 200 });
    await close();
    await expect(tell(url)).rejects.toThrow(/webhook at 127\.0\.0\.1:\d+ could not be reached: connect ECONNREFUSED/);
  });
});

describe('what is handed over to an announcement', () => {
  const people = (config: Parameters<typeof createPeople>[0]['config'], announced: Notice[]): PeopleActivities =>
    createPeople({ config, openSecret, clock, announce: (notice) => Promise.resolve(void announced.push(notice)) });
  const failed: RepositoryNotice = {
    id: 'x',
    event: 'EVENT_FAILED',
    repository: 'r',
    at: NOW,
    reason: 'no',
    link: '/api/v1/events',
  };

  it('is what somebody wants', async () => {
    const announced: Notice[] = [];
    expect(await people(telling(), announced).notify(failed)).toEqual({ delivered: false });
    const receiver = { type: 'WEBHOOK', name: 'all', url: inline('http://127.0.0.1:1') } as const;
    expect(await people(telling(receiver), announced).notify(failed)).toEqual({ delivered: true });
    expect(announced).toEqual([failed]);
  });

  it('is no notice that an older version had scheduled: it goes to the webhook as it is', async () => {
    const { url, got } = await serve({ status: 200 });
    const announced: Notice[] = [];
    const config = { ...telling(), webhook: { url, secret: inline('s3cret') } };
    const old = {
      id: 'x',
      event: 'WAITING_APPROVAL',
      app: 'shop',
      deployment: 'shop-1',
      at: NOW,
      reason: 'no',
      link: '/l',
    } as const;
    expect(await people(config, announced).notify(old as unknown as Notice)).toEqual({ delivered: true });
    expect(announced).toEqual([]);
    expect(JSON.parse(got[0]!.body)).toEqual({
      ...old,
      at: '2026-11-23T08:00:00.000Z',
      link: 'https://sluice.example/l',
    });
  });
});

describe('verifySignature', () => {
  const body = '{"a":1}';
  const header = sign('key', body, NOW);

  it('takes its own secret, body and time, within the tolerance', () => {
    expect(verifySignature('key', header, body, NOW)).toBe(true);
    expect(verifySignature('key', header, body, NOW + 5 * MINUTE)).toBe(true);
    expect(verifySignature('key', header, body, NOW + 5 * MINUTE + 1)).toBe(false);
    expect(verifySignature('key', header, body, NOW - 5 * MINUTE - 1)).toBe(false);
    expect(verifySignature('other', header, body, NOW)).toBe(false);
  });

  it('refuses what is not a signature', () => {
    for (const wrong of [
      '',
      't=1',
      header.replace('v1=', 'v2='),
      header.slice(0, -1),
      `${header}0`,
      header.replace('t=1', 't=2'),
    ]) {
      expect(verifySignature('key', wrong, body, NOW)).toBe(false);
    }
  });
});
