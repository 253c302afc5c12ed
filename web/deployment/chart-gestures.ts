import type { Range, TimeAxis } from './chart-axis.js';

/** One press of a key or button. */
export const STEP_ZOOM = 0.5;
export const STEP_MOVE = 0.25;
/** How much a notch of a wheel (100 px) zooms; a pinch on a pad comes in many small ones. */
const WHEEL = 0.0025;
const LINE = 16;

/** What a key does to the time that is seen; undefined for all others. */
export function keyAct(axis: TimeAxis, key: string): (() => void) | undefined {
  switch (key) {
    case '+':
    case '=':
      return () => axis.zoom(STEP_ZOOM);
    case '-':
      return () => axis.zoom(1 / STEP_ZOOM);
    case 'ArrowLeft':
      return () => axis.move(-STEP_MOVE);
    case 'ArrowRight':
      return () => axis.move(STEP_MOVE);
    case 'Home':
      return () => axis.move(-Infinity);
    case 'End':
      return () => axis.move(Infinity);
    case '0':
    case 'Escape':
      return () => axis.show(undefined);
    default:
      return undefined;
  }
}

/**
 * Zooms at the pointer by the wheel with ctrl or ⌘ (which is what a pinch on a pad is, too) and by two fingers; moves by a wheel that
 * turns sideways and, zoomed in, by one finger. The wheel alone goes on scrolling the page.
 * @returns what ends it
 */
export function listenToGestures(over: HTMLElement, axis: TimeAxis, seen: () => Range): () => void {
  const timeAt = (clientX: number): number => {
    const { left, width } = over.getBoundingClientRect();
    const { from, to } = seen();
    return from + ((clientX - left) / width) * (to - from);
  };
  const wheel = (event: WheelEvent): void => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      axis.zoom(Math.exp(event.deltaY * unit * WHEEL), timeAt(event.clientX));
      return;
    }
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    const down = event.shiftKey ? 0 : event.deltaY;
    if (axis.chosen.peek() === undefined || Math.abs(sideways) <= Math.abs(down)) return;
    event.preventDefault();
    axis.move((sideways * unit) / over.clientWidth);
  };

  const fingers = new Map<number, number>();
  const press = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') fingers.set(event.pointerId, event.clientX);
  };
  const lift = ({ pointerId }: PointerEvent): void => void fingers.delete(pointerId);
  const drag = ({ pointerId, clientX }: PointerEvent): void => {
    const before = fingers.get(pointerId);
    if (before === undefined) return;
    const [other] = [...fingers].filter(([id]) => id !== pointerId).map(([, x]) => x);
    fingers.set(pointerId, clientX);
    if (other === undefined) {
      axis.move((before - clientX) / over.clientWidth);
      return;
    }
    const [apart, was] = [Math.abs(clientX - other), Math.abs(before - other)];
    if (apart > 0 && was > 0) axis.zoom(was / apart, timeAt((clientX + other) / 2));
  };

  const ending = new AbortController();
  const { signal } = ending;
  over.addEventListener('wheel', wheel, { passive: false, signal });
  over.addEventListener('pointerdown', press, { signal });
  over.addEventListener('pointermove', drag, { signal });
  for (const kind of ['pointerup', 'pointercancel', 'pointerleave'] as const)
    over.addEventListener(kind, lift, { signal });
  return () => ending.abort();
}
