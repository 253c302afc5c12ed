import { datadogLastPoint, prometheus } from './peers/argo.js';
import { builtIn, datadogOldest } from './peers/flagger.js';
import { kayenta } from './peers/kayenta.js';
import { canaryPrimary, threshold } from './peers/pipecd.js';
import { ours } from './ours.js';
import type { Policy } from './policy.js';

/** Our judge with its default budget, and with a smaller one. */
export const OURS: readonly Policy[] = [ours(0.05), ours(0.01)];

/** The judges of other tools, in the settings of the reference's tables. */
export const PEERS: readonly Policy[] = [
  threshold('whole-LB', 0),
  threshold('whole-LB', 1),
  threshold('canary', 0),
  threshold('canary', 1),
  canaryPrimary(0),
  canaryPrimary(1),
  datadogLastPoint(0),
  datadogLastPoint(2),
  prometheus(0),
  prometheus(2),
  builtIn(),
  datadogOldest(),
  kayenta('primary'),
  kayenta('equal baseline'),
];

/** Every judge of the comparison, in the order of the table. */
export const ALL: readonly Policy[] = [...OURS, ...PEERS];
