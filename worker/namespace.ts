import { msToTs } from '@temporalio/common/lib/time.js';
import type { NativeConnection } from '@temporalio/worker';
import { DAY } from '../model/duration.js';

/** gRPC's ALREADY_EXISTS: somebody else was first, which is as good. */
const ALREADY_EXISTS = 6;
const INDEXED_VALUE_TYPE = { KEYWORD: 2, KEYWORD_LIST: 7 } as const;

/** A search attribute, as `workflows/search-attributes.ts` names it. */
export interface SearchAttribute {
  name: string;
  type: keyof typeof INDEXED_VALUE_TYPE;
}

/**
 * Registers the search attributes that the workflows write. An attribute that is not registered would make each upsert fail its
 * workflow task for ever, so the worker does not poll before this is done.
 * @throws when the server refuses for another reason than that they exist.
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  attributes: readonly SearchAttribute[],
): Promise<void> {
  for (const { name, type } of attributes) {
    try {
      await connection.operatorService.addSearchAttributes({
        namespace,
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum lives in @temporalio/proto, no dependency of ours
        searchAttributes: { [name]: INDEXED_VALUE_TYPE[type] },
      });
    } catch (error) {
      if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
    }
  }
}

/** How long ended deployments can be read from their histories on a server of our own; its default is one day. */
const RETENTION = 90 * DAY;

/** Has a server of our own keep histories for 90 days. Somebody else's namespace is left as its owner set it. */
export async function keepHistories(connection: NativeConnection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
  });
}
