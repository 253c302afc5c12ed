import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readReleaseFolder } from '../../cli/release-folder.js';
import { readTemplateFiles } from '../../cli/template-files.js';

const TEMPLATE = 'apiVersion: pipecd.dev/v1beta1\nkind: AnalysisTemplate\nspec: {}\n';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-templates-'));
});
afterEach(() => rm(root, { recursive: true }));

async function write(name: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), content);
}

describe('the files of templates that are sent', () => {
  it('are those of the folder and of all above it, up to the root of the repository', async () => {
    await write('.pipe/above.yaml', TEMPLATE);
    await write('repo/.git/HEAD', '');
    await write('repo/.pipe/root.json', JSON.stringify({ kind: 'AnalysisTemplate' }));
    await write('repo/.pipe/events.yaml', 'kind: EventWatcher\n');
    await write('repo/.pipe/notes.md', TEMPLATE);
    await write('repo/apps/shop/.pipe/own.yml', TEMPLATE);
    await write('repo/apps/other/.pipe/other.yml', TEMPLATE);
    const files = await readTemplateFiles(join(root, 'repo/apps/shop'));
    expect(Object.keys(files).sort()).toEqual(['../../.pipe/root.json', '.pipe/own.yml']);
    expect(files['.pipe/own.yml']).toBe(TEMPLATE);
  });

  it('are the folder’s alone where there is no repository', async () => {
    await write('.pipe/above.yaml', TEMPLATE);
    await write('shop/.pipe/own.yaml', TEMPLATE);
    expect(Object.keys(await readTemplateFiles(join(root, 'shop')))).toEqual(['.pipe/own.yaml']);
  });

  it('go with the release', async () => {
    await write('.git', 'gitdir: elsewhere\n');
    await write('.pipe/analysis.yaml', TEMPLATE);
    await write('shop/app.pipecd.yaml', 'spec: {name: shop, input: {serviceDefinitionFile: s.yaml}}\n');
    await write('shop/s.yaml', 'x: 1\n');
    const { files } = await readReleaseFolder(join(root, 'shop'));
    expect(Object.keys(files).sort()).toEqual(['../.pipe/analysis.yaml', 'app.pipecd.yaml', 's.yaml']);
  });
});

describe('the files of a folder', () => {
  const application = 'apiVersion: pipecd.dev/v1beta1\nkind: ECSApp\nspec:\n  name: shop\n';
  const naming = `${application}  input:\n    serviceDefinitionFile: service.yaml\n    taskDefinitionFile: task.yaml\n`;

  it('are sent, a link within it too', async () => {
    await write('shop/app.pipecd.yaml', naming);
    await write('shop/service.yaml', 'a: 1\n');
    await write('shop/tasks/one.yaml', 'b: 1\n');
    await symlink(join(root, 'shop/tasks/one.yaml'), join(root, 'shop/task.yaml'));
    const { files } = await readReleaseFolder(join(root, 'shop'));
    expect(files).toEqual({ 'app.pipecd.yaml': naming, 'service.yaml': 'a: 1\n', 'task.yaml': 'b: 1\n' });
  });

  it('that are links out of it are not sent', async () => {
    await write('secret', 'key');
    await write('shop/app.pipecd.yaml', naming);
    await symlink(join(root, 'secret'), join(root, 'shop/task.yaml'));
    await expect(readReleaseFolder(join(root, 'shop'))).rejects.toThrow(/^task.yaml is a link out of/);
  });
});
