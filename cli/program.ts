import { Command, CommanderError } from 'commander';
import { addApprove } from './commands/approve.js';
import { addCancel } from './commands/cancel.js';
import { addChains } from './commands/chains.js';
import { addCompletion } from './commands/completion.js';
import { addDeploy } from './commands/deploy.js';
import { addDoctor } from './commands/doctor.js';
import { addDrift } from './commands/drift.js';
import { addEncrypt } from './commands/encrypt.js';
import { addEvent } from './commands/event.js';
import { addHold } from './commands/hold.js';
import { addInit } from './commands/init.js';
import { addInsights } from './commands/insights.js';
import { addJudge } from './commands/judge.js';
import { addLint } from './commands/lint.js';
import { addPause } from './commands/pause.js';
import { addPlan } from './commands/plan.js';
import { addReject } from './commands/reject.js';
import { addRelease } from './commands/release.js';
import { addRename } from './commands/rename.js';
import { addRepositories } from './commands/repositories.js';
import { addResume } from './commands/resume.js';
import { addRollback } from './commands/rollback.js';
import { addSkip } from './commands/skip.js';
import { addStatus } from './commands/status.js';
import { addTasks } from './commands/tasks.js';
import { addUp } from './commands/up.js';
import { addWatch } from './commands/watch.js';
import type { Context } from './context.js';
import { CommandFailure, EXIT, type ExitCode } from './failure.js';

/** A command: registers itself, and hands its exit code to `done` when it is not 0. */
export interface CommandHost {
  program: Command;
  context: Context;
  done: (code: ExitCode) => void;
}

/** All commands, with what they take. */
export function buildProgram(context: Context, done: CommandHost['done']): Command {
  const program = new Command('sluice')
    .description('Progressive delivery for Amazon ECS as Temporal workflows.')
    .helpCommand(false)
    .showHelpAfterError('(sluice COMMAND --help tells what it takes)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.say(text.trimEnd()),
    });
  const host: CommandHost = { program, context, done };
  for (const add of [
    addInit,
    addUp,
    addDeploy,
    addPlan,
    addDrift,
    addStatus,
    addWatch,
    addTasks,
    addApprove,
    addReject,
    addSkip,
    addPause,
    addResume,
    addCancel,
    addRollback,
    addHold,
    addRelease,
    addRename,
    addRepositories,
    addChains,
    addEvent,
    addEncrypt,
    addLint,
    addJudge,
    addInsights,
    addDoctor,
    addCompletion,
  ]) {
    add(host);
  }
  return program;
}

/**
 * Runs one command line.
 * @returns the exit code of the contract. Throws only what is a bug.
 */
export async function runCommand(args: string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  try {
    await buildProgram(context, (ended) => (code = ended)).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUse;
    if (!(error instanceof CommandFailure)) throw error;
    context.say(`sluice: ${error.message}${error.fix ? `\n${error.fix}` : ''}`);
    return error.exitCode;
  }
}
