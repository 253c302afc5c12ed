import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** Decodes payloads that came raw (heartbeats, history events) with the client's own codecs and converter. */
export async function decodePayloads(client: Client, payloads: Payload[] | null | undefined): Promise<unknown[]> {
  if (!payloads || payloads.length === 0) return [];
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let decoded = payloads;
  // The last codec was applied last, so it comes off first.
  for (const codec of [...payloadCodecs].reverse()) decoded = await codec.decode(decoded);
  return decoded.map((payload) => payloadConverter.fromPayload<unknown>(payload));
}
