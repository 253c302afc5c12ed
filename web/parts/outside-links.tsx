import type { JSX } from 'preact';
import { Fact } from './fact.js';

/** Where else it can be looked at. */
export function OutsideLinks({ aws, temporal }: { aws?: string; temporal?: string }): JSX.Element {
  return (
    <>
      {aws !== undefined && (
        <Fact name="Service">
          <a href={aws} rel="noreferrer">
            in AWS
          </a>
        </Fact>
      )}
      {temporal !== undefined && (
        <Fact name="Workflow">
          <a href={temporal} rel="noreferrer">
            in Temporal
          </a>
        </Fact>
      )}
    </>
  );
}
