import { expect, it } from 'vitest';
import { edited, parse } from './support.js';

const chained = (applications: string): ReturnType<typeof parse> =>
  parse(edited(['app.pipecd.yaml', '  input:', `  postSync: {chain: {applications: ${applications}}}\n  input:`]));

it('a chain is read block by block', () => {
  const { release, findings } = chained('[{name: api}, {kind: ECSApp, labels: {team: a}}, {kind: ECS}]');
  expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
  expect(findings.filter(({ field = '' }) => field.startsWith('spec.postSync'))).toEqual([]);
  expect(release?.chain).toEqual([{ name: 'api' }, { labels: { team: 'a' } }, {}]);
});

it('no chain is none', () => {
  expect(parse(edited()).release?.chain).toBeUndefined();
});

it.each([
  ['[]', 'spec.postSync.chain.applications', /must have at least one entry/],
  ['[{}]', 'spec.postSync.chain.applications[0]', /which applications are meant is missing/],
  [
    '[{name: a}, {kind: KubernetesApp}]',
    'spec.postSync.chain.applications[1].kind',
    /no application of kind KubernetesApp/,
  ],
  ['[{app: a}]', 'spec.postSync.chain.applications[0].app', /./],
])('%s is refused', (applications, field, message) => {
  expect(chained(applications).findings).toContainEqual(
    expect.objectContaining({ level: 'error', field, message: expect.stringMatching(message) as string }),
  );
});
