import type { Millis } from './duration.js';

/** What makes an application deploy by itself: `trigger` of its file (pipecd.md §1.1). */
export interface Trigger {
  /** A push that touches its folder or `paths`; nothing when any changed file is one of `ignores`. */
  onCommit: { disabled: boolean; paths: string[]; ignores: string[] };
  /** A request by a person or by CI. */
  onCommand: { disabled: boolean };
  /** What runs differs from what was deployed last. */
  onOutOfSync: { disabled: boolean; minWindow: Millis };
  /** Another application's chain comes to it. */
  onChain: { disabled: boolean };
}

/** Regular expressions on the commit's message that choose how a commit is brought out; `pipeline` is looked at first. */
export interface CommitMatcher {
  pipeline?: string;
  quickSync?: string;
}
