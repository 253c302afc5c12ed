import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '../support/bundle.js';

/** A worker keeps one for each workflow that it caches: 2 MB is Temporal's own SDK with the source map, the rest is ours. */
const LARGEST = 3_000_000;

let code: string;
let modules: string[];

beforeAll(async () => {
  code = await readFile((await workflowBundle()).codePath, 'utf8');
  // Webpack names each module by its path.
  modules = [...code.matchAll(/^\/\*\*\*\/ "\.\/([^"]+)":?$/gm)].map(([, path]) => path ?? '');
});

const foldersOf = (paths: readonly string[]): string[] => [...new Set(paths.map((path) => path.split('/')[0] ?? ''))];

test('the workflow bundle stays small', () => {
  expect(code.length).toBeLessThan(LARGEST);
});

test('of packages the workflow bundle holds what Temporal needs: no zod, no yaml, no SDK', () => {
  const prefix = 'node_modules/';
  const packages = modules
    .filter((path) => path.startsWith(prefix))
    .map((path) => /^(@[^/]+\/)?[^/]+/.exec(path.slice(prefix.length))?.[0]);
  expect([...new Set(packages)].sort()).toEqual([
    '@temporalio/common',
    '@temporalio/workflow',
    'long',
    'ms',
    'nexus-rpc',
  ]);
});

test('of our own folders it holds those that are pure', () => {
  const ours = modules.filter((path) => /\.ts$/.test(path) && !path.startsWith('node_modules/'));
  expect(foldersOf(ours).sort()).toEqual(['analysis', 'model', 'workflows']);
});
