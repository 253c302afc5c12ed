import { MINUTE } from '../../model/duration.js';
import type { DoctorReport } from '../../model/wire.js';
import { doctorAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import { EXIT } from '../failure.js';
import type { CommandHost } from '../program.js';
import { plain } from '../watch/format.js';

/** `sluice doctor`: what the server finds when it looks at everything it depends on. */
export function addDoctor({ program, context, done }: CommandHost): void {
  program
    .command('doctor')
    .description(
      'Look at credentials, IAM actions, Temporal, metrics providers and clocks. Exit code 1 when something is wrong.',
    )
    .option('--json', 'answer as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const report = await call(findServer(context), { path: '/doctor', timeout: 2 * MINUTE }, doctorAnswer);
      const lines = json ? [JSON.stringify(report)] : doctorLines(report);
      for (const line of lines) context.out(json ? line : (context.terminal?.paint(line) ?? line));
      if (report.checks.some(({ ok }) => ok === false)) done(EXIT.failed);
    });
}

/** One line for each thing looked at, with what to do below what is wrong, and a count at the end. */
export function doctorLines({ checks }: DoctorReport): string[] {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const count = (wanted: boolean | null): number => checks.filter(({ ok }) => ok === wanted).length;
  const lines = checks.flatMap(({ name, ok, detail, fix }) => [
    `${ok === null ? '?' : ok ? '✔' : '✖'} ${name.padEnd(width)}  ${detail}`,
    ...(fix && ok !== true ? [`  ${' '.repeat(width)}  → ${fix}`] : []),
  ]);
  return [...lines.map(plain), '', `${count(true)} well, ${count(false)} wrong, ${count(null)} not known`];
}
