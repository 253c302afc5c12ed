import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

const SEED = readFileSync(new URL('fixtures/piped.yaml', import.meta.url), 'utf8');

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

it('are read from a Piped document as it is', async () => {
  const { git, repositories, syncInterval } = await load(folder, [SEED]);
  expect(git).toEqual({ sshKey: { file: '/etc/piped-secret/ssh-key' } });
  expect(repositories).toMatchObject([{ branch: 'main' }]);
  expect(syncInterval).toBe(MINUTE);
});

it('have keys and secrets beside the configuration, in its environment or in it', async () => {
  const { git, repositories, syncInterval } = await load(folder, [
    sluice(
      [
        'git: {username: bot, email: bot@example.com, tokenFile: token, knownHostsFile: hosts}',
        'syncInterval: 15s',
        'repositories:',
        '  - {repoId: shop, remote: "https://github.com/team/shop.git", branch: main, webhookSecretFile: hook}',
        '  - {repoId: other, remote: "ssh://git@host:2222/other.git", branch: release/1, webhookSecretEnv: HOOK}',
        '  - {repoId: third, remote: "git@host:team/third.git", branch: main}',
      ].join('\n'),
    ),
  ]);
  expect(git).toEqual({
    username: 'bot',
    email: 'bot@example.com',
    token: { file: `${folder}/token` },
    knownHostsFile: `${folder}/hosts`,
  });
  expect(syncInterval).toBe(15 * SECOND);
  expect(repositories.map(({ repoId, webhookSecret }) => [repoId, webhookSecret])).toEqual([
    ['shop', { file: `${folder}/hook` }],
    ['other', { env: 'HOOK' }],
    ['third', undefined],
  ]);
});

it('have a key or a token of their own where they say so', async () => {
  const { repositories } = await load(folder, [
    sluice(
      [
        'git: {tokenFile: token}',
        'repositories:',
        '  - {repoId: a, remote: "https://h/a.git", branch: main, tokenEnv: OF_A, username: bot}',
        '  - {repoId: b, remote: "git@h:b.git", branch: main, sshKeyFile: b.key}',
        '  - {repoId: c, remote: "https://h/c.git", branch: main}',
      ].join('\n'),
    ),
  ]);
  expect(repositories.map(({ access }) => access)).toEqual([
    { username: 'bot', token: { env: 'OF_A' } },
    { sshKey: { file: `${folder}/b.key` } },
    undefined,
  ]);
  const both = '{repoId: a, remote: "https://h/a.git", branch: main, tokenEnv: A, tokenFile: b}';
  expect(await refusal(folder, [sluice(`repositories: [${both}]`)])).toMatchObject([
    { field: 'spec.repositories[0].tokenEnv', message: 'tokenFile and tokenEnv are given both' },
  ]);
});

it.each([
  ['{repoId: a/b, remote: "https://h/r.git", branch: main}', 'spec.repositories[0].repoId', /without a slash/],
  ['{repoId: a, remote: "--upload-pack=x", branch: main}', 'spec.repositories[0].remote', /must be an address/],
  ['{repoId: a, remote: "file:///etc", branch: main}', 'spec.repositories[0].remote', /must be an address/],
  [
    '{repoId: a, remote: "https://me:secret@h/r.git", branch: main}',
    'spec.repositories[0].remote',
    /a password stands/,
  ],
  [
    '{repoId: a, remote: "https://ghp_secret@h/r.git", branch: main}',
    'spec.repositories[0].remote',
    /a password stands/,
  ],
  ['{repoId: a, remote: "https://h/r.git", branch: "a..b"}', 'spec.repositories[0].branch', /name of a branch/],
  ['{repoId: a, remote: "https://h/r.git"}', 'spec.repositories[0].branch', /missing/],
])('%s is refused', async (repository, field, message) => {
  const findings = await refusal(folder, [sluice(`repositories: [${repository}]`)]);
  expect(findings).toMatchObject([{ field, message: expect.stringMatching(message) as string }]);
  expect(JSON.stringify(findings)).not.toContain('secret@');
});

it('need names of their own, and one key', async () => {
  const one = sluice('repositories: [{repoId: a, remote: "https://h/r.git", branch: main}]');
  expect(await refusal(folder, [one, one])).toMatchObject([{ message: '"a" is configured more than once' }]);
  expect(await refusal(folder, [sluice('git: {sshKeyFile: a, sshKeyData: b}')])).toMatchObject([
    { field: 'spec.git.sshKeyData', message: 'sshKeyFile and sshKeyData are given both' },
  ]);
});
