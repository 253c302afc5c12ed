import { z } from 'zod';
import { parseDuration } from '../model/duration.js';
import type { Millis } from '../model/duration.js';

const NANOSECOND: Millis = 1e-6;

/**
 * A duration as PipeCD reads it: Go syntax (`1h2m3s`), or a bare number of nanoseconds (pipecd.md §1.0). Gives whole milliseconds;
 * what is above zero stays above zero. Negative durations are refused: PipeCD lets them pass and dies of them.
 */
export const duration = z
  .union([z.string(), z.number()], { error: 'must be a duration such as 1h2m3s' })
  .transform((written, context): Millis => {
    const ms = typeof written === 'number' ? written * NANOSECOND : parseDuration(written);
    const fix = 'Write a duration with units: 30s, 10m, 1h30m.';
    if (ms === undefined || !Number.isFinite(ms)) {
      context.issues.push({
        code: 'custom',
        input: written,
        message: `"${written}" is no duration`,
        params: { fix },
      });
      return z.NEVER;
    }
    if (ms < 0) {
      context.issues.push({ code: 'custom', input: written, message: 'must not be negative', params: { fix } });
      return z.NEVER;
    }
    return ms === 0 ? 0 : Math.max(1, Math.round(ms));
  });

/** A percentage as PipeCD reads it: `20`, `"20"` or `"20%"`, whole numbers only; kept to 0 to 100 here. */
export const percentage = z
  .union([z.string(), z.number()], { error: 'must be a percentage such as 20' })
  .transform((written, context): number => {
    const text = String(written);
    const share = /^\d+%?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
    if (share <= 100) return share;
    context.issues.push({
      code: 'custom',
      input: written,
      message: `"${text}" is no percentage`,
      params: { fix: 'Write a whole number from 0 to 100: 20, "20" or "20%".' },
    });
    return z.NEVER;
  });

/** A string where people may write a number or a truth value without quotes, as Go's YAML reader allows. */
export const text = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a string' })
  .transform((written) => String(written));

/** As `text`, where the API takes no empty string: an empty one counts as not written (ecs-alb-facts §6). */
export const filledText = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a string' })
  .transform((written) => (written === '' ? undefined : String(written)));
