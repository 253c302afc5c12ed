import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { LogPage } from '../../model/wire.js';
import { time } from '../format.js';
import { Table } from '../parts/table.js';

/** More than this would make the page slow; the rest is one click away. */
const SHOWN = 500;

/** What the deployment said as it went, the newest last, followed while the reader is at its end. */
export function Log({ lines }: { lines: LogPage['lines'] }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [all, setAll] = useState(false);
  const following = useRef(true);
  const shown = all ? lines : lines.slice(-SHOWN);
  useEffect(() => {
    const element = box.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [lines.length]);
  const scrolled = (): void => {
    const element = box.current;
    if (element) following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  return (
    <section aria-labelledby="log">
      <h2 id="log">Log</h2>
      {lines.length > shown.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show the {lines.length - shown.length} lines before
        </button>
      )}
      <div class="log" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-labelledby="log">
        {shown.length === 0 && <p class="quiet">Nothing yet.</p>}
        {shown.map((line) => (
          <div key={`${line.at} ${line.text}`} class={line.level}>
            <time>{time(line.at)}</time>
            <span class="spoken">{line.level === 'info' ? '' : `${line.level}: `}</span>
            <span>{line.text}</span>
          </div>
        ))}
      </div>
    </section>
  );
}

/** Every change that was made in AWS. */
export function AwsCalls({ changes }: { changes: LogPage['changes'] }): JSX.Element {
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">
        Changes in AWS <span class="quiet">{changes.length}</span>
      </h2>
      {changes.length === 0 ? (
        <p class="quiet">None yet.</p>
      ) : (
        <Table label="Changes in AWS" heads={['When', 'What it did']}>
          {changes.map((one) => (
            <tr key={`${one.at} ${one.action} ${one.resource}`}>
              <td class="number">{time(one.at)}</td>
              <td title={one.resource}>
                {one.summary} <code class="quiet">{one.action.split(':').at(-1)}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
