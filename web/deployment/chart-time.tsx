import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import type { TimeAxis } from './chart-axis.js';
import { STEP_MOVE, STEP_ZOOM } from './chart-gestures.js';

/** The time that is seen by buttons, for those who neither drag nor press keys. @param name what the chart shows */
export function TimeButtons({ axis, name }: { axis: TimeAxis; name: string }): JSX.Element {
  const all = useComputed(() => axis.chosen.value === undefined).value;
  return (
    <div class="time" role="group" aria-label={`Time of ${name}`}>
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => axis.zoom(STEP_ZOOM)}>
        +
      </button>
      <button
        type="button"
        aria-label="Zoom out"
        title="Zoom out (−)"
        disabled={all}
        onClick={() => axis.zoom(1 / STEP_ZOOM)}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Earlier"
        title="Earlier (←)"
        disabled={all}
        onClick={() => axis.move(-STEP_MOVE)}
      >
        ‹
      </button>
      <button type="button" aria-label="Later" title="Later (→)" disabled={all} onClick={() => axis.move(STEP_MOVE)}>
        ›
      </button>
      <button type="button" title="Show all (0)" disabled={all} onClick={() => axis.show(undefined)}>
        All
      </button>
    </div>
  );
}

/** How the charts are handled, once for all of them. */
export function ChartHint(): JSX.Element {
  return (
    <p class="quiet hint">
      Drag in a chart to zoom in; a double click shows all. The wheel zooms with ctrl or ⌘, sideways it moves; so do two
      fingers and one.
    </p>
  );
}
