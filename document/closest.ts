/** A longer key is no mistyping of ours, and comparing it would take long. */
const LONGEST = 64;

/** The known name that a mistyped one most likely means, or undefined when none is near. */
export function closest(written: string, known: readonly string[]): string | undefined {
  if (written.length > LONGEST) return undefined;
  const limit = Math.max(1, Math.min(3, Math.floor(written.length / 2)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance: the fewest letters added, dropped or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
