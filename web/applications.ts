import { signal } from '@preact/signals';
import type { ApplicationDocument, ApplicationsEvent } from '../model/wire.js';
import { ask } from './api.js';
import { listen } from './stream.js';
import type { Connection } from './stream.js';

/** All applications by name, kept up to date while the page is open; undefined until they are known. */
export const applications = signal<readonly ApplicationDocument[] | undefined>(undefined);
export const listConnection = signal<Connection>('CONNECTING');

let stop: (() => void) | undefined;

/** Begins to listen to the list; it goes on until `forgetApplications`, whichever page is shown. */
export function watchApplications(): void {
  if (stop) return;
  const stream = listen<ApplicationsEvent>(
    '/live/applications',
    ['list', 'changed'],
    take,
    () => false,
    async () => {
      await ask('GET', '/session');
      return 'TRY_AGAIN';
    },
  );
  const copied = stream.connection.subscribe((state) => (listConnection.value = state));
  stop = () => {
    copied();
    stream.close();
  };
}

/** At the end of a session. */
export function forgetApplications(): void {
  stop?.();
  stop = undefined;
  applications.value = undefined;
}

function take({ type, data }: ApplicationsEvent): void {
  if (type === 'list') {
    applications.value = data.applications;
    return;
  }
  const byName = new Map((applications.value ?? []).map((one) => [one.app, one]));
  for (const gone of data.gone) byName.delete(gone);
  for (const one of data.applications) byName.set(one.app, one);
  applications.value = [...byName.values()].toSorted((a, b) => (a.app < b.app ? -1 : 1));
}
