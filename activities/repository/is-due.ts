import { posix } from 'node:path';
import { isMeantBy } from '../../model/path-pattern.js';
import type { Trigger } from '../../model/trigger.js';

const SHOWN = 3;

/**
 * Why the paths that changed deploy an application: PipeCD's rule and its order (pipecd.md §1.1). One changed path among `ignores` is enough
 * for nothing to happen; then `paths` count, then all that lies in the application's folder.
 * @returns undefined when they do not
 */
export function whyDue({ onCommit }: Trigger, applicationFile: string, changed: readonly string[]): string | undefined {
  if (onCommit.disabled || changed.some((path) => isMeantBy(onCommit.ignores, path))) return undefined;
  const folder = posix.dirname(applicationFile);
  const touches = changed.filter(
    (path) => isMeantBy(onCommit.paths, path) || folder === '.' || path.startsWith(`${folder}/`),
  );
  if (touches.length === 0) return undefined;
  const more = touches.length > SHOWN ? ` and ${touches.length - SHOWN} more` : '';
  return `Changed: ${touches.slice(0, SHOWN).join(', ')}${more}.`;
}
