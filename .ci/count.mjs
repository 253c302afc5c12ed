// Prints one line from vitest's JSON report: what passed and what failed. A test that was skipped counts as failed.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, numTodoTests: todo = 0 } = report;
// A file that could not be loaded has no tests to count.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
).length;
for (const { name, assertionResults } of report.testResults) {
  for (const test of assertionResults) {
    if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${name}: ${test.fullName}`);
  }
}
const notPassed = failed + skipped + todo + broken;
console.log(`${passed} passed, ${notPassed} failed`);
process.exit(notPassed === 0 && passed > 0 ? 0 : 1);
