import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Rows above and below what is seen, so that a quick scroll shows no gap. */
const SPARE = 12;

/** Which rows of a long list are seen, so that only those are in the document. @param row px @param count of the list's rows */
export function useSeenRows(
  row: number,
  count: number,
): { list: RefObject<HTMLDivElement | null>; seen: { from: number; to: number } } {
  const list = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 40 });
  useEffect(() => {
    const look = (): void => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const from = Math.max(0, Math.floor(top / row) - SPARE);
      const to = Math.ceil((top + window.innerHeight) / row) + SPARE;
      setSeen((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [row, count]);
  return { list, seen };
}
