import { expect, test } from 'vitest';
import type { RegisteredEvent } from '../../model/event.js';
import type { EventWatcher } from '../../model/event-watcher.js';
import { planEvents } from '../../spec/plan-events.js';

const watcher = (name: string, over: Partial<EventWatcher> = {}): EventWatcher => ({
  from: 'app.pipecd.yaml',
  name,
  labels: {},
  makePullRequest: false,
  replacements: [{ file: 'taskdef.yaml', by: 'yamlField', field: `$.${name}` }],
  ...over,
});
const event = (id: string, name: string, data: string, labels: Record<string, string> = {}): RegisteredEvent => ({
  ...{ id, name, data, labels },
  contexts: {},
  by: 'ci',
  at: 0,
});
const files = new Map([['taskdef.yaml', Buffer.from('a: x # keep\nb: y\n')]]);
const text = (content: Uint8Array | undefined): string => Buffer.from(content ?? []).toString();

test('many events make one commit; of one thing the newest counts', () => {
  const plan = planEvents(
    [event('1', 'a', '1a'), event('2', 'b', '2b'), event('3', 'a', '3a')],
    [watcher('a'), watcher('b')],
    files,
  );
  expect(text(plan.files['taskdef.yaml'])).toBe('a: 3a # keep\nb: 2b\n');
  expect(plan.changing.map(({ id }) => id)).toEqual(['2', '3']);
  expect(plan.ended).toEqual({ 1: { status: 'SUPERSEDED', reason: 'Event 3 came after it.' } });
  expect(plan.message).toBe(
    'Replace values set by 2 events\n\nReplace values with "2b" set by Event "b"\nReplace values with "3a" set by Event "a"',
  );
});

test('labels must match exactly, and what nobody waits for fails with who does', () => {
  const plan = planEvents([event('1', 'a', 'z')], [watcher('a', { labels: { env: 'prod' } })], files);
  expect(plan.files).toEqual({});
  expect(plan.ended['1']).toEqual({
    status: 'FAILED',
    unmatched: true,
    reason:
      'No event watcher matches name a without labels; watchers are: name a with labels env=prod (app.pipecd.yaml).',
  });
});

test('an event that cannot be done whole changes nothing, and holds up no other', () => {
  const both = watcher('a', {
    replacements: [...watcher('a').replacements, { file: 'gone.yaml', by: 'yamlField', field: '$.a' }],
  });
  const plan = planEvents([event('1', 'a', '1'), event('2', 'b', 'B')], [both, watcher('b')], files);
  expect(text(plan.files['taskdef.yaml'])).toBe('a: x # keep\nb: B\n');
  expect(plan.ended['1']).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('gone.yaml') as string });
});

test('a value that stands there already needs no commit; the message is the watcher’s', () => {
  const watchers = [watcher('a', { commitMessage: '[auto] {{ .EventName }} {{.Value}}' }), watcher('b')];
  const plan = planEvents([event('1', 'a', 'z'), event('2', 'b', 'y')], watchers, files);
  expect(plan.message).toBe('[auto] a z');
  expect(plan.unchanged.map(({ id }) => id)).toEqual(['2']);
});
