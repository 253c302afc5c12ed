import type { ComponentChildren, JSX } from 'preact';
import { setQuery } from '../address.js';

/** What a list is filtered by, kept in the address: a text as `q`, and a state under its own name. */
export function ListFilters({
  search,
  placeholder,
  text,
  name,
  state,
  states,
  children,
}: {
  /** What is searched, for those who hear it. */
  search: string;
  placeholder: string;
  text: string;
  name: string;
  state: string;
  /** Values with their words, below that of all. */
  states: readonly (readonly [value: string, words: string])[];
  children: ComponentChildren;
}): JSX.Element {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="spoken">{search}</span>
        <input
          type="search"
          id="search"
          placeholder={placeholder}
          value={text}
          onInput={(event) => setQuery('q', event.currentTarget.value)}
        />
      </label>
      <label>
        <span class="spoken">State</span>
        <select value={state} onChange={(event) => setQuery(name, event.currentTarget.value)}>
          <option value="">All states</option>
          {states.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {children}
    </form>
  );
}
