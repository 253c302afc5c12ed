#!/usr/bin/env node
// The `sluice` command in a clone: runs what `npm run build` made.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(built)) {
  console.error('Sluice is not built yet: run `npm ci`, or `npm run build` where the dependencies are there.');
  process.exit(2);
}
const { main } = await import(built.href);
await main(process.argv.slice(2));
