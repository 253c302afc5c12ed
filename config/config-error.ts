import { formatFinding } from '../model/finding.js';
import type { Finding } from '../model/finding.js';

/** The configuration cannot be used; the message has one line for each cause. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly findings: Finding[]) {
    super(findings.map(formatFinding).join('\n'));
  }
}
