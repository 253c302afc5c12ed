import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';

const SAID_MS = 2_000;

/** A text to be copied; by hand where the browser lets no page write to the clipboard (without TLS). */
export function Copied({ name, text }: { name: string; text: string }): JSX.Element {
  const [copied, setCopied] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (copied === undefined) return undefined;
    const timer = setTimeout(() => setCopied(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const may = window.isSecureContext;
  return (
    <div class="copied">
      <h3>{name}</h3>
      <pre>{text}</pre>
      {may && (
        <button
          type="button"
          aria-label={`Copy: ${name}`}
          onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(text))}
        >
          {copied === text ? 'Copied' : 'Copy'}
        </button>
      )}
    </div>
  );
}
