import { placeOf } from './repository-address.js';

/** Hosts whose pages of commits are known to lie at `/commit/` or `/-/commit/`. */
const PAGES: readonly [RegExp, string][] = [
  [/(^|\.)github\./, 'commit'],
  [/(^|\.)gitlab\./, '-/commit'],
];

/** The page of a commit, for GitHub and GitLab; undefined elsewhere. @param remote as git is given it */
export function commitUrl(remote: string, hash: string): string | undefined {
  const { host, path } = placeOf(remote);
  const page = PAGES.find(([pattern]) => pattern.test(host))?.[1];
  return page === undefined ? undefined : `https://${host}/${path}/${page}/${hash}`;
}
