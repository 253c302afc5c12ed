// Measures everything in `bench/*.bench.ts` and sends `{figures, failures}` to the process that started it: what the measured
// programs say goes to our own output, which is not the figures'.
import { prepare } from '../scripts/prepare.mjs';

const figures = [];
const failures = [];
prepare();
// Not there before it was installed.
const { startVitest } = await import('vitest/node');

const vitest = await startVitest('test', [], {
  include: ['bench/**/*.bench.ts'],
  watch: false,
  fileParallelism: false,
  testTimeout: 600_000,
  reporters: [
    {
      onTestCaseReady: (test) => console.error(`measuring ${test.name} …`),
      onTestCaseResult: (test) => {
        figures.push(...(test.meta().figures ?? []));
        failures.push(...(test.result().errors ?? []).map((error) => `${test.name}: ${error.stack ?? error.message}`));
      },
      onTestModuleEnd: (module) => failures.push(...module.errors().map((error) => error.stack ?? error.message)),
    },
  ],
});
await vitest.close();
process.send({ figures, failures });
process.disconnect();
