/** Whether output may be coloured: not with NO_COLOR set (no-color.org) nor on a terminal that cannot. */
export function wantsColour(env: NodeJS.ProcessEnv = process.env): boolean {
  return !env.NO_COLOR && env.TERM !== 'dumb';
}

/** `TEMPORAL_ADDRESS`: the Temporal server that somebody else runs, `host:port`. */
export function temporalAddress(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.TEMPORAL_ADDRESS?.trim() || undefined;
}

/** The whole environment, as programs that are started inherit it. */
export function inherited(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env };
}
