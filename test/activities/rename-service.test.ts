import { DescribeServicesCommand, DescribeTaskSetsCommand, ECSClient, type Tag } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NEW, OLD, operations, releaseOf, startWorld, type World } from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const { service } = releaseOf(OLD);

/** The owners by the tags: of the service, then of its task sets. */
async function owners(): Promise<(string | undefined)[]> {
  const ecs = new ECSClient({ region: 'eu-central-1' });
  const { cluster, serviceName } = service;
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [serviceName], include: ['TAGS'] }),
  );
  const { taskSets = [] } = await ecs.send(
    new DescribeTaskSetsCommand({ cluster, service: serviceName, include: ['TAGS'] }),
  );
  ecs.destroy();
  const ownerOf = ({ tags = [] }: { tags?: Tag[] | undefined }): string | undefined =>
    tags.find(({ key }) => key === 'sluice:application')?.value;
  return [...services, ...taskSets.filter(({ status }) => status !== 'DRAINING')].map(ownerOf);
}

const rename = (from: string, to: string): Promise<unknown> =>
  world.act('renameService', { release: releaseOf(NEW), from, to });

it('gives the service and its task sets to the new name, once, and the old name cannot deploy any more', async () => {
  await world.standing(OLD);
  await world.forgetCalls();
  await rename('shop', 'store');
  expect(operations(await world.changes())).toEqual(['TagResource', 'TagResource']);
  expect(await owners()).toEqual(['store', 'store']);
  await rename('shop', 'store');
  expect(await world.changes()).toHaveLength(2);

  await expect(world.start(releaseOf(NEW))).rejects.toThrow('belongs to application "store"');
  const handle = await world.start(releaseOf(NEW, { app: 'store' }));
  await world.advance(handle, { at: 'SYNCED' });
  await world.act('finish', { handle });
  expect(await owners()).toEqual(['store', 'store']);
});

it('finds what an answer that was lost has done, and what a refusal has left is given back', async () => {
  await world.standing(OLD);
  await world.fault({ kind: 'api', operation: 'TagResource', mode: 'loseAnswer', times: 1 });
  await rename('shop', 'store');
  expect(await owners()).toEqual(['store', 'store']);
  await world.heal();

  await world.fault({
    kind: 'api',
    operation: 'TagResource',
    mode: 'error',
    status: 400,
    code: 'AccessDeniedException',
    before: true,
  });
  await expect(rename('store', 'shop')).rejects.toThrow(/AWS does not allow it.*iam-policy\.json/);
  expect(await owners()).toEqual(['store', 'store']);
});

it('leaves what is somebody else’s, and a service that is not there', async () => {
  await rename('shop', 'store');
  expect(await world.changes()).toEqual([]);
  await world.standing(OLD, releaseOf(OLD, { app: 'rival' }));
  await world.forgetCalls();
  await rename('shop', 'store');
  expect(await world.changes()).toEqual([]);
  expect(await owners()).toEqual(['rival', 'rival']);
});
