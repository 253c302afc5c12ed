import { expect, test } from 'vitest';
import type { ArchiveStore } from '../../activities/archive/store.js';

/** What every store keeps to. The store must be empty before each test. */
export function keepsTheContract(store: () => ArchiveStore): void {
  test('an archive that nothing was written to is empty', async () => {
    expect(await store().list('')).toEqual([]);
    expect(await store().list('web/')).toEqual([]);
    expect(await store().read('web/01~a')).toBeUndefined();
  });

  test('what is written is read back as it was, and the same name again replaces it', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0, 255, 13, 10, 0x80]);
    await store().write('web/01~a', bytes);
    expect(await store().read('web/01~a')).toEqual(bytes);
    await store().write('web/01~a', Buffer.from('anew'));
    expect(String(await store().read('web/01~a'))).toBe('anew');
    expect(await store().list('')).toEqual(['web/01~a']);
    expect(await store().read('web/02~a')).toBeUndefined();
    await store().write('web/03~empty', Buffer.alloc(0));
    expect(await store().read('web/03~empty')).toEqual(Buffer.alloc(0));
  });

  test('names are listed by what they begin with', async () => {
    for (const name of ['web/01~a', 'web/02~b+c d', 'web-b/01~c']) await store().write(name, Buffer.from(name));
    expect((await store().list('')).sort()).toEqual(['web-b/01~c', 'web/01~a', 'web/02~b+c d']);
    expect((await store().list('web')).sort()).toEqual(['web-b/01~c', 'web/01~a', 'web/02~b+c d']);
    expect((await store().list('web/')).sort()).toEqual(['web/01~a', 'web/02~b+c d']);
    expect(await store().list('web/02~')).toEqual(['web/02~b+c d']);
    expect(await store().list('none/')).toEqual([]);
    expect(String(await store().read('web/02~b+c d'))).toBe('web/02~b+c d');
  });

  test('lists are whole, however long', async () => {
    const names = Array.from({ length: 1_100 }, (_, i) => `web/${String(i).padStart(4, '0')}~a`);
    const left = names.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const name of left) await store().write(name, Buffer.from('x'));
      }),
    );
    expect((await store().list('web/')).sort()).toEqual(names);
    expect((await store().list('')).length).toBe(1_100);
  }, 60_000);
}
