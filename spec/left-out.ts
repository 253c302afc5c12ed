import type { Path } from '../document/yaml.js';

/** Keys at the top of a file that are known to be of no use and are left out; `met` lists those that were there. */
export interface LeftOut {
  met: string[];
  tolerates(path: Path): boolean;
}

/** Lets these keys pass at the top of a document, in any case. */
export function leavingOut(names: readonly string[]): LeftOut {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const met: string[] = [];
  return {
    met,
    tolerates: (path) => {
      const key = String(path[0]);
      if (path.length !== 1 || !known.has(key.toLowerCase())) return false;
      met.push(key);
      return true;
    },
  };
}
