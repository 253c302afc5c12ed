import { z } from 'zod';
import { duration, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { HOUR } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { ScriptStage } from '../model/stage.js';

export const SCRIPT_TIMEOUT = 6 * HOUR;
/** Of the command: it stands in each copy of the release. */
const LONGEST = 16 * 1024;

const command = z
  .string()
  .max(LONGEST, { error: `must be at most ${LONGEST} characters: keep a longer one in a file` });

export const scriptShape = z.object({
  run: command,
  env: z.record(z.string(), text).optional(),
  timeout: duration.optional(),
  onRollback: command.optional(),
  skipOn: z.unknown().optional(),
});

/** What a script is read against. */
export interface ScriptContext {
  /** Whether the server lets scripts run; undefined when no server's configuration is at hand. */
  scriptsAllowed: boolean | undefined;
  seal: (plain: string) => string;
}

/** A SCRIPT_RUN stage but for what all stages have (pipecd.md §1.3). `timeout` is the stage's own, when it gives one. */
export function readScript(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  { scriptsAllowed, seal }: ScriptContext,
): Omit<ScriptStage, 'id' | 'desc' | 'skipOn'> | undefined {
  const fields = reader.read(scriptShape, value, path);
  if (!fields) return undefined;
  if (fields.run.trim() === '')
    reader.error([...path, 'run'], 'run is empty', 'Write the command, or delete the stage.');
  for (const name of Object.keys(fields.env ?? {})) {
    if (/^[A-Za-z_]\w*$/.test(name)) continue;
    const fix = 'Write letters, digits and underscores, not beginning with a digit.';
    reader.error([...path, 'env', name], `"${name}" cannot be the name of a variable`, fix);
  }
  if (scriptsAllowed === false) {
    const message = 'this server runs no scripts: a command would have the rights of its worker';
    reader.error(path.slice(0, -1), message, 'Have its operator set spec.allowScripts: true, or delete the stage.');
  }
  const own = reader.durationOr(timeout ?? SCRIPT_TIMEOUT, fields.timeout, [...path, 'timeout']);
  const { env, onRollback } = fields;
  return {
    name: 'SCRIPT_RUN',
    timeout: Math.min(own, timeout ?? own),
    run: fields.run,
    ...(env && Object.keys(env).length > 0 && { sealedEnv: seal(JSON.stringify(env)) }),
    ...(onRollback !== undefined && onRollback.trim() !== '' && { onRollback }),
  };
}
