import type { Progress } from '../model/delivery.js';

/** One command of a SCRIPT_RUN stage. */
export interface ScriptInput {
  /** Id of the row that shows it. */
  stage: string;
  run: string;
  /** A JSON object of environment variables, sealed. */
  sealedEnv?: string;
  /** What the script is told of its deployment: names without their `SR_`. */
  about: Record<string, string>;
  /** Epoch ms: the process is ended then. */
  deadline: number;
}

export interface ScriptActivities {
  /**
   * Runs a command on the worker and answers its output. Fails with FAILURE.stage when it ends otherwise than with 0 or is not over in
   * time. A worker that dies takes the process along, and the command is begun again elsewhere.
   */
  runScript(input: ScriptInput): Promise<Progress>;
}
