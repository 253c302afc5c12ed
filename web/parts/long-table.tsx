import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX, RefObject } from 'preact';

/** px; `.row` in the style sheet. */
const ROW = 52;
/** More of the list is asked for so many rows before its end is seen. */
const AHEAD = 60;

/** Rows above and below what is seen, so that a quick scroll shows no gap. */
const SPARE = 12;

/** Which rows of a long list are seen, so that only those are in the document. @param count of the list's rows */
function useSeenRows(count: number): {
  list: RefObject<HTMLDivElement | null>;
  seen: { from: number; to: number };
} {
  const list = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 40 });
  useEffect(() => {
    const look = (): void => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const from = Math.max(0, Math.floor(top / ROW) - SPARE);
      const to = Math.ceil((top + window.innerHeight) / ROW) + SPARE;
      setSeen((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [count]);
  return { list, seen };
}

/**
 * A table of any length: only the rows that are seen are in the document, so that thousands scroll like ten.
 * @param cells a row's, each with the role of a cell
 * @param onNearEnd where more rows can be had: called when the last ones come into sight
 */
export function LongTable<Item>({
  label,
  kind = '',
  heads,
  items,
  keyOf,
  cells,
  onNearEnd,
}: {
  label: string;
  kind?: string;
  heads: readonly string[];
  items: readonly Item[];
  keyOf: (item: Item) => string;
  cells: (item: Item) => JSX.Element;
  onNearEnd?: (() => void) | undefined;
}): JSX.Element {
  const count = items.length;
  const { list, seen } = useSeenRows(count);
  const near = onNearEnd !== undefined && seen.to > count - AHEAD;
  useEffect(() => {
    if (near) onNearEnd();
  }, [near, count]);
  return (
    <div class={`rows ${kind}`} role="table" aria-label={label} aria-rowcount={onNearEnd ? -1 : count + 1}>
      <div class="row head" role="row" aria-rowindex={1}>
        {heads.map((head) => (
          <span key={head} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      <div ref={list} role="rowgroup" style={{ height: `${count * ROW}px`, position: 'relative' }}>
        {items.slice(seen.from, seen.to).map((item, i) => {
          const index = seen.from + i;
          return (
            <div key={keyOf(item)} class="row" role="row" aria-rowindex={index + 2} style={{ top: `${index * ROW}px` }}>
              {cells(item)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
