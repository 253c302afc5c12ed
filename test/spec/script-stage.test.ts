import { expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import { edited, errors, KNOWN, parse } from './support.js';
import type { Edit } from './support.js';

const APP = 'app.pipecd.yaml';

/** The seed's file with a script in front of its ANALYSIS. */
function withScript(...lines: string[]): Edit {
  return [
    APP,
    '- name: ANALYSIS',
    ['- name: SCRIPT_RUN', ...lines.map((line) => `  ${line}`), '- name: ANALYSIS'].join('\n      '),
  ];
}

test('a script is read, its variables sealed', () => {
  const files = edited(
    withScript(
      'id: smoke',
      'with:',
      '  run: curl -f https://shop.example/health',
      '  env: {TOKEN: s3cret, TRIES: 3}',
      '  timeout: 5m',
      '  onRollback: echo back',
      '  skipOn: {commitMessagePrefixes: ["docs:"]}',
    ),
  );
  const { release, findings } = parse(files, { seal: (plain) => `sealed ${plain.length}` });
  expect(errors({ findings })).toEqual([]);
  expect(release!.pipeline[2]).toEqual({
    id: 'smoke',
    name: 'SCRIPT_RUN',
    timeout: 5 * MINUTE,
    run: 'curl -f https://shop.example/health',
    sealedEnv: `sealed ${JSON.stringify({ TOKEN: 's3cret', TRIES: '3' }).length}`,
    onRollback: 'echo back',
    skipOn: { commitMessagePrefixes: ['docs:'], paths: [] },
  });
  expect(JSON.stringify(release)).not.toContain('s3cret');
});

test('its time limit is PipeCD’s, or the shorter one of stage and with', () => {
  const timeoutOf = (...lines: string[]) => parse(edited(withScript(...lines))).release!.pipeline[2]!.timeout;
  expect(timeoutOf('with: {run: "true"}')).toBe(6 * HOUR);
  expect(timeoutOf('timeout: 2m', 'with: {run: "true"}')).toBe(2 * MINUTE);
  expect(timeoutOf('timeout: 2m', 'with: {run: "true", timeout: 1m}')).toBe(MINUTE);
  expect(timeoutOf('timeout: 1m', 'with: {run: "true", timeout: 2m}')).toBe(MINUTE);
});

test.each([
  ['nothing to run', ['with: {run: " "}'], 'run is empty'],
  ['no command', ['with: {env: {A: b}}'], 'is missing'],
  ['a variable with an impossible name', ['with: {run: "true", env: {"a-b": c}}'], 'cannot be the name of a variable'],
  [
    'skipOn twice',
    ['skipOn: {paths: [docs]}', 'with: {run: "true", skipOn: {paths: [docs]}}'],
    'skipOn is written twice',
  ],
  [
    'a prefix that all have',
    ['skipOn: {commitMessagePrefixes: [""]}', 'with: {run: "true"}'],
    'every message begins with nothing',
  ],
  ['a pattern that is none', ['skipOn: {paths: ["(a"]}', 'with: {run: "true"}'], 'is no pattern for paths'],
])('%s is refused', (_, lines, message) => {
  expect(errors(parse(edited(withScript(...lines))))).toMatchObject([
    { file: APP, message: expect.stringContaining(message) as string },
  ]);
});

test('skipOn is refused where the deployment would not be one without the stage', () => {
  const files = edited([
    APP,
    '- name: ECS_PRIMARY_ROLLOUT',
    '- name: ECS_PRIMARY_ROLLOUT\n        skipOn: {paths: [docs]}',
  ]);
  expect(errors(parse(files))).toMatchObject([{ message: 'ECS_PRIMARY_ROLLOUT cannot be left out' }]);
});

test('a server that runs no scripts says so', () => {
  const files = edited(withScript('with: {run: "true"}'));
  const refused = parse(files, { known: { ...KNOWN, allowScripts: false } });
  expect(errors(refused)).toMatchObject([
    {
      message: expect.stringContaining('this server runs no scripts') as string,
      fix: expect.stringContaining('allowScripts') as string,
    },
  ]);
  expect(errors(parse(files, { known: undefined }))).toEqual([]);
});
