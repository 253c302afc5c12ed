import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packArchived, readArchived } from '../../records/archived.js';
import type { Archived } from '../../records/archived.js';
import type { DeploymentRecord } from '../../records/record.js';
import { deploymentDocument } from '../api/support/fake-gateway.js';
import { release } from '../support/release.js';

const log: DeploymentRecord = { kind: 'log', value: { at: 1, level: 'info', text: 'a canary', stage: 'stage-0' } };
const change: DeploymentRecord = {
  kind: 'change',
  value: { at: 2, action: 'CreateTaskSet', resource: 'arn', summary: 'made', stage: 'stage-0' },
};
const measurement: DeploymentRecord = {
  kind: 'measurement',
  value: {
    stage: 'stage-2',
    metric: 'errors',
    window: 1,
    from: '2026-11-28T19:00:00.000Z',
    to: '2026-11-28T19:01:00.000Z',
    outcome: 'PASS',
    points: [[1, 0]],
    reason: 'good',
  },
};
const archived: Archived = {
  document: deploymentDocument({ status: 'SUCCEEDED', completedAt: '2026-11-28T19:05:00.000Z' }),
  release: release(),
  records: [log, change, measurement],
};

test('the first line is the document, then come the release and the records', () => {
  const lines = gunzipSync(packArchived(archived)).toString().trim().split('\n');
  expect(JSON.parse(lines[0]!)).toEqual(archived.document);
  expect(lines.slice(1).map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
    'release',
    'log',
    'change',
    'measurement',
  ]);
});

test('what was written is read, what was told twice is kept once, and the same deployment makes the same bytes', () => {
  const twice = { ...archived, records: [log, ...archived.records, { ...log }] };
  expect(readArchived(packArchived(twice))).toEqual(archived);
  expect(packArchived(twice).equals(packArchived(archived))).toBe(true);
});

test('a file of something else says so', () => {
  expect(() => readArchived(Buffer.from('{}'))).toThrow('incorrect header check');
});
