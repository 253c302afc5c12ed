/** Where a repository lies: its host, and its path there without `.git`. @param remote as git is given it */
export function placeOf(remote: string): { host: string; path: string } {
  const [, host = '', path = ''] =
    /^(?:https?|ssh):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(remote) ??
    /^[^@/]+@([^:/]+):(.+?)(?:\.git)?\/?$/.exec(remote) ??
    [];
  return { host, path };
}
