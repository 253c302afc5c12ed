/** The same members, without those that were not written: optional members become absent instead of undefined. */
export type Written<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Drops the members that are undefined. */
export function written<T extends object>(members: T): Written<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Written<T>;
}
