import type { JSX } from 'preact';

type Tone = 'idle' | 'moving' | 'waiting' | 'good' | 'bad' | 'stopped';

const TONES: Readonly<Record<string, Tone>> = {
  PENDING: 'idle',
  NOT_STARTED: 'idle',
  STOPPED: 'stopped',
  HEALTHY: 'good',
  UNHEALTHY: 'bad',
  INITIAL: 'moving',
  DRAINING: 'stopped',
  UNUSED: 'idle',
  WAITING: 'waiting',
  RUNNING: 'moving',
  DEPLOYING: 'moving',
  WAITING_APPROVAL: 'waiting',
  PAUSED: 'waiting',
  HELD: 'waiting',
  ROLLING_BACK: 'bad',
  SUCCEEDED: 'good',
  PASS: 'good',
  HANDLED: 'good',
  SYNCED: 'good',
  OUT_OF_SYNC: 'bad',
  UNKNOWN: 'waiting',
  SYNC_UNKNOWN: 'waiting',
  ROLLED_BACK: 'bad',
  FAILED: 'bad',
  FAIL: 'bad',
  DIVERGED: 'bad',
  NO_DATA: 'waiting',
  NOT_ENOUGH_DATA: 'waiting',
  INCONCLUSIVE: 'waiting',
  ERROR: 'waiting',
  CANCELLED: 'stopped',
  SKIPPED: 'stopped',
  SUPERSEDED: 'stopped',
  RENAMED: 'stopped',
};
const MARKS: Readonly<Record<Tone, string>> = {
  idle: '○',
  moving: '●',
  waiting: '◐',
  good: '✓',
  bad: '✕',
  stopped: '–',
};

/** The tone of a state: never told by the colour alone, a mark and the word go with it. */
export function toneOf(status: string): Tone {
  return TONES[status] ?? 'idle';
}

/** The mark of a state, which is there for those who see no colours. */
export function markOf(status: string): string {
  return MARKS[toneOf(status)];
}

/** A state in words: `ROLLED_BACK` → `Rolled back`. */
export function wordsOf(status: string): string {
  const words = status.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A state with its mark and its colour. */
export function Status({ status, large = false }: { status: string; large?: boolean }): JSX.Element {
  return (
    <span class={`status ${toneOf(status)}${large ? ' large' : ''}`}>
      <span aria-hidden="true">{markOf(status)}</span> {wordsOf(status)}
    </span>
  );
}
