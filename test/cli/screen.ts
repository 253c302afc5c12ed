/** The few things that the progress display asks of a terminal: text, line ends, up, clear. Throws at anything else. */
export interface Screen {
  write: (bytes: string) => void;
  /** Without trailing blanks, as one sees it. */
  lines: () => string[];
  resize: (columns: number, rows: number) => void;
  /** Lines that left the screen at the top. */
  scrolled: () => number;
}

/** A terminal of `columns` × `rows` that breaks lines at its edge and scrolls at its foot, as xterm does. */
export function screenOf(columns: number, rows: number): Screen {
  let cells: string[][] = [[]];
  let [row, column, gone] = [0, 0, 0];
  const newLine = (): void => {
    row += 1;
    while (cells.length <= row) cells.push([]);
    if (row >= rows) {
      cells.shift();
      gone += 1;
      row -= 1;
    }
  };
  return {
    write: (bytes) => {
      for (const [token, count, command] of bytes.matchAll(/\u001b\[(\d*)([A-Za-z])|[^]/gu)) {
        if (command === 'F') [row, column] = [Math.max(0, row - Number(count)), 0];
        else if (command === 'K') cells[row]?.splice(column);
        else if (command === 'J') {
          cells[row]?.splice(column);
          cells.splice(row + 1);
        } else if (command === 'm' || token === '\r') {
          if (token === '\r') column = 0;
        } else if (command !== undefined) throw new Error(`the terminal was told ${JSON.stringify(token)}`);
        else if (token === '\n') {
          newLine();
          column = 0;
        } else {
          if (column >= columns) {
            newLine();
            column = 0;
          }
          const line = cells[row] ?? [];
          while (line.length < column) line.push(' ');
          line[column] = token;
          column += 1;
        }
      }
    },
    lines: () => {
      const seen = cells.map((line) => line.join('').trimEnd());
      while (seen.at(-1) === '') seen.pop();
      return seen;
    },
    resize: (wide, tall) => {
      // Lines that are too long are broken, as most terminals do; the cursor stays with its text.
      const broken: string[][] = [];
      let at = 0;
      cells.forEach((line, i) => {
        if (i === row) at = broken.length;
        for (let from = 0; from === 0 || from < line.length; from += wide) broken.push(line.slice(from, from + wide));
      });
      const above = Math.max(0, at - tall + 1);
      cells = broken.slice(above);
      [columns, rows, row, gone] = [wide, tall, at - above, gone + above];
    },
    scrolled: () => gone,
  };
}
