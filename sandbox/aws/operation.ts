import type { Cloud } from '../cloud/cloud.js';

/** Who calls, from the request's signature. */
export interface Caller {
  account: string;
  accessKey: string;
}

/** One operation of an AWS API: parses its input, reads or changes the cloud, and gives the answer's members. */
export interface Operation {
  /** Whether it changes anything; such calls are written down for `GET /_sandbox/calls?mutating=1`. */
  mutating: boolean;
  run: (cloud: Cloud, input: unknown, caller: Caller) => Record<string, unknown>;
}

/** Operations by their names in the API. */
export type Operations = Readonly<Record<string, Operation>>;

/** An operation that only reads. */
export function read(run: Operation['run']): Operation {
  return { mutating: false, run };
}

/** An operation that changes something. */
export function change(run: Operation['run']): Operation {
  return { mutating: true, run };
}
