/** Which value of which file an event replaces. */
export interface Replacement {
  /** From the root of the repository. */
  file: string;
  by: 'yamlField' | 'jsonField' | 'HCLField' | 'regex';
  /** A path such as `$.containerDefinitions[0].image`, or a regular expression with one group. */
  field: string;
}

/** What a repository's files say is to be done when an event comes: `eventWatcher` of PipeCD (pipecd.md §1.4). */
export interface EventWatcher {
  /** The file in which it stands. */
  from: string;
  name: string;
  /** Must be the event's labels, neither more nor fewer. */
  labels: Record<string, string>;
  /** A template with `{{ .Value }}` and `{{ .EventName }}`. */
  commitMessage?: string;
  /** On a branch of its own, with a pull request that people merge. */
  makePullRequest: boolean;
  replacements: Replacement[];
}

/** `name web-image with labels env=prod`, for people. */
export function namedEvent({ name, labels }: Pick<EventWatcher, 'name' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `name ${name} ${pairs.length === 0 ? 'without labels' : `with labels ${pairs.sort().join(', ')}`}`;
}

/** Events of one name and the same labels are about the same thing: the newest of them counts. */
export function eventKey({ name, labels }: Pick<EventWatcher, 'name' | 'labels'>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
