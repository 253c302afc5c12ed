import type { JSX } from 'preact';
import { ApiFailure } from '../api.js';

/** What went wrong and what to do. */
export function ProblemNote({ error }: { error: unknown }): JSX.Element | null {
  if (error === undefined) return null;
  const message = error instanceof Error ? error.message : 'Something went wrong.';
  return (
    <div class="problem" role="alert">
      <p>{message}</p>
      {error instanceof ApiFailure && error.fix !== undefined && <p class="quiet">{error.fix}</p>}
      {error instanceof ApiFailure && (error.findings?.length ?? 0) > 0 && (
        <ul>
          {error.findings?.map((found) => (
            <li key={JSON.stringify(found)}>
              <code>
                {[found.file, found.line].filter((part) => part !== undefined).join(':')} {found.field}
              </code>{' '}
              {found.message} {found.fix}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
