import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../cli/package-root.js';

/** The processes run from `dist/`: an older build would be tested in silence. @throws Error that names a newer source. */
export function refuseStaleBuild(): void {
  const root = packageRoot();
  const built = statSync(join(root, 'dist', 'workflow-bundle.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const name of readdirSync(join(root, 'dist'))) {
    const source = join(root, name);
    if (!existsSync(source) || !statSync(source).isDirectory()) continue;
    for (const file of readdirSync(source, { recursive: true, withFileTypes: true })) {
      if (!/\.tsx?$/.test(file.name)) continue;
      const path = join(file.parentPath, file.name);
      if (statSync(path).mtimeMs > built) throw new Error(`${path} is newer than the build: run \`npm run build\`.`);
    }
  }
}
