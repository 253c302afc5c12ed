const RESET = '\u001b[0m';
const GREEN = '\u001b[32m';
const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const MAGENTA = '\u001b[35m';
const CYAN = '\u001b[36m';
const DIM = '\u001b[2m';

const WORDS: readonly [RegExp, string][] = [
  [/✔━*|\b(?:SUCCEEDED|PASS)\b/gu, GREEN],
  [/✖━*|⊘|╌+|\b(?:FAILED|FAIL|ROLLED_BACK|ROLLING_BACK|CANCELLED)\b/gu, RED],
  [/[⚠?]━+|⚠|\b(?:NO_DATA|NOT_ENOUGH_DATA|ERROR|WAITING_APPROVAL|PAUSED|SUPERSEDED)\b/gu, YELLOW],
  [/●|[\u2800-\u28ff█]+|\bRUNNING\b/gu, CYAN],
  [/◦+/gu, MAGENTA],
  [/◌|↷|░+/gu, DIM],
];

/** Colours the marks and the states of a line; the words stay as they are, so that nothing is said by colour alone. */
export function colour(line: string): string {
  let painted = line;
  for (const [words, paint] of WORDS) painted = painted.replace(words, (word) => `${paint}${word}${RESET}`);
  return painted;
}
