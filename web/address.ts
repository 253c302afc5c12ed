import { computed, signal } from '@preact/signals';

/** Where the page is: the browser's address, as a signal. */
export const address = signal(new URL(window.location.href));

window.addEventListener('popstate', () => (address.value = new URL(window.location.href)));

/** Goes to another address of the page. `replace` leaves no trace in the history: for filters that are being typed. */
export function go(to: string, { replace = false } = {}): void {
  const next = new URL(to, address.value);
  if (next.href === address.value.href) return;
  if (replace) window.history.replaceState(null, '', next);
  else window.history.pushState(null, '', next);
  const moved = next.pathname !== address.value.pathname;
  address.value = next;
  if (!moved || replace) return;
  window.scrollTo(0, 0);
  // A screen reader hears of the new page; a key goes on from its beginning.
  document.querySelector<HTMLElement>('main')?.focus();
}

/** The filters that stand in the address. */
export const query = computed(() => address.value.searchParams);

/** Sets one filter in the address; an empty one is taken out. */
export function setQuery(name: string, value: string): void {
  const next = new URL(address.value);
  if (value === '') next.searchParams.delete(name);
  else next.searchParams.set(name, value);
  go(next.href, { replace: true });
}
