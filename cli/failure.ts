/** Exit codes of the command line (design, Contract). */
export const EXIT = {
  ok: 0,
  /** The deployment did not end SUCCEEDED, a control was refused, or the files have errors. */
  failed: 1,
  wrongUse: 2,
  /** The server cannot be reached, or cannot answer now. */
  unreachable: 3,
  /** It could not be told whether it is as it should be. */
  notJudged: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command: `message` says what is wrong, `fix` what to try, `exitCode` is for scripts. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}
