import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { text } from '../document/scalars.js';
import type { ChainMatcher } from '../model/chain.js';

/** `spec.postSync` (pipecd.md §1.1). */
export const postSyncFields = z.object({
  chain: z
    .object({
      applications: z
        .array(
          z.object({
            name: z.string().optional(),
            kind: z.string().optional(),
            labels: z.record(z.string(), text).optional(),
          }),
        )
        .min(1),
    })
    .optional(),
});

const OUR_KINDS = ['ECS', 'ECSApp', 'Application'];

/** The blocks of the chain that follows a good deployment; none without one. */
export function readChain(reader: Reader, fields: z.output<typeof postSyncFields> | undefined): ChainMatcher[] {
  const path = ['spec', 'postSync', 'chain', 'applications'];
  return (fields?.chain?.applications ?? []).flatMap(({ name, kind, labels }, i): ChainMatcher[] => {
    if (kind !== undefined && !OUR_KINDS.some((ours) => ours.toLowerCase() === kind.toLowerCase())) {
      const message = `no application of kind ${kind} is deployed by Sluice`;
      reader.error([...path, i, 'kind'], message, 'Write ECS, or delete it.');
      return [];
    }
    const few = name === undefined && kind === undefined && Object.keys(labels ?? {}).length === 0;
    if (few) reader.error([...path, i], 'which applications are meant is missing', 'Write name, or labels.');
    return [{ ...(name !== undefined && { name }), ...(labels && { labels }) }];
  });
}
