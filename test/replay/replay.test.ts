import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { workflowBundle } from '../support/bundle.js';
import { HISTORIES } from './record.js';

const { History } = temporal.api.history.v1;

function* histories(
  names: readonly string[],
): Generator<{ workflowId: string; history: temporal.api.history.v1.History }> {
  for (const name of names) {
    yield { workflowId: name, history: History.decode(gunzipSync(readFileSync(join(HISTORIES, name)))) };
  }
}

test('a change of the workflows breaks no deployment that runs: every stored history replays', async () => {
  const names = readdirSync(HISTORIES).filter((name) => name.endsWith('.pb.gz'));
  expect(names.some((name) => name.includes('deployment'))).toBe(true);
  expect(names.some((name) => name.includes('analysis'))).toBe(true);
  expect(names.some((name) => name.includes('application'))).toBe(true);

  expect(names.some((name) => name.includes('repository'))).toBe(true);
  expect(names.some((name) => name.includes('event-watcher'))).toBe(true);
  expect(names.some((name) => name.endsWith('-drift.pb.gz'))).toBe(true);

  const failed: string[] = [];
  let replayed = 0;
  for await (const result of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories(names))) {
    replayed += 1;
    if (result.error) failed.push(`${result.workflowId}: ${result.error.message}`);
  }
  expect(failed).toEqual([]);
  expect(replayed).toBe(names.length);
});
