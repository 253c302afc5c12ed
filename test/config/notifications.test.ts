import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import { routeTo } from '../support/routes.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const nobody = { users: [], groups: [] };

/** A Piped document with PipeCD's fields alone. */
const PIPED = `apiVersion: pipecd.dev/v1beta1
kind: Piped
spec:
  notifications:
    routes:
      - name: dev-slack
        labels: {env: dev}
        receiver: dev
      - name: prod
        events: [DEPLOYMENT_TRIGGERED, DEPLOYMENT_SUCCEEDED]
        groups: [APPLICATION_HEALTH]
        ignoreGroups: [STAGE]
        apps: [shop]
        receiver: prod
      - {receiver: ci}
    receivers:
      - name: dev
        slack: {hookURL: "https://hooks.slack.com/services/x", mentionedAccounts: ["@U1"], mentionedGroups: [S1]}
      - name: prod
        slack: {oauthTokenData: ${base64('xoxb-1')}, channelID: C1}
      - name: ci
        webhook: {url: "https://ci.example/hook", signatureValue: fixed}
`;

describe('notifications', () => {
  it('are read from a Piped document as it is', async () => {
    const { notifications, notNeeded } = await load(folder, [PIPED]);
    expect(notNeeded).toEqual([]);
    expect(notifications).toEqual({
      routes: [
        routeTo('dev', { name: 'dev-slack', labels: { env: 'dev' } }),
        routeTo('prod', {
          name: 'prod',
          events: ['DEPLOYMENT_TRIGGERED', 'DEPLOYMENT_SUCCEEDED'],
          groups: ['APPLICATION_HEALTH'],
          ignoreGroups: ['STAGE'],
          apps: ['shop'],
        }),
        routeTo('ci', { name: 'route 3' }),
      ],
      receivers: [
        {
          type: 'SLACK_HOOK',
          name: 'dev',
          url: { base64: base64('https://hooks.slack.com/services/x') },
          mentions: { users: ['U1'], groups: ['S1'] },
        },
        {
          type: 'SLACK',
          name: 'prod',
          token: { base64: base64('xoxb-1') },
          channel: 'C1',
          apiUrl: 'https://slack.com/api',
          mentions: nobody,
        },
        {
          type: 'WEBHOOK',
          name: 'ci',
          url: { base64: base64('https://ci.example/hook') },
          header: { name: 'PipeCD-Signature', value: { base64: base64('fixed') } },
        },
      ],
      approvalReminder: HOUR,
    });
  });

  it('are missed where their name is mistyped', async () => {
    expect(await refusal(folder, [PIPED.replace('notifications:', 'notification:')])).toMatchObject([
      { field: 'spec.notification', fix: 'Did you mean "notifications"?' },
    ]);
  });

  it('have their secrets in files beside the configuration or in its environment', async () => {
    const text = sluice(
      [
        'notifications:',
        '  approvalReminder: 15m',
        '  routes: [{receiver: a}, {receiver: b}, {receiver: c}, {receiver: d}, {receiver: e}]',
        '  receivers:',
        '    - {name: a, slack: {hookURLFile: hook}}',
        '    - {name: b, slack: {oauthTokenEnv: TOKEN, channelID: C1, apiURL: "https://slack-gov.com/api/"}}',
        '    - {name: c, webhook: {urlEnv: URL, secretFile: key}}',
        '    - {name: d, webhook: {urlFile: url, signatureKey: X-Key, signatureValueFile: value}}',
        '    - {name: e, slack: {oauthTokenData: xoxb-plain, channelID: C1}}',
      ].join('\n'),
    );
    const { notifications } = await load(folder, [text]);
    expect(notifications.approvalReminder).toBe(15 * MINUTE);
    expect(notifications.receivers).toMatchObject([
      { url: { file: `${folder}/hook` } },
      { token: { env: 'TOKEN' }, apiUrl: 'https://slack-gov.com/api' },
      { url: { env: 'URL' }, secret: { file: `${folder}/key` } },
      { url: { file: `${folder}/url` }, header: { name: 'X-Key', value: { file: `${folder}/value` } } },
      { token: { base64: base64('xoxb-plain') } },
    ]);
  });

  it('add up over several files, and a route of one may lead to a receiver of another', async () => {
    const routes = sluice('notifications: {routes: [{receiver: a}]}');
    const receivers = sluice('notifications: {receivers: [{name: a, webhook: {url: "https://a.example"}}]}');
    const { notifications } = await load(folder, [routes, receivers]);
    expect(notifications).toMatchObject({ routes: [{ receiver: 'a' }], receivers: [{ name: 'a' }] });
  });

  it('say of a receiver that it is told nothing', async () => {
    const receivers = sluice('notifications: {receivers: [{name: a, webhook: {url: "https://a.example"}}]}');
    const { notNeeded } = await load(folder, [receivers]);
    expect(notNeeded.join()).toContain('no route leads to the receiver "a"');
  });

  it.each([
    ['{name: a}', 'spec.notifications.receivers[0]', /one of slack, webhook is missing/],
    ['{name: a, slack: {}}', 'spec.notifications.receivers[0].slack', /hookURL.* is missing/],
    ['{name: a, slack: {oauthTokenEnv: T}}', 'spec.notifications.receivers[0].slack.channelID', /missing/],
    [
      '{name: a, slack: {oauthTokenEnv: T, hookURLEnv: H, channelID: C}}',
      'spec.notifications.receivers[0].slack.oauthTokenEnv',
      /given both/,
    ],
    ['{name: a, webhook: {}}', 'spec.notifications.receivers[0].webhook', /url.* is missing/],
    [
      '{name: a, webhook: {urlEnv: U, signatureValue: v, secretEnv: S}}',
      'spec.notifications.receivers[0].webhook.secretEnv',
      /given both/,
    ],
    [
      '{name: a, webhook: {urlEnv: U, signatureKey: "a b", signatureValue: v}}',
      'spec.notifications.receivers[0].webhook.signatureKey',
      /name of a header/,
    ],
    ['{name: a, webhook: {url: "ftp://x"}}', 'spec.notifications.receivers[0].webhook.url', /http or https/],
    [
      '{name: a, slack: {hookURLEnv: H}, webhook: {urlEnv: U}}',
      'spec.notifications.receivers[0].webhook',
      /given both/,
    ],
  ])('with the receiver %s are refused', async (receiver, field, message) => {
    const findings = await refusal(folder, [
      sluice(`notifications: {routes: [{receiver: a}], receivers: [${receiver}]}`),
    ]);
    expect(findings[0]).toMatchObject({ field, message: expect.stringMatching(message) as string });
  });

  it('are refused where names do not fit together, or are none', async () => {
    const one = '{name: a, webhook: {urlEnv: U}}';
    const of = (spec: string) => refusal(folder, [sluice(spec)]);
    expect(await of(`notifications: {routes: [{receiver: b}], receivers: [${one}]}`)).toMatchObject([
      { field: 'notifications.routes', message: 'route 1 leads to "b", which is no receiver', fix: 'Receivers: a.' },
      { level: 'warning' },
    ]);
    expect(await of(`notifications: {routes: [{receiver: a}], receivers: [${one}, ${one}]}`)).toMatchObject([
      { message: '"a" is configured more than once' },
    ]);
    const webhook = 'webhook: {url: "https://a.example", secretEnv: S}';
    const same = '{name: webhook, webhook: {urlEnv: U}}';
    expect(await of(`${webhook}\nnotifications: {routes: [{receiver: webhook}], receivers: [${same}]}`)).toMatchObject([
      { message: '"webhook" is configured more than once' },
    ]);
    const [wrong] = await of(
      `notifications: {routes: [{receiver: a, events: [DEPLOYMENT_DONE]}], receivers: [${one}]}`,
    );
    expect(wrong).toMatchObject({ field: 'spec.notifications.routes[0].events[0]' });
    const [often] = await of('notifications: {approvalReminder: 10s}');
    expect(often).toMatchObject({ field: 'spec.notifications.approvalReminder', message: '10s is too short' });
  });
});
