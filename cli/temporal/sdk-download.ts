import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lets Temporal's SDK fetch the CLI that belongs to it, for machines without Python. The SDK downloads when it starts a server of
 * its own, so one is started on a free port and ended at once.
 * @param folder where the program is kept; the SDK itself guards against two downloads at a time.
 * @returns the program's path.
 */
export async function downloadBySdk(folder: string): Promise<string> {
  const program = join(folder, 'temporal');
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  // A development dependency: an installation without it has this one way less.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: folder }, ip: '127.0.0.1' },
  });
  await environment.teardown();
  const downloaded = (await readdir(folder)).find((name) => name.startsWith('temporal-cli'));
  if (!downloaded) throw new Error('the SDK started a server but left no program');
  await rename(join(folder, downloaded), program);
  return program;
}
