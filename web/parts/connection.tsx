import type { JSX } from 'preact';
import type { Connection } from '../stream.js';

const WORDS: Readonly<Record<Connection, string>> = {
  CONNECTING: 'Connecting…',
  LIVE: 'Live',
  LOST: 'Connection lost: what stands here may be old. Trying again…',
  OVER: 'Ended',
};

/** Whether what is on the screen is of this moment. */
export function ConnectionNote({ state }: { state: Connection }): JSX.Element {
  return (
    <span class={`connection ${state.toLowerCase()}`} role="status">
      {WORDS[state]}
    </span>
  );
}
