/** What stands for a character where only ASCII can be shown; one for one, so that widths stay. */
const PLAIN: Readonly<Record<string, string>> = {
  '✔': '+',
  '✖': 'x',
  '●': '>',
  '◌': '.',
  '↷': '~',
  '⊘': '/',
  '⚠': '!',
  '·': '-',
  '…': '~',
  '–': '-',
  '—': '-',
  '→': '>',
  '≥': '>',
  '≤': '<',
  '├': '|',
  '│': '|',
  '┤': '|',
  '╰': '`',
  '━': '=',
  '╌': '-',
  '◦': 'o',
  '█': '#',
  '░': '.',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
};

/** A line for a terminal that knows nothing but ASCII. Braille dots become stars; what has no likeness, a question mark. */
export function ascii(line: string): string {
  return line.replace(/[^\u0000-\u007f]/gu, (character) => {
    if (character >= '\u2800' && character <= '\u28ff') return '*';
    return PLAIN[character] ?? '?';
  });
}
