import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ArchiveStore } from './store.js';

/** The archive in a folder, which every worker must see. */
export function folderStore(folder: string): ArchiveStore {
  return {
    place: folder,
    async list(prefix) {
      const [app, beginning] = prefix.split('/');
      if (app !== undefined && beginning !== undefined) {
        const names = await entries(join(folder, app));
        return names.filter((name) => name.startsWith(beginning)).map((name) => `${app}/${name}`);
      }
      const apps = (await entries(folder)).filter((name) => name.startsWith(prefix));
      const lists = await Promise.all(
        apps.map(async (one) => (await entries(join(folder, one))).map((name) => `${one}/${name}`)),
      );
      return lists.flat();
    },
    read: (name) => readFile(join(folder, name)).catch(noneIfAbsent),
    async write(name, bytes) {
      const file = join(folder, name);
      const beginning = `.${basename(file)}.`;
      const temporary = join(dirname(file), `${beginning}${randomUUID()}`);
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(temporary, 'wx');
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
      // What a writer left that was killed in its midst; one that still writes finds its file gone, and tries again.
      const left = (await entries(dirname(file))).filter((other) => other.startsWith(beginning));
      await Promise.all(left.map((other) => rm(join(dirname(file), other), { force: true })));
    },
  };
}

async function entries(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(noneIfAbsent)) ?? [];
}

/** ENOTDIR: something of somebody else's lies in the archive. */
function noneIfAbsent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
