import { knownProviders } from '../config/known-providers.js';
import type { ServerConfig } from '../config/server.js';
import type { AnyRelease } from '../model/release.js';
import { formatFinding } from '../model/finding.js';
import type { Finding } from '../model/finding.js';
import type { SealedFiles } from '../model/repository.js';
import { parseRelease } from '../spec/release.js';
import { ApiProblem } from './problem.js';

/** What people send to bring out, as strings. */
export interface SentRelease {
  app: string;
  files: Record<string, string>;
  image?: string | Record<string, string>;
  provider?: string;
}

/** Turns what people send into a release, with the providers and the seal of this server. */
export interface ReleaseReader {
  /** Names of the configured ECS providers. */
  ecsProviders: readonly string[];
  /**
   * The release; or the files sealed, for a worker to read, where they have encrypted secrets: this process holds no key.
   * @throws ApiProblem 422 with every mistake found: file, line, field, what to write
   */
  read(sent: SentRelease): AnyRelease | SealedFiles;
}

/** @param seal hides a task definition from all who can read workflow histories (`config/seal.ts`) */
export function createReleaseReader(
  config: Pick<ServerConfig, 'ecsProviders' | 'analysisProviders' | 'allowScripts'>,
  seal: (plain: string) => string,
): ReleaseReader {
  const known = knownProviders(config);
  return {
    ecsProviders: known.ecsProviders,
    read({ files, ...sent }) {
      const { release, encrypted, findings } = parseRelease({ ...sent, files, known, seal });
      if (release) return release;
      if (encrypted) return { ...sent, sealedFiles: seal(JSON.stringify(files)) };
      throw refusedFiles(findings);
    },
  };
}

/** What the files' mistakes are answered with. */
export function refusedFiles(findings: Finding[]): ApiProblem {
  const errors = findings.filter(({ level }) => level === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new ApiProblem(422, `The files cannot be deployed: ${first ? formatFinding(first) : 'unreadable'}${more}`, {
    fix: 'Mend what `findings` names; `sluice lint` shows the same without a server.',
    findings,
  });
}
