import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';

/** How a live page stands with its server. */
export type Connection = 'CONNECTING' | 'LIVE' | 'LOST' | 'OVER';

const TRY_AGAIN_MS = 2_000;

/**
 * Listens to server-sent events. A browser connects again by itself after a lost connection, and the server goes on after the last event
 * that it heard; what a browser gives up on (an answer that is no stream) is tried again here. While the page is not looked at it listens to nothing:
 * over HTTP/1.1 a browser has six connections to a host, and a few forgotten tabs would keep all others from loading.
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
          if (closed || source !== opened) return;
          if (answer === 'OVER') connection.value = 'OVER';
          else {
            connection.value = 'LOST';
            source = undefined;
            timer = setTimeout(follow, TRY_AGAIN_MS);
          }
        });
    };
  }

  function stop(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  /** Listens while somebody looks. */
  function follow(): void {
    if (document.visibilityState === 'hidden') stop();
    else if (!source && connection.value !== 'OVER') open();
  }

  follow();
  document.addEventListener('visibilitychange', follow);
  // A page that is kept for the way back may still be visible by its own account.
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', follow);
  return {
    connection,
    close() {
      closed = true;
      document.removeEventListener('visibilitychange', follow);
      window.removeEventListener('pagehide', stop);
      window.removeEventListener('pageshow', follow);
      stop();
    },
  };
}
