import { expect, it } from 'vitest';
import type { RepositoryDependencies } from '../../activities/repository/activities.js';
import { createRepositoryActivities } from '../../activities/repository/activities.js';
import { repositoryLines } from '../../cli/commands/repositories.js';
import { eventDocuments } from '../../model/event-document.js';
import type { EndedEvent, RegisteredEvent } from '../../model/event.js';

const event: RegisteredEvent = { id: 'e', name: 'image', data: 'web:2', labels: {}, contexts: {}, by: 'ci', at: 0 };

it('an event of a repository that is not configured any more ends FAILED with the reason, unless another one has handled it', async () => {
  const activities = createRepositoryActivities({
    config: { repositories: [], syncInterval: 1, ecsProviders: [], analysisProviders: [], allowScripts: false },
    context: () => ({ heartbeat: () => undefined }),
  } as unknown as RepositoryDependencies);
  const committed = await activities.commitEvents({ repoId: 'gone', events: [event] });
  if ('problem' in committed) throw new Error(committed.problem);
  const how = committed.ends['e'];
  expect(how).toMatchObject({
    status: 'FAILED',
    reason: expect.stringContaining('Repository gone is not configured any more') as string,
  });
  const ended = (end: typeof how): EndedEvent => ({ ...event, ...end, endedAt: 1 }) as EndedEvent;
  const there = { pending: [], ended: [ended(how)] };
  const shown = (end: EndedEvent): string | undefined =>
    eventDocuments([there, { pending: [], ended: [end] }])[0]?.reason;
  expect(shown(ended({ status: 'HANDLED', commit: 'c', reason: 'Committed.' }))).toBe('Committed.');
  expect(shown(ended({ status: 'FAILED', reason: 'nobody waits', unmatched: true }))).toContain('not configured');
});

it('sluice repositories says plainly that it is not configured any more', () => {
  const lines = repositoryLines([
    {
      repoId: 'gone',
      remote: 'r',
      branch: 'main',
      removed: true,
      applications: [{ path: 'web/app.pipecd.yaml', app: 'web', status: 'REMOVED' }],
    },
  ]);
  expect(lines[1]).toMatch(/^ {2}– Not configured any more: commits deploy nothing, events end FAILED\./);
  expect(lines[2]).toMatch(/web +REMOVED/);
});
