// `npm test`: prepares a fresh clone and runs the tests. Arguments go to vitest: `npm test -- test/spec`.
import { prepare, run } from './prepare.mjs';

prepare();
process.exit(run('npx', ['--no-install', 'vitest', 'run', ...process.argv.slice(2)]));
