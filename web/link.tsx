import type { ComponentChildren, JSX } from 'preact';
import { address, go } from './address.js';

/** A link within the page: without a reload, and a plain link to everything else (a new tab, a copy). */
export function Link({
  to,
  children,
  ...rest
}: {
  to: string;
  children: ComponentChildren;
  class?: string;
  title?: string;
}): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  const here = address.value.pathname === to;
  return (
    <a href={to} onClick={follow} {...(here && { 'aria-current': 'page' as const })} {...rest}>
      {children}
    </a>
  );
}
