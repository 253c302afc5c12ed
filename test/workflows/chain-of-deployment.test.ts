import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { release } from '../support/release.js';
import { until } from '../support/processes.js';
import { rollouts } from './rollouts.js';
import type { Rollout } from './rollouts.js';

const { world, start } = rollouts();

const CHAIN = { release: { ...release(), chain: [{ name: 'next' }] } };

/** How its chain ended, which finds nothing to deploy here; undefined when there is none. */
async function chainOf({ client, workflowId }: Rollout): Promise<unknown> {
  const handle = client.getHandle(workflowId.replace('deployment:', 'chain:'));
  try {
    // Not by its result, for which this server would let its clock run.
    await handle.describe();
    await until('the chain to end', async () => (await handle.describe()).status.name !== 'RUNNING');
    return (await handle.describe()).memo?.['chain'];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || (error as { code?: number }).code === 5) return undefined;
    throw error;
  }
}

test('one that was rolled back begins none', async () => {
  world.outcome = () => 'FAIL';
  const rollout = await start(CHAIN);
  expect((await rollout.result()).status).toBe('ROLLED_BACK');
  expect(await chainOf(rollout)).toBeUndefined();
});

test('one that is a part of a chain begins none of its own, and ends when its chain is gone', async () => {
  const rollout = await start({ ...CHAIN, chain: 'first-1' });
  expect(await rollout.result()).toMatchObject({ status: 'SUCCEEDED', chain: 'first-1' });
  expect(await chainOf(rollout)).toBeUndefined();
});

test('a rollback to an earlier version begins none', async () => {
  const rollout = await start({ ...CHAIN, rollbackTo: { deployment: 'shop-1', taskDefinitionArn: 'arn:task:1' } });
  expect((await rollout.result()).chain).toBeUndefined();
  expect(await chainOf(rollout)).toBeUndefined();
});

// The last one: after a chain has run, this server's clock stands still for other deployments.
test('a deployment that succeeded begins its chain', async () => {
  const rollout = await start(CHAIN);
  const { id, status, chain } = await rollout.result();
  expect([status, chain]).toEqual(['SUCCEEDED', id]);
  expect(await chainOf(rollout)).toMatchObject({
    id,
    app: 'shop',
    status: 'FAILED',
    blocks: [{ matcher: { name: 'next' } }],
  });
});
