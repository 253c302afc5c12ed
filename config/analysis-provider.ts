import { z } from 'zod';
import { duration } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE } from '../model/duration.js';
import { besides, name, oneSecret } from './part.js';
import type { AnalysisProvider } from './server.js';

/** AWS's metrics reach Datadog minutes late: a window that is not complete after this long is given up. */
export const DATADOG_MAX_DELAY = 20 * MINUTE;
/** ALB's metrics are one point a minute, whatever reads them. */
export const DATADOG_RESOLUTION = MINUTE;
export const DATADOG_ADDRESS = 'datadoghq.com';

const ADDRESS = /^(https?:\/\/[^\s/]+(\/\S*)?|[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?)$/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}\s*$/;

const keyData = name.regex(BASE64, { error: 'must be base64' });

/** The fields of a provider of type DATADOG: PipeCD's, the `…Env` forms, the API's version, and the defaults for its metrics. */
export const datadogFields = {
  address: name.regex(ADDRESS, { error: 'must be a host such as datadoghq.eu, or a base URL' }).optional(),
  apiKeyFile: name.optional(),
  apiKeyEnv: name.optional(),
  apiKeyData: keyData.optional(),
  applicationKeyFile: name.optional(),
  applicationKeyEnv: name.optional(),
  applicationKeyData: keyData.optional(),
  apiVersion: z.enum(['v1', 'v2']).optional(),
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
};

export const datadogSchema = z.object(datadogFields);

/** The provider that these fields make, undefined when it has no keys; says what does not fit together. */
export function datadogProvider(
  reader: Reader,
  path: Path,
  providerName: string,
  values: z.output<typeof datadogSchema>,
): AnalysisProvider | undefined {
  const secret = (key: 'apiKey' | 'applicationKey') =>
    oneSecret(
      reader,
      path,
      {
        [`${key}File`]: (file) => ({ file: besides(reader, file) }),
        [`${key}Env`]: (env) => ({ env }),
        [`${key}Data`]: (base64) => ({ base64: base64.trim() }),
      },
      values,
    );
  const apiKey = secret('apiKey');
  const applicationKey = secret('applicationKey');
  const maxDelay = values.maxDelay || DATADOG_MAX_DELAY;
  if (values.delay !== undefined && values.delay > maxDelay) {
    const message = 'delay is longer than maxDelay: every window would be given up before its data is expected';
    reader.error([...path, 'delay'], message, 'Make maxDelay the longer one.');
  }
  if (!apiKey || !applicationKey) return undefined;
  return {
    name: providerName,
    type: 'DATADOG',
    address: (values.address ?? DATADOG_ADDRESS).replace(/\/+$/, ''),
    apiKey,
    applicationKey,
    ...written({ apiVersion: values.apiVersion, delay: values.delay }),
    maxDelay,
    resolution: values.resolution || DATADOG_RESOLUTION,
  };
}
