import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { logIn } from './api.js';
import { ProblemNote } from './parts/problem.js';

/** A key in the address's fragment, which never leaves the browser: the link that `sluice up` prints has it. */
function keyInAddress(): string | undefined {
  const key = /^#key=(.+)$/.exec(window.location.hash)?.[1];
  if (key === undefined) return undefined;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return decodeURIComponent(key);
}

/** Exchanges an API key for a session, once. */
export function Login(): JSX.Element {
  const [key, setKey] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  const begin = (given: string): void => void logIn(given).catch(setError);
  useEffect(() => {
    const given = keyInAddress();
    if (given !== undefined) begin(given);
  }, []);
  return (
    <main class="login" id="main">
      <h1>Sluice</h1>
      <p>Progressive delivery for Amazon ECS.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          begin(key.trim());
        }}
      >
        <label>
          API key
          <input
            type="password"
            name="key"
            autoComplete="current-password"
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <ProblemNote error={error} />
        <button type="submit" class="main">
          Log in
        </button>
        <p class="quiet">
          The key is exchanged for a cookie that no script can read. `sluice up` keeps the key that it made in its data
          folder, as `api-key`.
        </p>
      </form>
    </main>
  );
}
