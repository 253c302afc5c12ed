import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { session } from '../api.js';
import { ReasonDialog } from './reason-dialog.js';
import type { Act } from './reason-dialog.js';

/** Buttons for what can be done now; none for those who may only look. */
export function Acts({ acts }: { acts: readonly Act[] }): JSX.Element | null {
  const [asked, setAsked] = useState<Act | undefined>(undefined);
  if (session.value?.role !== 'deployer') return null;
  return (
    <div class="acts">
      {acts.map((act) => (
        <button
          key={act.name}
          type="button"
          class={act.name === 'Approve' ? 'main' : act.dangerous ? 'danger-quiet' : ''}
          onClick={() => setAsked(act)}
        >
          {act.name}…
        </button>
      ))}
      {asked && <ReasonDialog act={asked} close={() => setAsked(undefined)} />}
    </div>
  );
}
