import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadServerConfig } from '../../config/load.js';
import { EVENT_GROUPS } from '../../model/notification.js';
import { edited, errors, parse } from '../spec/support.js';

const page = await readFile(new URL('../../docs/notifications.md', import.meta.url), 'utf8');
const [configuration = '', mentions = ''] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');

it('the page’s configuration is taken by the server, and each receiver is told something', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-page-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sluice.yaml');
  await writeFile(file, configuration);
  const { notifications, notNeeded } = await loadServerConfig({ SLUICE_CONFIG: file, SLUICE_DATA: folder });
  expect(notNeeded).toEqual([]);
  expect(notifications.receivers.map(({ name, type }) => [name, type])).toEqual([
    ['shop', 'SLACK'],
    ['on-call', 'SLACK_HOOK'],
    ['audit', 'WEBHOOK'],
    ['old-ci', 'WEBHOOK'],
  ]);
  expect(notifications.routes.map(({ receiver }) => receiver)).toEqual(['shop', 'on-call', 'audit', 'old-ci']);
});

it('its mentions are taken from an application’s file', () => {
  const below = mentions.slice(mentions.indexOf('\n') + 1);
  const parsed = parse(edited(['app.pipecd.yaml', '  name: canary\n', `  name: canary\n${below}`]));
  expect(errors(parsed)).toEqual([]);
  expect(parsed.release?.mentions).toHaveLength(2);
});

it('it lists each event with its group, and no other', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\|/gm)].map(([, event, group]) => [event, group]);
  expect(Object.fromEntries(rows)).toEqual(EVENT_GROUPS);
  expect(rows).toHaveLength(Object.keys(EVENT_GROUPS).length);
});
