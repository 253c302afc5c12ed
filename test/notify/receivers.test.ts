import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeliver } from '../../activities/notify/people.js';
import { verifySignature } from '../../activities/notify/signature.js';
import type { Delivered } from '../../activities/people.js';
import { openSecret } from '../../config/secret.js';
import type { Receiver, SlackReceiver } from '../../config/server.js';
import { EVENT_NAMES } from '../../model/notification.js';
import type { Notice } from '../../model/notification.js';
import { slackMessage } from '../../activities/notify/slack-message.js';
import { inline, NOW, rolledBack, scriptedServers, telling } from './scripted.js';
import type { Request } from './scripted.js';

const serve = scriptedServers();
const nobody = { users: [], groups: [] };

function tell(receiver: Receiver, notice: Notice = rolledBack(), thread?: string): Promise<Delivered> {
  const deliver = createDeliver({ config: telling(receiver), openSecret, clock: { now: () => NOW } });
  return deliver({ receiver: receiver.name, notice, ...(thread !== undefined && { thread }) });
}
const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);
const bodyOf = (request: Request | undefined): unknown => JSON.parse(request?.body ?? '');

describe('a webhook', () => {
  it('with a secret is signed by an HMAC over time and body, and told everything', async () => {
    const { url, got } = await serve({ status: 200 });
    await tell({ type: 'WEBHOOK', name: 'w', url: inline(`${url}/x`), secret: inline('key') });
    expect(bodyOf(got[0])).toEqual({
      ...rolledBack(),
      at: '2026-11-23T07:59:59.000Z',
      link: 'https://sluice.example/api/v1/deployments/shop-1',
      page: 'https://sluice.example/deployments/shop-1',
    });
    const { headers, body } = got[0]!;
    expect(headers).toMatchObject({ 'sluice-event': 'DEPLOYMENT_FAILED', 'sluice-delivery': 'uid-1' });
    expect(verifySignature('key', String(headers['sluice-signature']), body, NOW)).toBe(true);
  });

  it('with PipeCD’s signature gets its fixed value, and no HMAC', async () => {
    const { url, got } = await serve({ status: 200 });
    const header = { name: 'PipeCD-Signature', value: inline('fixed') };
    await tell({ type: 'WEBHOOK', name: 'w', url: inline(url), header });
    expect(got[0]?.headers).toMatchObject({ 'pipecd-signature': 'fixed' });
    expect(got[0]?.headers).not.toHaveProperty('sluice-signature');
  });

  it('has its address and secret read at each use, so that they can be changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-notify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'url');
    const receiver: Receiver = { type: 'WEBHOOK', name: 'w', url: { file } };
    expect(String(await failureOf(tell(receiver)))).toContain(`${file}, which should hold a secret, does not exist`);
    await writeFile(file, 'nonsense-with-a-token\n');
    const error = String(await failureOf(tell(receiver)));
    expect(error).toContain('The webhook w has no address');
    expect(error).not.toContain('token');
    const { url, got } = await serve({ status: 200 });
    await writeFile(file, `${url}/there\n`);
    await tell(receiver);
    expect(got[0]?.path).toBe('/there');
  });

  it.each([
    ['5', 5_000],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
  ])('that answers 429 with Retry-After: %s is not asked before that', async (after, delay) => {
    const { url } = await serve({ status: 429, headers: { 'retry-after': after } });
    const error = await failureOf(tell({ type: 'WEBHOOK', name: 'w', url: inline(url) }));
    expect(error).toMatchObject({ nextRetryDelay: delay, nonRetryable: false });
  });

  it('that answers 500, or 429 without a time, is asked again by the usual policy', async () => {
    const { url } = await serve({ status: 500, headers: { 'retry-after': '5' } }, { status: 429 });
    for (const status of [500, 429]) {
      const error = await failureOf(tell({ type: 'WEBHOOK', name: 'w', url: inline(url) }));
      expect(String(error)).toContain(`answered ${status}`);
      expect((error as { nextRetryDelay?: unknown }).nextRetryDelay ?? undefined).toBeUndefined();
    }
  });

  it('that is silent is given up after ten seconds', { timeout: 20_000 }, async () => {
    const { url } = await serve('SILENCE');
    const error = await failureOf(tell({ type: 'WEBHOOK', name: 'w', url: inline(`${url}/token`) }));
    expect(String(error)).toMatch(/The webhook w at 127\.0\.0\.1:\d+ could not be reached: no answer within 10 s/);
  });

  it('whose address or secret no request can be made of never tells them', async () => {
    const { url } = await serve({ status: 200 });
    const receivers: Receiver[] = [
      { type: 'WEBHOOK', name: 'w', url: inline(url.replace('//', '//user:hidden@')) },
      { type: 'WEBHOOK', name: 'w', url: inline(url), header: { name: 'X-Key', value: inline('hid\nhidden') } },
      { type: 'SLACK', name: 'w', token: inline('xoxb\nhidden'), channel: 'C1', apiUrl: url, mentions: nobody },
    ];
    for (const receiver of receivers) {
      const error = await failureOf(tell(receiver));
      expect(inspect(error)).toContain('could not be reached: the request cannot be made');
      // The history keeps the causes too.
      expect(inspect(error)).not.toContain('hidden');
    }
  });

  it('that is not configured any more is told nothing', async () => {
    const deliver = createDeliver({ config: telling(), openSecret, clock: { now: () => NOW } });
    expect(await deliver({ receiver: 'gone', notice: rolledBack() })).toEqual({ delivered: false });
  });
});

describe('Slack by hook', () => {
  it('gets a message that calls those of the receiver and of the application, each once', async () => {
    const { url, got } = await serve({ status: 200, body: 'ok' });
    const receiver: Receiver = {
      type: 'SLACK_HOOK',
      name: 's',
      url: inline(`${url}/services/T/B/x`),
      mentions: { users: ['U1'], groups: ['S1'] },
    };
    const answer = await tell(receiver, rolledBack({ mention: { users: ['U1', 'U2'], groups: [] } }));
    expect(answer).toEqual({ delivered: true });
    expect(got[0]?.path).toBe('/services/T/B/x');
    expect(bodyOf(got[0])).toMatchObject({
      text: '<@U1> <@U2> <!subteam^S1> <https://sluice.example/deployments/shop-1|shop-1> was rolled back',
      attachments: [{ text: 'metrics-0 failed 1 of 1 judged window.' }],
    });
  });

  it('honours Retry-After, and never tells its path', async () => {
    const { url } = await serve({ status: 429, headers: { 'retry-after': '30' } });
    const hook: Receiver = { type: 'SLACK_HOOK', name: 's', url: inline(`${url}/services/hidden`), mentions: nobody };
    const error = await failureOf(tell(hook));
    expect(error).toMatchObject({ nextRetryDelay: 30_000 });
    expect(String(error)).not.toContain('hidden');
  });
});

describe('Slack by token', () => {
  const slack = (url: string): SlackReceiver => ({
    type: 'SLACK',
    name: 's',
    token: inline('xoxb-1'),
    channel: 'C1',
    apiUrl: `${url}/api`,
    mentions: nobody,
  });
  const ok = (ts: string): { status: number; body: string } => ({
    status: 200,
    body: JSON.stringify({ ok: true, ts }),
  });
  const no = (error: string): { status: number; body: string } => ({
    status: 200,
    body: JSON.stringify({ ok: false, error }),
  });
  const begun = rolledBack({ event: 'DEPLOYMENT_STARTED', status: 'RUNNING' });

  it('begins a thread with the first message, and goes on in it with the next ones', async () => {
    const { url, got } = await serve(ok('100.1'), ok('100.2'), ok('100.3'));
    expect(await tell(slack(url), begun)).toEqual({ delivered: true, thread: '100.1' });
    expect(got[0]).toMatchObject({ path: '/api/chat.postMessage', headers: { authorization: 'Bearer xoxb-1' } });
    expect(bodyOf(got[0])).toMatchObject({ channel: 'C1' });
    expect(bodyOf(got[0])).not.toHaveProperty('thread_ts');
    expect(await tell(slack(url), begun, '100.1')).toEqual({ delivered: true, thread: '100.1' });
    expect(bodyOf(got[1])).toMatchObject({ thread_ts: '100.1' });
    expect(bodyOf(got[1])).not.toHaveProperty('reply_broadcast');
    // Who does not follow the thread must see it.
    await tell(slack(url), rolledBack(), '100.1');
    expect(bodyOf(got[2])).toMatchObject({ thread_ts: '100.1', reply_broadcast: true });
  });

  it('begins another thread when the first message is gone', async () => {
    const { url, got } = await serve(no('thread_not_found'), ok('200.1'));
    expect(await tell(slack(url), begun, '100.1')).toEqual({ delivered: true, thread: '200.1' });
    expect(got).toHaveLength(2);
    expect(bodyOf(got[1])).not.toHaveProperty('thread_ts');
  });

  it.each(['channel_not_found', 'invalid_auth', 'is_archived'])(
    'says what to do, and asks no more, on %s',
    async (why) => {
      const { url } = await serve(no(why));
      const error = await failureOf(tell(slack(url)));
      expect(error).toMatchObject({ nonRetryable: true });
      expect(String(error)).toMatch(new RegExp(`Slack \\(s\\) answered ${why}\\. \\w+`));
    },
  );

  it.each([
    [
      { status: 429, headers: { 'retry-after': '7' }, body: '{"ok":false,"error":"ratelimited"}' },
      'answered 429',
      7_000,
    ],
    [{ status: 200, body: '{"ok":false,"error":"fatal_error"}' }, 'answered fatal_error', undefined],
    [{ status: 200, body: 'maintenance' }, 'answered something that is none of its answers', undefined],
    [{ status: 503, body: '' }, 'answered 503', undefined],
  ])('is asked again after %o', async (answer, words, delay) => {
    const { url } = await serve(answer);
    const error = await failureOf(tell(slack(url)));
    expect(String(error)).toContain(words);
    expect(String(error)).not.toContain('xoxb');
    expect(error).toMatchObject({ nonRetryable: false });
    expect((error as { nextRetryDelay?: number }).nextRetryDelay ?? undefined).toBe(delay);
  });
});

describe('a Slack message', () => {
  it('can be made of each event', () => {
    for (const event of EVENT_NAMES) {
      const { text, attachments } = slackMessage({ ...rolledBack(), event } as Notice, nobody);
      expect(text).toContain('shop');
      expect(attachments[0]?.color).toMatch(/^#[0-9a-f]{6}$/);
    }
  });

  it('lets no reason call people or make links, and is not longer than Slack takes', () => {
    const hostile = rolledBack({ reason: `<!channel> <https://x|y> & ${'z'.repeat(9_000)}`, commands: ['aws <x>'] });
    const { attachments } = slackMessage(hostile, nobody);
    expect(attachments[0]?.text).toMatch(/^&lt;!channel&gt; &lt;https:\/\/x\|y&gt; &amp; z+ …$/);
    expect(attachments[0]?.text.length).toBeLessThan(3_000);
  });

  it('shows the commands to do by hand', () => {
    const notice = rolledBack({ event: 'ROLLBACK_FAILED', commands: ['aws elbv2 a', 'aws ecs b'] });
    expect(slackMessage(notice, nobody).attachments[0]?.text).toContain('```aws elbv2 a\naws ecs b```');
  });

  it('names the worker, the repository or the stage where that is what it is of', () => {
    const common = { id: 'x', at: NOW, reason: 'r', link: '/l' };
    const titles = [
      { ...common, event: 'PIPED_STARTED', worker: '1@host' },
      { ...common, event: 'EVENT_FAILED', repository: 'r' },
      { ...common, event: 'DEPLOYMENT_TRIGGER_FAILED', repository: 'r', app: 'shop' },
      { ...rolledBack(), page: undefined, event: 'STAGE_FAILED', stage: { id: 'stage-2', name: 'ANALYSIS' } },
      { ...rolledBack(), page: undefined, event: 'APPLICATION_HEALTHY' },
    ].map((notice) => slackMessage(notice as Notice, nobody).text);
    expect(titles).toEqual([
      'Worker 1@host has started',
      'Repository r has an event that is not handled',
      'shop could not be deployed',
      'shop-1, stage stage-2 (ANALYSIS) has failed',
      'shop is healthy',
    ]);
  });
});
