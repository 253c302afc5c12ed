import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';

/** How a live page stands with its server. */
export type Connection = 'CONNECTING' | 'LIVE' | 'LOST' | 'OVER';

const TRY_AGAIN_MS = 2_000;

/**
 * Listens to server-sent events. A browser connects again by itself after a lost connection, and the server goes on after the last event
 * that it heard; what a browser gives up on (an answer that is no stream) is tried again here.
 * @param isOver whether nothing can come any more: the server ends the stream then
 * @param gaveUp is asked whether there is anything left to come
 */
export function listen<E extends { type: string; data: unknown }>(
  path: string,
  types: readonly E['type'][],
  take: (event: E) => void,
  isOver: () => boolean,
  gaveUp: () => Promise<'OVER' | 'TRY_AGAIN'>,
): { connection: Signal<Connection>; close: () => void } {
  const connection = signal<Connection>('CONNECTING');
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function open(): void {
    const opened = new EventSource(`/api/v1${path}`);
    source = opened;
    opened.onopen = () => (connection.value = 'LIVE');
    for (const type of types) {
      opened.addEventListener(type, (event) => {
        connection.value = 'LIVE';
        take({ type, data: JSON.parse((event as MessageEvent<string>).data) as E['data'] } as E);
      });
    }
    opened.onerror = () => {
      if (closed) return;
      if (isOver()) {
        opened.close();
        connection.value = 'OVER';
        return;
      }
      if (connection.value !== 'CONNECTING') connection.value = 'LOST';
      if (opened.readyState !== EventSource.CLOSED) return;
      void gaveUp()
        .catch(() => 'TRY_AGAIN' as const)
        .then((answer) => {
          if (closed) return;
          if (answer === 'OVER') connection.value = 'OVER';
          else {
            connection.value = 'LOST';
            timer = setTimeout(open, TRY_AGAIN_MS);
          }
        });
    };
  }

  open();
  return {
    connection,
    close() {
      closed = true;
      clearTimeout(timer);
      source?.close();
    },
  };
}
