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

/** What makes two records the same one, told twice: by an attempt that failed and by the one after it. */
export function keyOf({ kind, value }: DeploymentRecord): string {
  switch (kind) {
    case 'log':
      return `log ${value.at} ${value.level} ${value.text}`;
    case 'change':
      return `change ${value.at} ${value.action} ${value.resource}`;
    case 'measurement':
      return `measurement ${value.stage} ${value.metric} ${value.window}`;
    default:
      return kind satisfies never;
  }
}
