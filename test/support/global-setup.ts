import type { TestProject } from 'vitest/node';
import { startBundle } from './bundle-service.js';
import { serveServices } from './services.js';
import { temporalService } from './temporal-service.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Base URL of the shared services (services.ts). */
    services: string;
  }
}

/** Runs once for a whole run of vitest: offers what test files share. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, close } = await serveServices({ temporal: temporalService(), bundle: { start: startBundle } });
  project.provide('services', url);
  return close;
}
