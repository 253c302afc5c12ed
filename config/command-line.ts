/** Whether output may be coloured: not with NO_COLOR set (no-color.org) nor on a terminal that cannot. */
export function wantsColour(env: NodeJS.ProcessEnv = process.env): boolean {
  return !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Whether the terminal can go back to a line that it has shown. */
export function canRedraw(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.TERM !== 'dumb';
}

/** Whether the terminal shows more than ASCII: not where a locale is set that is not UTF-8, nor on Linux' console, whose fonts lack the marks. */
export function showsUnicode(env: NodeJS.ProcessEnv = process.env): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find(Boolean);
  return (locale === undefined || /utf-?8/i.test(locale)) && env.TERM !== 'linux';
}

/** `TEMPORAL_ADDRESS`: the Temporal server that somebody else runs, `host:port`. */
export function temporalAddress(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TEMPORAL_ADDRESS?.trim() || undefined;
}

/** The whole environment, as programs that are started inherit it. */
export function inherited(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env };
}
