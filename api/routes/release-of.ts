import type { z } from 'zod';
import type { AnyRelease, Commit } from '../../model/release.js';
import type { ReleaseInGit, SealedFiles } from '../../model/repository.js';
import type { StartDeployment } from '../../spec/http.js';
import type { Gateway } from '../gateway.js';
import { refusedFiles } from '../release-reader.js';
import type { ReleaseReader } from '../release-reader.js';

type Asked = Pick<z.output<typeof StartDeployment>, 'files' | 'git' | 'image' | 'platformProvider'>;

/**
 * The release that a body asks for: of its files here, of git and of encrypted files in a worker.
 * @throws ApiProblem 422 with every mistake found in the files
 */
export async function releaseOf(
  gateway: Gateway,
  releases: ReleaseReader,
  app: string,
  body: Asked,
): Promise<{ release: AnyRelease; commit?: Commit }> {
  const provider = body.platformProvider ?? (await rememberedProvider(gateway, releases, app));
  const what = {
    app,
    ...(body.image !== undefined && { image: body.image }),
    ...(provider !== undefined && { provider }),
  };
  if (body.git) return readByWorker(gateway, { ...what, ...body.git });
  const read = releases.read({ ...what, files: body.files ?? {} });
  return 'sealedFiles' in read ? readByWorker(gateway, read) : { release: read };
}

/** A worker reads the files: the api holds no right to any repository, and no key for secrets. */
async function readByWorker(
  gateway: Gateway,
  asked: ReleaseInGit | SealedFiles,
): Promise<{ release: AnyRelease; commit?: Commit }> {
  const { release, commit, findings } = await gateway.readRelease(asked);
  if (!release) throw refusedFiles(findings);
  return { release, ...(commit && { commit }) };
}

/** Of several providers, the application's last one, unless the request names another. */
async function rememberedProvider(gateway: Gateway, releases: ReleaseReader, app: string): Promise<string | undefined> {
  if (releases.ecsProviders.length < 2) return undefined;
  const known = await gateway.application(app);
  return (known?.service ?? known?.task)?.provider;
}
