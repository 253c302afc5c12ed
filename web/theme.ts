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

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);

/** Looked up once until they change: a chart of a day asks for one with each of its thousands of windows. */
const colours = new Map<string, string>();
effect(() => {
  if (repaint.value > 0) colours.clear();
});

/** A colour of the style sheet, for a canvas. */
export function colour(name: string): string {
  const known = colours.get(name);
  if (known !== undefined) return known;
  // A custom property is told as it is written, with both of its colours; a colour as it is seen.
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  colours.set(name, found);
  return found;
}
