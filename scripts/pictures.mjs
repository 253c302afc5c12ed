// `npm run pictures [-- FOLDER]`: all of Sluice on the sandbox, made into the states that people look at, and a picture of every page, light
// and dark, wide and on a phone. FOLDER is `.tools/pictures` unless it is given. What it does stands in `test/pictures/`.
import { join, resolve } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';

const [folder] = process.argv.slice(2);
process.env.SLUICE_PICTURES = folder === undefined ? join(ROOT, '.tools', 'pictures') : resolve(folder);
prepare();
// Not there before it was installed.
const { startVitest } = await import('vitest/node');

const vitest = await startVitest('test', [], {
  include: ['test/pictures/pictures.shots.ts'],
  watch: false,
  testTimeout: 600_000,
  hookTimeout: 600_000,
});
const failed = vitest.state.getCountOfFailedTests() > 0 || vitest.state.getUnhandledErrors().length > 0;
await vitest.close();
if (!failed) console.log(`Pictures are in ${process.env.SLUICE_PICTURES}.`);
process.exit(failed ? 1 : 0);
