import type { ComponentChildren, JSX } from 'preact';

/** A table that scrolls within its own frame, also by keyboard. @param heads the columns; the last one of buttons may have a name that is only spoken */
export function Table({
  label,
  heads,
  children,
}: {
  label: string;
  heads: readonly ComponentChildren[];
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table class="plain">
        <thead>
          <tr>
            {heads.map((head, i) => (
              <th key={i}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
