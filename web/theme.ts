import { effect, signal } from '@preact/signals';

type Theme = 'auto' | 'light' | 'dark';

const KEY = 'sluice-theme';
const stored = localStorage.getItem(KEY);

/** What the reader chose; `auto` follows the system. */
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');

/** Grows when colours change: canvases are drawn anew then. */
export const repaint = signal(0);

effect(() => {
  if (theme.value === 'auto') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(KEY, theme.value);
    document.documentElement.dataset['theme'] = theme.value;
  }
  repaint.value = repaint.peek() + 1;
});
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => repaint.value++);

/** The next choice: auto → light → dark. */
export function changeTheme(): void {
  theme.value = theme.value === 'auto' ? 'light' : theme.value === 'light' ? 'dark' : 'auto';
}

/** A colour of the style sheet, for a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
