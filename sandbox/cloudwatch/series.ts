/** Values by the starts of their periods (epoch ms), in order of time. */
export type Series = ReadonlyMap<number, number>;

/** What an expression is: a number, one series, or several with their labels. */
export type Value = number | Series | readonly Labelled[];

export interface Labelled {
  label: string;
  series: Series;
}

/** The stretch of time that is asked for, in whole periods: `[from, to)`, epoch ms. */
export interface Span {
  from: number;
  to: number;
  period: number;
}

export function isSeries(value: Value): value is Series {
  return value instanceof Map;
}

export function isSeveral(value: Value): value is readonly Labelled[] {
  return Array.isArray(value);
}

/** The starts of all periods of the span. */
export function periodsOf({ from, to, period }: Span): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / period)) }, (_, index) => from + index * period);
}
