import { datadogLastPoint, prometheus } from './peers/argo.js';
import { builtIn, datadogOldest } from './peers/flagger.js';
import { kayenta } from './peers/kayenta.js';
import { threshold } from './peers/pipecd.js';
import type { Policy } from './policy.js';

/** Every judge of the comparison, in the order of the table. */
export const POLICIES: readonly Policy[] = [
  threshold('whole-LB', 0),
  threshold('whole-LB', 1),
  threshold('canary', 0),
  threshold('canary', 1),
  datadogLastPoint(0),
  datadogLastPoint(2),
  prometheus(0),
  prometheus(2),
  builtIn(),
  datadogOldest(),
  kayenta('primary'),
  kayenta('equal baseline'),
];
