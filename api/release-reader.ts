import type { Release } from '../model/release.js';

/** Turns what people send into a release, with the providers and the seal of this server. */
export interface ReleaseReader {
  /** Names of the configured ECS providers. */
  ecsProviders: readonly string[];
  /** @throws ApiProblem 422 with every mistake found: file, line, field, what to write. */
  read(sent: {
    app: string;
    files: Record<string, string>;
    image?: string | Record<string, string>;
    provider?: string;
  }): Release;
}
