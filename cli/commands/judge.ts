import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { replay, type ReplayResult } from '../../analysis/replay.js';
import { SECOND } from '../../model/duration.js';
import { formatFinding, type Finding } from '../../model/finding.js';
import { readJudgeDocument, type JudgeDocument } from '../../spec/judge-document.js';
import { findServer } from '../context.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import { againLines, changesOf, judgeDeployment } from '../judge-deployment.js';
import type { CommandHost } from '../program.js';

/** One judged document as `--json` prints it; times are seconds. */
interface JudgedDocument {
  id: string;
  verdict: 'PASS' | 'FAIL' | 'INCONCLUSIVE';
  decidedAt: number;
  reason: string;
  windows: { from: number; to: number; judgedAt: number; outcome: string; reason: string }[];
}

interface JudgeOptions {
  json?: true;
  exitCode?: true;
  deployment?: string;
  max?: string;
  min?: string;
  alpha?: string;
  tolerance?: string;
  failureLimit?: string;
  deviation?: string;
  minMeasured?: string;
  metric?: string;
  stage?: string;
}

/** `sluice judge`: judges data as an ANALYSIS would, without a deployment and without a server. */
export function addJudge({ program, context, done }: CommandHost): void {
  const command = program
    .command('judge')
    .description(
      'Judge data as an ANALYSIS would, with the code that judges deployments. Exit code 2 when a document has errors.',
    )
    .argument('[file]', 'a JSON document, or an .ndjson file with one on each line; - for standard input')
    .option('--json', 'print one JSON line for each document')
    .option('--exit-code', 'exit code 1 unless every document passed')
    .option('--deployment <id>', 'judge the evidence of a deployment again, with the settings below where given')
    .option('--max <number>', 'another expected.max')
    .option('--min <number>', 'another expected.min')
    .option('--alpha <share>', 'another share of good versions that may be rolled back')
    .option('--tolerance <factor>', 'how much worse the canary may be: 1.2, 0.2 or 20%')
    .option('--failure-limit <count>', 'another failureLimit')
    .option('--deviation <side>', 'HIGH, LOW or EITHER')
    .option('--min-measured <share>', 'another share of the windows that must have been measured: 0.5 or 50%')
    .option('--metric <name>', 'of the deployment: only the metric of this name')
    .option('--stage <id>', 'of the deployment: only the metrics of this stage')
    .action(async (file: string | undefined, options: JudgeOptions) => {
      const { json, exitCode, deployment, metric, stage } = options;
      if ((file === undefined) === (deployment === undefined)) {
        throw new CommandFailure(
          EXIT.wrongUse,
          'Either a file or --deployment is judged.',
          'sluice judge FILE, or sluice judge --deployment ID.',
        );
      }
      if (deployment !== undefined) {
        const asked = {
          changes: changesOf(options),
          ...(metric !== undefined && { metric }),
          ...(stage !== undefined && { stage }),
        };
        const metrics = await judgeDeployment(findServer(context), deployment, asked);
        if (json) context.out(JSON.stringify({ deployment, metrics }));
        else for (const line of metrics.flatMap(againLines)) context.out(line);
        if (exitCode && metrics.some(({ verdict }) => verdict !== 'PASS')) done(EXIT.failed);
        return;
      }
      if (file === undefined) return;
      let wrong = 0;
      let read = 0;
      let passed = true;
      for await (const { value, place } of documentsOf(file)) {
        read += 1;
        const { document, findings } = value instanceof Error ? unreadable(value) : readJudgeDocument(value);
        if (!document) {
          wrong += 1;
          for (const finding of findings) context.say(`✖ ${place}${formatFinding(finding)}`);
          continue;
        }
        const judged = judgedDocument(document, replay(document));
        passed &&= judged.verdict === 'PASS';
        if (json) context.out(JSON.stringify(judged));
        else for (const line of judgedLines(judged)) context.out(line);
      }
      if (read === 0) {
        throw new CommandFailure(EXIT.wrongUse, `${file} is empty.`, 'Write one JSON document on each line.');
      }
      if (wrong > 0) done(EXIT.wrongUse);
      else if (exitCode && !passed) done(EXIT.failed);
    });
  addExamples(
    command,
    ['data of one’s own, a document on each line', 'sluice judge examples/judge/data-12-minutes-late.ndjson'],
    ['from another program; exit code 1 unless all passed', 'sluice judge - --exit-code < data.json'],
    ['what 2 % would have said of web-12', 'sluice judge --deployment web-12 --max 0.02'],
  );
}

function unreadable(error: Error): { document?: JudgeDocument; findings: Finding[] } {
  return { findings: [{ level: 'error', message: `is no JSON: ${error.message}`, fix: 'Write one JSON document.' }] };
}

interface Read {
  /** What was parsed, or why it could not be. */
  value: unknown;
  /** Where it stands, for messages. */
  place: string;
}

function parsed(text: string, place: string): Read {
  try {
    return { value: JSON.parse(text), place };
  } catch (error) {
    return { value: error instanceof Error ? error : new Error(String(error)), place };
  }
}

function isDocument(line: string): boolean {
  const { value } = parsed(line, '');
  return typeof value === 'object' && value !== null && !(value instanceof Error);
}

/** The documents of a file: a file of lines is read line by line, however long it is. */
async function* documentsOf(file: string): AsyncGenerator<Read> {
  if (file.endsWith('.ndjson')) {
    yield* linesOf(file, createReadStream(file, 'utf8'));
    return;
  }
  const text = await wholeOf(file);
  const whole = parsed(text, `${file}: `);
  // Several documents on a line each, whatever the file is called.
  const lines = text.split('\n');
  if (whole.value instanceof Error && lines.some(isDocument)) {
    for (const [index, line] of lines.entries()) if (line.trim() !== '') yield parsed(line, `${file}:${index + 1}: `);
  } else if (Array.isArray(whole.value)) {
    for (const [index, value] of whole.value.entries()) yield { value, place: `${file}[${index}]: ` };
  } else {
    yield whole;
  }
}

async function wholeOf(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function cannotRead(file: string, error: unknown): CommandFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new CommandFailure(EXIT.wrongUse, `${file} cannot be read: ${why}.`, 'Name a file with data to judge.');
}

async function* linesOf(file: string, stream: NodeJS.ReadableStream): AsyncGenerator<Read> {
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() !== '') yield parsed(line, `${file}:${number}: `);
    }
  } catch (error) {
    throw error instanceof CommandFailure ? error : cannotRead(file, error);
  }
}

function seconds(at: number): number {
  return Math.round(at) / SECOND;
}

function judgedDocument(
  { id }: JudgeDocument,
  { verdict, decidedAt, reason, measurements }: ReplayResult,
): JudgedDocument {
  return {
    id,
    // Nothing measured, too little, and an error are no verdict, whatever the reason says of them.
    verdict: verdict === 'PASS' || verdict === 'FAIL' ? verdict : 'INCONCLUSIVE',
    decidedAt: seconds(decidedAt),
    reason,
    windows: measurements.map((each) => ({
      from: seconds(each.from),
      to: seconds(each.to),
      judgedAt: seconds(each.judgedAt),
      outcome: each.outcome,
      reason: each.reason,
    })),
  };
}

const MARK = { PASS: '✔', FAIL: '✖', INCONCLUSIVE: '?' } as const;

function judgedLines({ id, verdict, decidedAt, reason, windows }: JudgedDocument): string[] {
  return [
    `${MARK[verdict]} ${id}: ${verdict} at ${decidedAt} s. ${reason}`,
    ...windows.map(
      (each) => `    ${each.from} to ${each.to} s, judged at ${each.judgedAt} s: ${each.outcome}. ${each.reason}`,
    ),
  ];
}
