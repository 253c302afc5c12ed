import { described } from '../document/described.js';
import type { JsonSchema } from '../document/described.js';
import { formatDuration } from '../model/duration.js';
import { templateReference } from './analysis-template.js';
import { EXPECTED_CODE, httpCheckShape } from './http-check.js';
import { metricShape } from './metric-fields.js';
import { DEFAULT_MIN_MEASURED, QUERY_TIMEOUT } from './metric-settings.js';

const UNIQUE_NAME = 'What it is called in the deployment, unique in the stage; left out, its place in the list.';
const INTERVAL = 'Length of a window, at least 1s; each is judged once, when its data is complete.';
const FORGIVEN = 'Failed windows that are forgiven; one more fails it. For tests that judge window by window.';
const IN_A_ROW = 'It also fails when so many windows in a row failed.';
const MIN_MEASURED = 'Percent of the planned windows that must have been measured for it to pass.';
const ERROR_LIMIT = 'Windows that may end in an error of the source; left out, as many as minMeasured leaves.';
const DRY_RUN = 'Judges and shows, and decides nothing.';
const MISSING = 'Forgives windows without data; no measurement at all is still no success.';

const TIMEOUT = { default: formatDuration(QUERY_TIMEOUT) };
const MEASURED = { default: `${DEFAULT_MIN_MEASURED * 100}%` };

/** An item of `metrics` that says by itself what is judged. */
const METRIC = described(metricShape, {
  name: UNIQUE_NAME,
  strategy: {
    means: 'What it is compared with: bounds, the last good version, a baseline, or the primary at the same moments.',
    default: 'THRESHOLD',
  },
  provider: 'Name of the metrics source in the server configuration; `tasks` is always there.',
  metric: 'A metric that needs no query: rendered for each version from the target groups.',
  query: 'The query, with {{ .Variant.Name }}, {{ .Variant.TargetGroup }} and PipeCD’s arguments.',
  errors: 'The bad ones of a ratio of two counts, as a query; with requests.',
  requests: 'All of a ratio of two counts, as a query; with errors.',
  test: 'How it is judged. SEQUENTIAL unless it is a value against bounds, which is EACH_POINT.',
  expected: {
    means: 'Bounds, inclusive; THRESHOLD needs one or both.',
    fields: { min: 'No value may be below.', max: 'No value may be above.' },
  },
  interval: INTERVAL,
  failureLimit: { means: FORGIVEN, default: 0 },
  consecutiveFailureLimit: IN_A_ROW,
  skipOnNoData: { means: MISSING, default: false },
  timeout: { means: 'For one query.', ...TIMEOUT },
  deviation: 'Which difference is bad. Counts and ready-made metrics know theirs; for a query it is EITHER.',
  tolerance: 'How much worse is no harm: 1.2, 0.2 and 20% all mean a fifth more.',
  minRequests: 'Requests that the canary must have had for it to pass.',
  minPoints: 'Points (buckets) that must have been compared for it to pass.',
  onNoPrevious: { means: 'What PREVIOUS says when there is no earlier evidence.', default: 'INCONCLUSIVE' },
  canaryArgs: '{{ .VariantCustomArgs.NAME }} when the canary is asked for.',
  baselineArgs: '{{ .VariantCustomArgs.NAME }} when the baseline is asked for.',
  primaryArgs: '{{ .VariantCustomArgs.NAME }} when the primary is asked for, and for the query of THRESHOLD.',
  delay:
    'A window’s data is complete so long after its end, also where no later point shows it; left out, the source’s.',
  maxDelay: 'A window that is not complete after so long is given up; left out, the source’s.',
  resolution: 'Length of the source’s buckets; left out, the source’s.',
  watermark: 'A query that always has points while data flows: shows how far the data has come.',
  emptyValue: 'What no point counts as, where data is known to flow.',
  minMeasured: { means: MIN_MEASURED, ...MEASURED },
  errorLimit: ERROR_LIMIT,
  dryRun: { means: DRY_RUN, default: false },
});

/** An item of `https` that says by itself what is asked. */
const HTTP_CHECK = described(httpCheckShape, {
  url: 'The address that the worker asks.',
  method: { means: 'Its method.', default: 'GET' },
  headers: {
    means: 'Headers of the request.',
    fields: { key: 'Name of the header.', value: 'Its value; people who see the deployment see it.' },
  },
  expectedCode: { means: 'The status that is wanted.', default: EXPECTED_CODE },
  expectedResponse: 'The whole body that is wanted.',
  interval: INTERVAL,
  failureLimit: { means: FORGIVEN, default: 0 },
  skipOnNoData: { means: MISSING, default: false },
  timeout: { means: 'For one request.', ...TIMEOUT },
  name: UNIQUE_NAME,
  bodyMatches: 'A regular expression that the body must match.',
  jsonPath: 'Dotted path in the JSON body → the value that is wanted there.',
  consecutiveFailureLimit: IN_A_ROW,
  minMeasured: { means: MIN_MEASURED, ...MEASURED },
  errorLimit: ERROR_LIMIT,
  dryRun: { means: DRY_RUN, default: false },
});

/** One that takes its fields from a template. What else stands there is warned of and not used. */
const FROM_TEMPLATE: JsonSchema = {
  ...described(templateReference, {
    template: {
      means: 'Takes the fields of a template of kind AnalysisTemplate.',
      fields: { name: 'Name of the template.', appArgs: '{{ .AppCustomArgs.NAME }} in its queries.' },
    },
    name: UNIQUE_NAME,
    timeout: 'In place of the template’s.',
    dryRun: DRY_RUN,
  }),
  additionalProperties: true,
};

/** What an ANALYSIS judges: the definitions that its lists refer to. */
export const JUDGED: Readonly<Record<string, JsonSchema>> = {
  metric: METRIC,
  httpCheck: HTTP_CHECK,
  fromTemplate: FROM_TEMPLATE,
};

function listOf(definition: string): JsonSchema {
  return {
    type: 'array',
    items: {
      // An entry that is still empty is no template: editors complete the fields of the other kind there.
      if: { type: 'object', required: ['template'] },
      then: { $ref: '#/definitions/fromTemplate' },
      else: { $ref: `#/definitions/${definition}` },
    },
  };
}

/** The schemas of `metrics` and `https`. */
export const LISTS = { metrics: listOf('metric'), https: listOf('httpCheck') };
