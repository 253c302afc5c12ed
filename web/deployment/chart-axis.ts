import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

/** Epoch seconds. */
export interface Range {
  from: number;
  to: number;
}

/** Nobody needs to see less at once: no source has buckets shorter than a second. */
const SHORTEST = 5;

/** The part of `whole` that is `range` made as many times as long about an instant, which keeps its place; undefined when that is all. */
export function zoomed(range: Range, whole: Range, factor: number, about: number): Range | undefined {
  const length = range.to - range.from;
  const wanted = Math.max(length * factor, Math.min(SHORTEST, whole.to - whole.from));
  if (wanted >= whole.to - whole.from) return undefined;
  const share = length > 0 ? (about - range.from) / length : 0.5;
  const from = about - share * wanted;
  return within({ from, to: from + wanted }, whole);
}

/** A range moved into `whole`, as long as it was; undefined when it is no shorter. */
export function within({ from, to }: Range, whole: Range): Range | undefined {
  const length = to - from;
  if (length >= whole.to - whole.from) return undefined;
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  return { from: start, to: start + length };
}

/** The time that several charts have in common: whoever zooms or moves one of them does so with all. */
export interface TimeAxis {
  /** Different on each page: cursors of one key move together. */
  key: string;
  /** From the first to the last time of any of its charts. */
  whole: ReadonlySignal<Range>;
  /** What the reader chose to see; undefined when that is all. */
  chosen: ReadonlySignal<Range | undefined>;
  /** Tells what a chart has; undefined when the chart is gone. */
  tell: (chart: object, has: Range | undefined) => void;
  /** @param about an instant that keeps its place; the middle unless it is given */
  zoom: (factor: number, about?: number) => void;
  /** @param share of what is seen, to the right when above zero */
  move: (share: number) => void;
  show: (range: Range | undefined) => void;
}

let made = 0;

/** An axis of its own, for charts that are to be seen together. */
export function timeAxis(): TimeAxis {
  const parts = signal<ReadonlyMap<object, Range>>(new Map());
  const chosen = signal<Range | undefined>(undefined);
  const whole = computed((): Range => {
    const all = [...parts.value.values()];
    if (all.length === 0) return { from: 0, to: 1 };
    return { from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
  });
  const seen = (): Range => chosen.peek() ?? whole.peek();
  return {
    key: `time-${++made}`,
    whole,
    chosen,
    tell: (chart, has) => {
      const known = parts.peek().get(chart);
      if (known?.from === has?.from && known?.to === has?.to) return;
      const next = new Map(parts.peek());
      if (has) next.set(chart, has);
      else next.delete(chart);
      parts.value = next;
    },
    zoom: (factor, about) => {
      const range = seen();
      chosen.value = zoomed(range, whole.peek(), factor, about ?? (range.from + range.to) / 2);
    },
    move: (share) => {
      const range = chosen.peek();
      if (!range) return;
      const { from, to } = whole.peek();
      const by = Math.max(from - to, Math.min(to - from, (range.to - range.from) * share));
      chosen.value = within({ from: range.from + by, to: range.to + by }, whole.peek());
    },
    show: (range) => {
      chosen.value = range && zoomed(range, whole.peek(), 1, range.from);
    },
  };
}
