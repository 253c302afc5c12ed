import { z } from 'zod';
import { duration, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, SECOND } from '../model/duration.js';
import type { HttpCheck, ThresholdMetric } from '../model/metric.js';
import type { MetricContext } from './metric.js';
import { DEFAULT_MIN_MEASURED, QUERY_TIMEOUT } from './metric-settings.js';
import { count, metricName, minMeasured } from './metric-fields.js';
import { renderPlain } from './metric-variables.js';
import { checkLimits, readWindows } from './metric-windows.js';

const LONGEST_URL = 2_000;
const LONGEST_PATTERN = 1_000;
const LONGEST_BODY = 10_000;
export const EXPECTED_CODE = 200;

/** Names of headers whose values open something. */
const SECRET_HEADER = /^(proxy-)?authorization$|cookie|token|key|secret|password/i;
/** What Node would refuse to send, or reads as another header (RFC 9110 §5.5, §5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const METHOD = /^[A-Za-z]{1,20}$/;
const DOTTED_PATH = /^\$(\.[^.[\]\s]+|\[\d+\])*$/;

/** The fields of an item of `https`: PipeCD's (pipecd.md §1.5), then ours. */
export const httpCheckShape = z.object({
  url: z.string().min(1).max(LONGEST_URL),
  method: z.string().regex(METHOD, { error: 'must be a method such as GET' }).optional(),
  headers: z.array(z.object({ key: z.string().min(1), value: text })).optional(),
  expectedCode: z.int().optional(),
  expectedResponse: z.string().max(LONGEST_BODY).optional(),
  interval: duration,
  failureLimit: count,
  skipOnNoData: z.boolean().optional(),
  timeout: duration.optional(),
  name: metricName.optional(),
  bodyMatches: z.string().min(1).max(LONGEST_PATTERN).optional(),
  jsonPath: z.record(z.string(), text).optional(),
  consecutiveFailureLimit: z.int().min(1).optional(),
  minMeasured: minMeasured.optional(),
  errorLimit: count,
  dryRun: z.boolean().optional(),
});

type Fields = z.output<typeof httpCheckShape>;

/**
 * Reads one item of an ANALYSIS's `https` as a metric whose point is 1 where the answer was as expected and 0 where not. `fallback` is the
 * name of one that has none.
 */
export function readHttpCheck(
  reader: Reader,
  value: unknown,
  path: Path,
  fallback: string,
  context: MetricContext,
): ThresholdMetric | undefined {
  const fields = reader.read(httpCheckShape, value, path);
  if (!fields) return undefined;
  const http = readRequest(reader, fields, path, context);
  const windows = readWindows(reader, path, fields.interval, context.duration, SECOND);
  checkLimits(reader, path, fields, windows);
  const timeout = reader.durationOr(QUERY_TIMEOUT, fields.timeout, [...path, 'timeout']);
  if (fields.timeout !== undefined && timeout > fields.interval) {
    const message = `the timeout ${formatDuration(timeout)} is longer than the interval ${formatDuration(fields.interval)}: a slow answer takes the place of the next window’s request`;
    reader.warning([...path, 'timeout'], message, `Write timeout: ${formatDuration(fields.interval)} or less.`);
  }
  const share = fields.minMeasured === undefined ? DEFAULT_MIN_MEASURED : fields.minMeasured / 100;
  return (
    http && {
      name: fields.name ?? fallback,
      strategy: 'THRESHOLD',
      test: 'EACH_POINT',
      provider: 'http',
      source: 'HTTP',
      query: `${http.method} ${http.url}`,
      expected: { min: 1 },
      http,
      interval: fields.interval,
      failureLimit: fields.failureLimit ?? 0,
      ...written({ consecutiveFailureLimit: fields.consecutiveFailureLimit }),
      skipOnNoData: fields.skipOnNoData ?? false,
      timeout,
      // The answer is there at once or not at all.
      delay: 0,
      maxDelay: timeout,
      resolution: SECOND,
      minMeasured: share,
      errorLimit: fields.errorLimit ?? Math.floor(windows * (1 - share)),
      dryRun: fields.dryRun ?? false,
    }
  );
}

/** The request and what is expected of its answer; undefined when a part of it cannot be used. */
function readRequest(reader: Reader, fields: Fields, path: Path, context: MetricContext): HttpCheck | undefined {
  const render = (template: string, at: Path): string => renderPlain(reader, template, at, context);
  const url = readUrl(reader, render(fields.url, [...path, 'url']), [...path, 'url']);
  const headers = readHeaders(reader, fields, path, render);
  const body = {
    expectedResponse: fields.expectedResponse && render(fields.expectedResponse, [...path, 'expectedResponse']),
    bodyMatches: fields.bodyMatches && readPattern(reader, fields.bodyMatches, [...path, 'bodyMatches'], render),
    jsonPath: fields.jsonPath && readPaths(reader, fields.jsonPath, [...path, 'jsonPath'], render),
  };
  return url === undefined
    ? undefined
    : {
        url,
        method: (fields.method ?? 'GET').toUpperCase(),
        headers,
        expectedCode: readCode(reader, fields.expectedCode, [...path, 'expectedCode']),
        ...written({
          expectedResponse: body.expectedResponse || undefined,
          bodyMatches: body.bodyMatches || undefined,
          jsonPath: body.jsonPath,
        }),
      };
}

function readUrl(reader: Reader, url: string, path: Path): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    reader.error(path, `"${url}" is no http or https address`, 'Write, for example, https://shop.example.com/health.');
    return undefined;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    const message = 'the address holds a password, which would stand in the deployment for all to read';
    reader.error(path, message, 'Delete it: let the check ask what needs none.');
    return undefined;
  }
  return url;
}

/** PipeCD's default of 0 is no code that an answer can have: each check would fail (pipecd.md §1.5). */
function readCode(reader: Reader, code: number | undefined, path: Path): number {
  if (code === undefined) {
    const message = 'expectedCode is not given: 200 is expected; PipeCD would expect 0, which no answer has';
    reader.warning(path, message, 'Write expectedCode: 200.');
    return EXPECTED_CODE;
  }
  if (code === 0) {
    reader.warning(path, '0 means the default, 200; in PipeCD no answer could pass', 'Write expectedCode: 200.');
    return EXPECTED_CODE;
  }
  if (code < 200 || code > 599) {
    reader.error(path, `no answer has the status ${code}`, 'Write a number from 200 to 599.');
  }
  return code;
}

function readHeaders(
  reader: Reader,
  { headers = [] }: Fields,
  path: Path,
  render: (template: string, at: Path) => string,
): Record<string, string> {
  const read = new Map<string, string>();
  for (const [i, { key, value }] of headers.entries()) {
    const at = [...path, 'headers', i];
    const rendered = render(value, [...at, 'value']);
    if (!HEADER_NAME.test(key)) reader.error([...at, 'key'], `"${key}" is no name of a header`, 'Write it anew.');
    if (!HEADER_VALUE.test(rendered)) {
      reader.error([...at, 'value'], 'the value holds characters that no header can have', 'Write it anew.');
    }
    if (read.has(key.toLowerCase())) {
      reader.error([...at, 'key'], `the header ${key} is given twice`, 'Keep one of them.');
    }
    if (SECRET_HEADER.test(key)) {
      const message = `the value of ${key} stands in the deployment, its history and its document, for all who may read them`;
      reader.warning([...at, 'key'], message, 'Let the check ask what needs no secret.');
    }
    read.set(key.toLowerCase(), rendered);
  }
  return Object.fromEntries(read);
}

function readPattern(
  reader: Reader,
  pattern: string,
  path: Path,
  render: (template: string, at: Path) => string,
): string {
  const rendered = render(pattern, path);
  try {
    new RegExp(rendered, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    reader.error(path, `no regular expression: ${why}`, 'Write one as JavaScript reads it with the flag u.');
  }
  return rendered;
}

function readPaths(
  reader: Reader,
  paths: Readonly<Record<string, string>>,
  path: Path,
  render: (template: string, at: Path) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(paths).map(([dotted, value]) => {
      if (!DOTTED_PATH.test(dotted)) {
        reader.error(
          [...path, dotted],
          `"${dotted}" is no dotted path`,
          'Write one such as $.status or $.checks[0].ok.',
        );
      }
      return [dotted, render(value, [...path, dotted])];
    }),
  );
}
