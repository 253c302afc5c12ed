import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOW_BUNDLE } from './workflow-bundle.js';

// Part of the build: a worker starts with the bundle at hand, and every worker of a build runs the same workflow code.
const { code } = await bundleWorkflowCode({
  // Who starts for the first time reads what is to be done, not webpack's report.
  logger: new DefaultLogger('WARN'),
  workflowsPath: fileURLToPath(new URL('../workflows/registered.js', import.meta.url)),
});
await writeFile(WORKFLOW_BUNDLE, code);
