import type { Logger, LogLevel } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger as Pino } from 'pino';

/** The process's log: one JSON line for each event, on standard output. */
export function createLog(): Pino {
  return pino({ name: 'worker' });
}

const LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's runtime writes into the same log. */
export function temporalLogger(log: Pino): Logger {
  const write = (level: LogLevel, message: string, meta: Record<string | symbol, unknown> = {}): void =>
    log[LEVEL[level]](meta, message);
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}
