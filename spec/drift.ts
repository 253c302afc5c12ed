import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { DRIFT_PARTS, readIgnoredField, type DriftSettings } from '../model/drift.js';

/** `spec.driftDetection` (pipecd.md §1.1). */
export const driftFields = z.object({ ignoreFields: z.array(z.string()).optional() });

/** What to leave out when what runs is compared. In PipeCD the list works for Kubernetes alone. */
export function readDrift(reader: Reader, fields: z.output<typeof driftFields> | undefined): DriftSettings {
  const ignoreFields = fields?.ignoreFields ?? [];
  for (const [i, text] of ignoreFields.entries()) {
    if (readIgnoredField(text)) continue;
    reader.warning(
      ['spec', 'driftDetection', 'ignoreFields', i],
      `"${text}" names no field of an ECS application and ignores nothing`,
      `Write one of ${DRIFT_PARTS.join(', ')}, a # and the field as \`sluice drift\` shows it: service#desiredCount.`,
    );
  }
  return { ignoreFields };
}
