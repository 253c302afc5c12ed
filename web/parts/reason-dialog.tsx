import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ProblemNote } from './problem.js';

/** One thing that a person can do, and what it will do. */
export interface Act {
  name: string;
  /** What will happen, before it does. */
  consequence: string;
  dangerous?: boolean;
  /** @param reason as the person wrote it */
  send: (reason: string) => Promise<unknown>;
}

/** Asks for the reason of an act, says what the act will do, and does it. */
export function ReasonDialog({ act, close }: { act: Act; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await act.send(reason.trim());
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="act-name">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="act-name">{act.name}</h2>
        <p>{act.consequence}</p>
        <label>
          Reason <span class="quiet">(kept with your name)</span>
          <input
            name="reason"
            required
            maxLength={1000}
            autoComplete="off"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <ProblemNote error={error} />
        <div class="buttons">
          <button type="button" onClick={close}>
            Back
          </button>
          <button type="submit" class={act.dangerous ? 'danger' : 'main'} disabled={busy || reason.trim() === ''}>
            {act.name}
          </button>
        </div>
      </form>
    </dialog>
  );
}
