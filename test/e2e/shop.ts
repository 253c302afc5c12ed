import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../cli/package-root.js';
import type { WorldInput } from '../../sandbox/world.js';

type Action = NonNullable<
  NonNullable<WorldInput['loadBalancers']>[number]['listeners']
>[number]['defaultActions'][number];

const PLACE = 'eu-central-1:123456789012';
const ELB = `arn:aws:elasticloadbalancing:${PLACE}`;
/** 200 times faster than AWS: a task starts in an eighth of a second, a bucket of the metrics lasts the one second that it cannot go below. */
export const SPEED = 200;

/** What AWS has of one application in these tests: a load balancer and target groups of its own. */
export interface Shop {
  app: string;
  blue: string;
  green: string;
  /** For a baseline; only shops that are given one have it. */
  white?: string;
  hostname: string;
}

/** The application of this name. */
export function shopOf(app: string): Required<Shop> {
  const group = (side: string): string => `${ELB}:targetgroup/${app}-${side}/${idOf(`${app} ${side}`)}`;
  return {
    app,
    blue: group('blue'),
    green: group('green'),
    white: group('white'),
    hostname: `${app}-lb-1234567890.eu-central-1.elb.amazonaws.com`,
  };
}

function idOf(words: string): string {
  return createHash('sha256').update(words).digest('hex').slice(0, 16);
}

/** A weighted forward action over the shop's pair. */
export function pairAction({ blue, green }: Shop, stickySeconds?: number): Action {
  return {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: blue, Weight: 100 },
        { TargetGroupArn: green, Weight: 0 },
      ],
      ...(stickySeconds !== undefined && {
        TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: stickySeconds },
      }),
    },
  };
}

/** The same over three groups. */
function threeGroupAction(shop: Required<Shop>, stickySeconds?: number): Action {
  const pair = pairAction(shop, stickySeconds);
  const TargetGroups = [...(pair.ForwardConfig?.TargetGroups ?? []), { TargetGroupArn: shop.white, Weight: 0 }];
  return { ...pair, ForwardConfig: { ...pair.ForwardConfig, TargetGroups } };
}

/**
 * A world with a load balancer for each application. `sticky` ones bind clients for an hour of AWS's time, `idle` ones get no
 * requests: the others' counters are then not spoilt by what is asked before a first deployment. Those of `baseline` have a third
 * group; `true` means all.
 */
export function worldOf(
  apps: readonly string[],
  {
    sticky = [],
    idle = [],
    baseline = false,
  }: { sticky?: readonly string[]; idle?: readonly string[]; baseline?: boolean | readonly string[] } = {},
): WorldInput {
  const shops = apps.map(shopOf);
  const hasThree = (app: string): boolean => (typeof baseline === 'boolean' ? baseline : baseline.includes(app));
  const action = (shop: Required<Shop>, stickySeconds?: number): Action =>
    (hasThree(shop.app) ? threeGroupAction : pairAction)(shop, stickySeconds);
  return {
    loadBalancers: shops.map((shop) => ({
      name: shop.app,
      dnsName: shop.hostname,
      listeners: [
        {
          defaultActions: [action(shop, sticky.includes(shop.app) ? 3600 : undefined)],
          ...(idle.includes(shop.app) && { share: 0 }),
        },
      ],
    })),
    targetGroups: shops.flatMap(({ app, blue, green, white }) => [
      { arn: blue },
      { arn: green },
      ...(hasThree(app) ? [{ arn: white }] : []),
    ]),
    // Enough for each application's groups to have whole requests in each bucket.
    traffic: { requestsPerSecond: 100 * (apps.length - idle.length) },
  };
}

/** A stage of the application file as it is written there. */
export interface WrittenStage {
  name: string;
  with?: Record<string, unknown>;
}

interface ApplicationFile {
  spec: {
    name: string;
    input: {
      targetGroups: Record<'primary' | 'canary', { targetGroupArn: string }> & {
        baseline?: { targetGroupArn: string };
      };
    };
    pipeline: { stages: WrittenStage[] };
  };
}

/** How the files of a shop differ from the example's. */
export interface Written {
  /** Which of the examples; `canary` unless given. */
  example?: 'canary' | 'bluegreen' | 'baseline';
  /** Members of the ANALYSIS stage's `with` and of its only metric; undefined takes one away. */
  analysis?: Record<string, unknown>;
  metric?: Record<string, unknown>;
  /** Changes the stages at will. */
  stages?: (stages: WrittenStage[]) => WrittenStage[];
}

/** The three files of an application: the example's, with the shop's names and an ANALYSIS of three windows of 2 s. */
export function filesOf({ app, blue, green, white, hostname }: Shop, written: Written = {}): Record<string, string> {
  const { example = 'canary', analysis = {}, metric = {} } = written;
  const folder = join(packageRoot(), 'examples', example);
  const read = (name: string): unknown => parse(readFileSync(join(folder, name), 'utf8')) as unknown;
  const file = read('app.pipecd.yaml') as ApplicationFile;
  file.spec.name = app;
  const { primary, canary, baseline } = file.spec.input.targetGroups;
  primary.targetGroupArn = blue;
  canary.targetGroupArn = green;
  if (baseline && white !== undefined) baseline.targetGroupArn = white;
  for (const stage of file.spec.pipeline.stages) {
    if (stage.name !== 'ANALYSIS') continue;
    const [first] = stage.with?.['metrics'] as Record<string, unknown>[];
    stage.with = {
      duration: '6s',
      ...analysis,
      metrics: [
        {
          ...first,
          ...(first?.['query'] !== undefined && { query: errorShare(hostname, green) }),
          maxDelay: '20s',
          ...metric,
        },
      ],
    };
  }
  if (written.stages) file.spec.pipeline.stages = written.stages(file.spec.pipeline.stages);
  return {
    'app.pipecd.yaml': stringify(file),
    'servicedef.yaml': stringify({ ...(read('servicedef.yaml') as object), serviceName: app }),
    'taskdef.yaml': stringify({ ...(read('taskdef.yaml') as object), family: app }),
  };
}

/** The share of the requests to a target group that ended in an error of the application. */
export function errorShare(hostname: string, group: string): string {
  const filter = `{env:prd,hostname:${hostname},targetgroup:${group.split(':').at(-1) ?? ''}}`;
  const sum = (metric: string): string => `sum:aws.applicationelb.${metric}${filter}.as_count()`;
  return `${sum('httpcode_target_5xx')} / ${sum('request_count')}`;
}
