import type { AwsChange, LogLine } from '../model/delivery.js';
import type { MeasurementRecord } from '../model/wire.js';

/** One thing that a deployment left in its histories. */
export type DeploymentRecord =
  | { kind: 'log'; value: LogLine & { stage: string } }
  | { kind: 'change'; value: AwsChange & { stage: string } }
  | { kind: 'measurement'; value: MeasurementRecord };

/**
 * How far a reader has come: for each workflow run of the deployment (its own and its analyses'), how many records were read.
 * A history only grows at its end, so a place stays good while the deployment runs.
 */
export type RecordPlace = Record<string, number>;

export interface RecordPage {
  records: DeploymentRecord[];
  /** Where to go on. */
  place: RecordPlace;
  /** There are more records now; false at the present end. */
  more: boolean;
}
