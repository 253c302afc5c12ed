/** Where files lie that never change. Names are `<app>/<file>`. */
export interface ArchiveStore {
  /** For people: a folder, or `s3://bucket/prefix`. */
  place: string;
  /** The names that begin so (`''`, `<app>/`, `<app>/<beginning of a file>`), in no order. */
  list: (prefix: string) => Promise<string[]>;
  /** Undefined when it is not there. */
  read: (name: string) => Promise<Buffer | undefined>;
  /** Wholly there or not at all, whenever the process dies; the same name again replaces it. */
  write: (name: string, bytes: Buffer) => Promise<void>;
}
