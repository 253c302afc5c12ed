import { signal } from '@preact/signals';

/** Epoch ms, once a second: what tells ages and times left. */
export const now = signal(Date.now());

setInterval(() => (now.value = Date.now()), 1_000);
