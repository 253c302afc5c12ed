import { useEffect, useState } from 'preact/hooks';
import type { FunctionComponent, JSX } from 'preact';
import { ProblemNote } from './parts/problem.js';

/** A part of the page that is loaded when it is first shown. @param load its component */
export function lazily<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  let loaded: FunctionComponent<P> | undefined;
  return function Lazy(props: P): JSX.Element {
    const [Part, setPart] = useState<FunctionComponent<P> | undefined>(() => loaded);
    const [error, setError] = useState<unknown>(undefined);
    useEffect(() => {
      if (Part) return;
      load().then(
        (found) => {
          loaded = found;
          setPart(() => found);
        },
        // The server is away, or has a newer page than this one.
        () => setError(new Error('This part of the page could not be loaded. Load the page again.')),
      );
    }, [Part]);
    if (Part) return <Part {...props} />;
    return error === undefined ? <p class="quiet">Loading…</p> : <ProblemNote error={error} />;
  };
}
