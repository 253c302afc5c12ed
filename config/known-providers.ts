import type { AnalysisProvider, ServerConfig } from './server.js';

/** What of the configuration a file is checked against: the providers by their names, and what the server allows. */
export function knownProviders({
  ecsProviders,
  analysisProviders,
  allowScripts,
}: Pick<ServerConfig, 'ecsProviders' | 'analysisProviders' | 'allowScripts'>): {
  ecsProviders: string[];
  analysisProviders: AnalysisProvider[];
  allowScripts: boolean;
} {
  return { ecsProviders: ecsProviders.map(({ name }) => name), analysisProviders, allowScripts };
}
