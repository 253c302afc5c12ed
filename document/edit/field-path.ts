import type { Path } from '../yaml.js';
import { EditFailure } from './edit-failure.js';

const STEP = /^(?:\.?([^.[\]'"\s*]+)|\.?'([^']+)'|\[(\d+)\]|\[(?:'([^']+)'|"([^"]+)")\])/;

/**
 * Reads the path of one field: `$.containerDefinitions[0].image`, `spec.template.x`, a key with dots in quotes (`$.labels.'a.b'`).
 * @throws EditFailure for what is none, or names several values.
 */
export function parseFieldPath(text: string): Path {
  let rest = text.replace(/^\$/, '');
  const path: (string | number)[] = [];
  while (rest !== '') {
    const step = STEP.exec(rest);
    const dotted = rest.startsWith('.') || rest.startsWith('[') || path.length === 0;
    if (!step || !dotted || rest.startsWith('..')) {
      const several = rest.includes('*') || rest.includes('..');
      const why = several ? 'names several values: write the path of one' : `cannot be read from "${rest}" on`;
      throw new EditFailure(`the path ${why}; such as $.containerDefinitions[0].image`);
    }
    const [whole, plain, quoted, index, single, double] = step;
    path.push(index === undefined ? (plain ?? quoted ?? single ?? double ?? '') : Number(index));
    rest = rest.slice(whole.length);
  }
  if (path.length === 0) throw new EditFailure('the path is empty; write one such as $.containerDefinitions[0].image');
  return path;
}
