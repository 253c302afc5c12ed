import { describe, expect, it } from 'vitest';
import type { GitFiles } from '../../activities/git/repository.js';
import { readApplicationFiles } from '../../activities/repository/application-files.js';
import { readReleaseFiles } from '../../activities/repository/release-files.js';
import { ALL_SOURCES } from '../spec/metric-file.js';
import { seedFiles } from '../spec/support.js';

function tree(files: Record<string, string>): GitFiles {
  return {
    list: () => Promise.resolve(Object.keys(files)),
    read: (path) => Promise.resolve(files[path] === undefined ? undefined : Buffer.from(files[path])),
  };
}

const decrypt = (): string => {
  throw new Error('nothing here is encrypted');
};
const KNOWN = { ...ALL_SOURCES, analysisProviders: ALL_SOURCES.analysisProviders.concat() };

/** The seed's files of one application under a folder, with a name of its own. */
function application(folder: string, name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(seedFiles()).map(([file, text]) => [
      folder === '.' ? file : `${folder}/${file}`,
      file === 'app.pipecd.yaml'
        ? text.replace('name: canary', `name: ${name}`).replaceAll(/provider: [\w-]+/g, 'provider: datadog')
        : text,
    ]),
  );
}

describe('the application files of a commit', () => {
  it('are found by their names, wherever they lie', async () => {
    const files = {
      ...application('apps/web', 'web'),
      ...application('.', 'root'),
      'apps/web/app.pipecd.yaml.bak': 'no',
      'README.md': 'text',
    };
    expect(await readApplicationFiles(tree(files), KNOWN, decrypt)).toMatchObject([
      { path: 'apps/web/app.pipecd.yaml', app: 'web', status: 'WATCHED' },
      { path: 'app.pipecd.yaml', app: 'root', status: 'WATCHED' },
    ]);
  });

  it('that cannot be loaded are told with file and line, and stop no other', async () => {
    const files: Record<string, string> = {
      ...application('good', 'good'),
      ...application('bad', 'bad'),
      'bad/servicedef.yaml': 'cluster: [',
      'worse/app.pipecd.yaml': 'kind: Nothing\nspec: {name: worse}',
      'empty/x.pipecd.yml': '',
      ...application('glob', 'glob'),
    };
    // Without quotes it is an alias, of nothing.
    const glob = files['glob/app.pipecd.yaml'] ?? '';
    files['glob/app.pipecd.yaml'] = glob.replace('  name: glob\n', '$&  trigger: {onCommit: {ignores: [*.md ]}}\n');
    const read = await readApplicationFiles(tree(files), KNOWN, decrypt);
    expect(read.map(({ path, status }) => [path, status])).toEqual([
      ['good/app.pipecd.yaml', 'WATCHED'],
      ['bad/app.pipecd.yaml', 'INVALID'],
      ['worse/app.pipecd.yaml', 'INVALID'],
      ['empty/x.pipecd.yml', 'INVALID'],
      ['glob/app.pipecd.yaml', 'INVALID'],
    ]);
    expect(read[4]).toMatchObject({ app: 'glob', problem: expect.stringContaining('glob/app.pipecd.yaml:') as string });
    expect(read[1]?.problem).toMatch(/^bad\/servicedef\.yaml:\d+/);
    expect(read[2]?.problem).toMatch(/worse\/app\.pipecd\.yaml:\d+.*(kind|apiVersion)/);
    expect(read[3]?.problem).toContain('empty/x.pipecd.yml:1');
  });

  it('of one name are both refused: nobody knows which is meant', async () => {
    const read = await readApplicationFiles(
      tree({ ...application('a', 'same'), ...application('b', 'same') }),
      KNOWN,
      decrypt,
    );
    expect(read).toMatchObject([
      {
        status: 'INVALID',
        problem: expect.stringContaining('b/app.pipecd.yaml names the application "same" too') as string,
      },
      { status: 'INVALID', problem: expect.stringContaining('a/app.pipecd.yaml names') as string },
    ]);
  });

  it('that commits do not deploy are on request', async () => {
    const files = application('a', 'a');
    files['a/app.pipecd.yaml'] = `${files['a/app.pipecd.yaml'] ?? ''}\n  trigger: {onCommit: {disabled: true}}\n`;
    expect(await readApplicationFiles(tree(files), KNOWN, decrypt)).toMatchObject([{ status: 'ON_REQUEST' }]);
  });
});

it('a release’s files are those it names, and the templates of its folder and of those above', async () => {
  const template = 'apiVersion: pipecd.dev/v1beta1\nkind: AnalysisTemplate\nspec: {metrics: {}}\n';
  const files = {
    ...application('apps/web', 'web'),
    '.pipe/root.yaml': template,
    'apps/.pipe/apps.yaml': template,
    'apps/other/.pipe/other.yaml': template,
    'apps/web/.pipe/notes.yaml': 'kind: Notes',
    'apps/web/secret.txt': 'no',
  };
  const read = await readReleaseFiles(tree(files), Object.keys(files), 'apps/web/app.pipecd.yaml');
  expect(Object.keys(read).sort()).toEqual([
    '../../.pipe/root.yaml',
    '../.pipe/apps.yaml',
    'app.pipecd.yaml',
    'servicedef.yaml',
    'taskdef.yaml',
  ]);
});
