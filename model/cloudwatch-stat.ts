/** The statistics that are plain words, by their lower case (the page *CloudWatch statistics definitions*). */
const WORDS: ReadonlyMap<string, string> = new Map(
  ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum', 'IQM'].map((word) => [word.toLowerCase(), word]),
);
const SHORT = /^(p|tm|wm|tc|ts)(100|\d{1,2})(\.\d{1,10})?$/i;
const BOUND = String.raw`\d+(?:\.\d+)?%?`;
const RANGED = new RegExp(String.raw`^(TM|WM|PR|TC|TS)\(\s*(?:(${BOUND})?\s*:\s*(${BOUND})|(${BOUND})\s*:)\s*\)$`, 'i');
/** Some of them, for messages. */
export const STATS = 'Sum, SampleCount, Average, Minimum, Maximum, p95, tm99, IQM or the like';

/** CloudWatch's spelling of a statistic; undefined when there is none such. */
export function statOf(written: string): string | undefined {
  const plain = WORDS.get(written.toLowerCase());
  if (plain !== undefined) return plain;
  if (SHORT.test(written)) return written.toLowerCase();
  const [, name, low = '', high = '', only] = RANGED.exec(written.replace(/\s+/g, '')) ?? [];
  return name === undefined ? undefined : `${name.toUpperCase()}(${only ?? low}:${high})`;
}
