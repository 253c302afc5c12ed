import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { packageRoot } from '../../cli/package-root.js';

/** Bundles the workflows from their sources, so that no test runs an older build. */
export async function startBundle(): Promise<{ codePath: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(packageRoot(), 'workflows', 'registered.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const codePath = join(await mkdtemp(join(tmpdir(), 'sluice-bundle-')), 'workflow-bundle.js');
  await writeFile(codePath, code);
  return { codePath };
}
