import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { EventDocument } from '../../model/event-document.js';
import type { DeploymentDocument, RepositoryList } from '../../model/wire.js';
import { filesOf, shopOf, worldOf } from '../e2e/shop.js';
import type { Written } from '../e2e/shop.js';
import type { Stack } from '../e2e/stack.js';
import type { Origin } from '../git/served.js';
import { until } from '../support/processes.js';

const LIMIT = { timeout: 300_000 };
const WATCHED = ['web', 'api', 'mail'] as const;
/** Each is judged in a way of its own, by which it is named. */
const JUDGED: Readonly<Record<string, Written>> = {
  checkout: {
    analysis: { duration: '50s' },
    metric: { name: 'errors', expected: { max: 0.05 }, resolution: '1s' },
  },
  payments: {
    analysis: { duration: '40s' },
    metric: { name: 'errors', expected: { max: 0.05 }, resolution: '1s' },
  },
  orders: {
    example: 'baseline',
    analysis: { duration: '40s' },
    metric: { name: 'errors', tolerance: '50%', maxDelay: '20s' },
  },
  'orders-bad': {
    example: 'baseline',
    analysis: { duration: '40s' },
    metric: { name: 'errors', tolerance: '50%', maxDelay: '20s' },
  },
  profile: compared({
    strategy: 'PREVIOUS',
    metric: 'latency-p95',
    tolerance: '20%',
    name: 'p95',
    onNoPrevious: 'PASS',
  }),
  reports: compared({
    strategy: 'CANARY_PRIMARY',
    metric: 'latency-p95',
    test: 'MANN_WHITNEY',
    interval: '6s',
    tolerance: '30%',
    name: 'p95',
  }),
  search: compared({
    strategy: 'CANARY_PRIMARY',
    metric: 'latency-p95',
    deviation: 'EITHER',
    tolerance: '25%',
    name: 'p95',
  }),
  scarce: compared({ strategy: 'CANARY_PRIMARY', metric: 'http-5xx-rate', name: 'errors' }, '4s'),
  silent: { analysis: { duration: '8s' }, metric: { name: 'errors', expected: { max: 0.05 }, maxDelay: '8s' } },
  late: { analysis: { duration: '24s' }, metric: { name: 'errors', expected: { max: 0.05 }, interval: '3s' } },
};
const APPS = [...WATCHED, ...Object.keys(JUDGED), 'catalog', 'approval'];

const isWaiting = ({ status }: DeploymentDocument): boolean => status === 'WAITING_APPROVAL';

/** A metric without the example's query. */
function compared(metric: Record<string, unknown>, duration = '30s'): Written {
  const interval = { interval: '2s', resolution: '1s' };
  return { analysis: { duration }, metric: { query: undefined, expected: undefined, ...interval, ...metric } };
}

/** Four times the requests of the tests, so that a share of them is a line and no row of spikes. */
export const WORLD = {
  ...worldOf(APPS, { baseline: ['orders', 'orders-bad'] }),
  traffic: { requestsPerSecond: 400 * APPS.length },
};

function written(app: string): Written {
  const own = JUDGED[app] ?? {};
  if (app === 'silent') {
    // Its canary gets no requests before it is judged.
    return {
      ...own,
      stages: (stages) =>
        stages.filter(({ name, with: given }) => name !== 'ECS_TRAFFIC_ROUTING' || given?.['primary'] === 100),
    };
  }
  if (app !== 'approval') return own;
  return { stages: (stages) => stages.map((stage) => (stage.name === 'ANALYSIS' ? { name: 'WAIT_APPROVAL' } : stage)) };
}

const filesFor = (app: string): Record<string, string> => {
  const files = filesOf(shopOf(app), written(app));
  return { ...files, 'taskdef.yaml': withImage(files['taskdef.yaml'] ?? '', 'web:1') };
};

function withImage(text: string, image: string): string {
  const task = parse(text) as { containerDefinitions: { image: string }[] };
  for (const container of task.containerDefinitions) container.image = image;
  return stringify(task);
}

function watchedFiles(image: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const app of WATCHED) {
    const own = filesFor(app);
    const file = parse(own['app.pipecd.yaml'] ?? '') as { spec: Record<string, unknown> };
    file.spec['pipeline'] = undefined;
    if (app === 'web') {
      file.spec['postSync'] = { chain: { applications: [{ name: 'api' }, { name: 'mail' }] } };
      file.spec['eventWatcher'] = [
        {
          matcher: { name: 'image-update', labels: { app: 'web' } },
          handler: {
            type: 'GIT_UPDATE',
            config: { replacements: [{ file: 'taskdef.yaml', yamlField: '$.containerDefinitions[0].image' }] },
          },
        },
      ];
    } else file.spec['trigger'] = { onChain: { disabled: false } };
    own['app.pipecd.yaml'] = stringify(file);
    if (app === 'web') own['taskdef.yaml'] = withImage(own['taskdef.yaml'] ?? '', image);
    for (const [name, text] of Object.entries(own)) files[`apps/${app}/${name}`] = text;
  }
  return files;
}

/** The states, by the order in which they can be had. */
export function statesOf({ deploy, ends, sandbox, ask, reaches }: Stack, origin: Origin) {
  const judged = async (app: string, image: string): Promise<DeploymentDocument> =>
    ends(await deploy(app, filesFor(app), { image }));

  return {
    /** The first version of each application; those of the repository by its commits. */
    async begin(): Promise<void> {
      await sandbox.fault({ kind: 'version', image: 'web:1', errorRate: 0.004 });
      await sandbox.fault({ kind: 'version', image: 'web:2', errorRate: 0.005 });
      await sandbox.fault({ kind: 'version', image: 'web:3', errorRate: 0.004 });
      await sandbox.fault({ kind: 'version', image: 'bad:1', errorRate: 0.02 });
      await origin.push(watchedFiles('web:1'), 'Deploy the shop');
      const own = APPS.filter((app) => !WATCHED.some((watched) => watched === app));
      const first = await Promise.all(own.map((app) => deploy(app, filesFor(app))));
      for (const id of first) await ends(id);
      await until(
        'the repository to be deployed',
        async () => {
          const { repositories } = (await ask('GET', '/repositories')).body as RepositoryList;
          const files = repositories[0]?.applications ?? [];
          return files.length === WATCHED.length && files.every(({ deployment }) => deployment !== undefined);
        },
        LIMIT,
      );
    },
    /** A chain that follows web, drift of catalog, one that waits for an approval, and an event that became a commit. */
    async around(): Promise<void> {
      await ask('POST', '/events', { name: 'image-update', data: 'web:2', labels: { app: 'web' } });
      const { services } = await sandbox.state();
      const settings = { region: 'eu-central-1', endpoint: sandbox.url };
      const credentials = { accessKeyId: '123456789012', secretAccessKey: 'somebody' };
      const cluster = services.find(({ name }) => name === 'catalog')?.cluster;
      const client = new ECSClient({ ...settings, credentials });
      await client.send(new UpdateServiceCommand({ cluster, service: 'catalog', desiredCount: 3 }));
      await ask('POST', '/applications/catalog/drift', {});
      const waiting = await deploy('approval', filesFor('approval'), { image: 'web:2' });
      await reaches(waiting, 'its approval', isWaiting);
      await until(
        'the event to be a commit',
        async () =>
          ((await ask('GET', '/events')).body as { events: EventDocument[] }).events.some(
            ({ status }) => status === 'HANDLED',
          ),
        LIMIT,
      );
    },
    /** Every way of judging, to its end. Begins before what is looked at while it runs. */
    async judge(): Promise<void> {
      const ending = new AbortController();
      const moving = Promise.all(['web:1', 'web:2', 'web:3'].map((image) => moveLatency(image, ending.signal)));
      await Promise.all([
        ...['orders', 'search', 'reports', 'silent'].map((app) => judged(app, 'web:2')),
        judged('orders-bad', 'bad:1'),
        // Too little is no verdict: people are asked.
        deploy('scarce', filesFor('scarce'), { image: 'web:2' }).then((id) => reaches(id, 'its question', isWaiting)),
        judged('profile', 'web:2').then(() => judged('profile', 'web:3')),
      ]);
      ending.abort();
      await moving;
    },
    /** One that begins well and becomes bad, to its end. */
    async goBad(): Promise<string> {
      const id = await deploy('payments', filesFor('payments'), { image: 'pay:2' });
      await until('some good windows', async () => ((await measured(id)) >= 6 ? true : undefined), LIMIT);
      await sandbox.fault({ kind: 'version', image: 'pay:2', errorRate: 0.3 });
      await ends(id);
      return id;
    },
    /** Running, with so many windows judged. */
    async running(app: string, windows: number): Promise<string> {
      const id = await deploy(app, filesFor(app), { image: 'web:2' });
      await until(
        `${windows} windows of ${app}`,
        async () => ((await measured(id)) >= windows ? true : undefined),
        LIMIT,
      );
      return id;
    },
    /** The files of an application, for the page that plans. */
    filesFor,
  };

  /** Lets a version's answers take another time each second: a latency is never a flat line. */
  async function moveLatency(image: string, ended: AbortSignal): Promise<void> {
    let last: string | undefined;
    while (!ended.aborted) {
      const next = await sandbox.fault({ kind: 'version', image, responseMillis: 150 + Math.random() * 40 });
      if (last !== undefined) await fetch(`${sandbox.url}/_sandbox/faults/${last}`, { method: 'DELETE' });
      last = next;
      await sleep(1_000);
    }
  }

  async function measured(id: string): Promise<number> {
    const { analysis } = (await ask('GET', `/deployments/${id}`)).body as DeploymentDocument;
    return analysis[0]?.measurements.length ?? 0;
  }
}
