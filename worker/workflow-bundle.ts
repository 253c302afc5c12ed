import { fileURLToPath } from 'node:url';

/** Where the build leaves the workflow bundle: `dist/workflow-bundle.js`. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
