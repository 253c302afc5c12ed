import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readerOf } from '../../document/reader.js';
import { readDocuments } from '../../document/yaml.js';
import type { EventWatcher } from '../../model/event-watcher.js';
import type { Finding } from '../../model/finding.js';
import { readEventWatchers } from '../../spec/event-watcher-files.js';
import { readWatcherFile } from '../../spec/event-watcher.js';

const PIPE = (events: string): string =>
  `apiVersion: pipecd.dev/v1beta1\nkind: EventWatcher\nspec:\n  events:\n${events}`;

test('the seed user’s file is read', () => {
  const text = PIPE(
    '    - name: pipecd-sandbox-canary-image-update\n      replacements:\n        - file: taskdef.yaml\n          yamlField: $.containerDefinitions[0].image\n',
  );
  expect(readEventWatchers('.pipe', 'event-watcher-ecs.yaml', text)).toEqual<EventWatcher[]>([
    {
      from: '.pipe/event-watcher-ecs.yaml',
      name: 'pipecd-sandbox-canary-image-update',
      labels: {},
      makePullRequest: false,
      replacements: [{ file: 'taskdef.yaml', by: 'yamlField', field: '$.containerDefinitions[0].image' }],
    },
  ]);
});

test('an application’s watchers name files from its folder', () => {
  const app = readFileSync('examples/canary/app.pipecd.yaml', 'utf8');
  const more =
    '\n  eventWatcher:\n    - matcher: {name: image, labels: {env: prod}}\n      handler:\n        type: GIT_UPDATE\n        config:\n          commitMessage: Update\n          replacements:\n            - {file: ../shared/t.yaml, regex: "image: (.*)"}\n';
  expect(readEventWatchers('apps/web', 'app.pipecd.yaml', app.trimEnd() + more)).toMatchObject([
    {
      from: 'apps/web/app.pipecd.yaml',
      labels: { env: 'prod' },
      commitMessage: 'Update',
      replacements: [{ file: 'apps/shared/t.yaml', by: 'regex' }],
    },
  ]);
  expect(readEventWatchers('apps/web', 'app.pipecd.yaml', app)).toEqual([]);
});

test.each([
  ['{file: ../x, yamlField: $.a}', 'is no file of this repository'],
  ['{file: .git/config, regex: (a)}', 'is no file of this repository'],
  ['{file: /etc/x, regex: (a)}', 'is no file of this repository'],
  ['{file: x}', 'does not say which value'],
  ['{file: x, yamlField: $.a, regex: (a)}', 'more than one way'],
  ['{file: x, yamlField: "$.a[*]"}', 'names several values'],
  ['{file: x, regex: a}', 'has no group'],
])('a replacement that cannot work is a mistake with its place: %s', (replacement, message) => {
  const text = PIPE(`    - name: a\n      replacements:\n        - ${replacement}\n`);
  const findings: Finding[] = [];
  const [document] = readDocuments('w.yaml', text).documents;
  readWatcherFile(readerOf(document!, findings));
  expect(findings).toMatchObject([
    { level: 'error', file: 'w.yaml', line: 7, message: expect.stringContaining(message) as string },
  ]);
  expect(readEventWatchers('.pipe', 'w.yaml', text)).toEqual([]);
});
