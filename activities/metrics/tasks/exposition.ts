/** One line of an exposition: a series and its value. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite, as written. */
  value: number;
}

/** What a task told of itself. */
export interface Exposition {
  samples: Sample[];
  /** Family → its type as declared (`counter`, `gauge`, `histogram`, `summary` …); `unknown` where only HELP names it. */
  families: Map<string, string>;
}

/** What was answered is no exposition. The message names the line. */
export class MalformedExposition extends Error {
  constructor(
    /** Counts from 1. */
    readonly line: number,
    problem: string,
  ) {
    super(`line ${line}: ${problem}`);
    this.name = 'MalformedExposition';
  }
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/y;
const DECLARATION = /^#\s+(HELP|TYPE|UNIT)\s+(\S+)(?:\s+(.*))?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|0x[\da-f]+|inf(?:inity)?|nan)$/i;
const SHOWN = 60;

function numberOf(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const unsigned = text.replace(/^[+-]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (/^inf/i.test(unsigned)) return sign * Infinity;
  if (/^nan/i.test(unsigned)) return Number.NaN;
  return sign * Number(unsigned);
}

/** Inside a label's value `\\`, `\"` and `\n` are escapes; a backslash before anything else stands for itself. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

function sampleOf(line: string, number: number): Sample {
  const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  const malformed = (problem: string): MalformedExposition => new MalformedExposition(number, `${problem}: ${shown}`);
  const name = at(NAME, line, 0)?.[0];
  if (name === undefined) throw malformed('no metric name');
  let index = name.length + (/^\s*/.exec(line.slice(name.length))?.[0].length ?? 0);
  const labels: Record<string, string> = {};
  if (line[index] === '{') {
    index += 1;
    for (;;) {
      const label = at(LABEL, line, index);
      if (label) {
        const [whole, key = '', value = ''] = label;
        if (Object.hasOwn(labels, key)) throw malformed(`the label ${key} comes twice`);
        // A plain assignment would lose a label of this name.
        Object.defineProperty(labels, key, { value: unescaped(value), enumerable: true });
        index += whole.length;
        if (line[index] === ',') {
          index += 1;
          continue;
        }
      }
      while (line[index] === ' ' || line[index] === '\t') index += 1;
      if (line[index] !== '}') throw malformed('labels that cannot be read');
      index += 1;
      break;
    }
  }
  // OpenMetrics writes an exemplar behind the value, after a #.
  const [rest = ''] = line.slice(index).split(' # ', 1);
  const [written = '', timestamp, ...more] = rest.trim().split(/\s+/);
  const value = numberOf(written);
  if (value === undefined) throw malformed(written === '' ? 'no value' : `the value ${written} is no number`);
  if (timestamp !== undefined && numberOf(timestamp) === undefined) throw malformed('a timestamp that is no number');
  if (more.length > 0) throw malformed('more than a value and a timestamp');
  return { name, labels, value };
}

/**
 * Reads the text format 0.0.4, and what OpenMetrics 1.0 adds to it (`# EOF`, `# UNIT`, exemplars). Timestamps are passed over: a scrape
 * is of the moment at which it was made.
 * @throws MalformedExposition at the first line that cannot be read
 */
export function parseExposition(text: string): Exposition {
  const exposition: Exposition = { samples: [], families: new Map() };
  const { samples, families } = exposition;
  let ended = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    if (ended) throw new MalformedExposition(index + 1, 'something follows # EOF');
    if (!line.startsWith('#')) {
      samples.push(sampleOf(line, index + 1));
      continue;
    }
    if (line === '# EOF') ended = true;
    const [, keyword, family, type] = DECLARATION.exec(line) ?? [];
    if (family === undefined) continue;
    if (keyword !== 'TYPE') {
      if (!families.has(family)) families.set(family, 'unknown');
      continue;
    }
    if (type === undefined) throw new MalformedExposition(index + 1, `TYPE ${family} without a type`);
    families.set(family, type.trim().toLowerCase());
  }
  return exposition;
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  // Text format: the sample has the family's name. OpenMetrics: it has `_total` behind it.
  counter: ['', '_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['', '_sum', '_count'],
};

/** The names of samples that a family of this type has. */
export function sampleNames(family: string, type: string): string[] {
  return (SUFFIXES[type] ?? ['']).map((suffix) => family + suffix);
}

/** How the values of a sample's name behave: COUNTER only rises while its task lives. Undefined where nothing declares it. */
export function behaviourOf(name: string, families: ReadonlyMap<string, string>): 'COUNTER' | 'GAUGE' | undefined {
  const [, base = name, suffix = ''] = /^(.*?)(_bucket|_sum|_count|_total)?$/.exec(name) ?? [];
  const type = families.get(name) ?? families.get(base);
  if (type === 'counter') return 'COUNTER';
  if (type === 'gauge') return 'GAUGE';
  if (type === 'histogram') return suffix === '' ? undefined : 'COUNTER';
  if (type === 'summary') return suffix === '' ? 'GAUGE' : 'COUNTER';
  return undefined;
}
