import { z } from 'zod';
import type { Call } from '../../sandbox/panel/calls.js';
import type { ShownState } from '../../sandbox/panel/shown-state.js';
import type { Shop } from './shop.js';

const groupsSchema = z.array(z.object({ TargetGroupArn: z.string(), Weight: z.coerce.number() }));
const actionsSchema = z
  .array(z.looseObject({ ForwardConfig: z.looseObject({ TargetGroups: groupsSchema }).optional() }))
  .optional();
const parametersSchema = z.looseObject({
  service: z.string().optional(),
  serviceName: z.string().optional(),
  family: z.string().optional(),
  ListenerArn: z.string().optional(),
  RuleArn: z.string().optional(),
  DefaultActions: actionsSchema,
  Actions: actionsSchema,
  scale: z.object({ value: z.number() }).optional(),
  loadBalancers: z.array(z.object({ targetGroupArn: z.string() })).optional(),
});

/** The changes of a first deployment, of a canary that is promoted, and of one that its ANALYSIS rolls back: each once, in this order. */
export const FIRST = [
  'RegisterTaskDefinition',
  'CreateService',
  'CreateTaskSet 100 % blue',
  'UpdateServicePrimaryTaskSet',
];
export const TO_ANALYSIS = ['RegisterTaskDefinition', 'CreateTaskSet 30 % green', 'ModifyListener 80/20'];
export const PROMOTED = [
  ...TO_ANALYSIS,
  'CreateTaskSet 100 % blue',
  'UpdateServicePrimaryTaskSet',
  'UpdateTaskSet 0 %',
  'ModifyListener 100/0',
  'DeleteTaskSet',
  'DeleteTaskSet',
];
/** The same of one with a baseline, which is as large as the canary and gets as much. */
export const PROMOTED_BESIDE_BASELINE = [
  'RegisterTaskDefinition',
  'CreateTaskSet 30 % green',
  'CreateTaskSet 30 % white',
  'ModifyListener 60/20/20',
  ...PROMOTED.slice(TO_ANALYSIS.length, -3),
  'ModifyListener 100/0/0',
  'DeleteTaskSet',
  'DeleteTaskSet',
  'DeleteTaskSet',
];
export const ROLLED_BACK = [...TO_ANALYSIS, 'ModifyListener 100/0', 'DeleteTaskSet'];

/** The changes of one application that took effect, in words without ids. */
export function changesOf(calls: readonly Call[], shop: Shop): string[] {
  return calls.flatMap((call) => {
    const parameters = parametersSchema.parse(call.parameters);
    return call.applied && isOf(shop, parameters) ? [inWords(call.operation, parameters, shop)] : [];
  });
}

/** Changes of one application that took effect more than once with the same parameters since the beginning. */
export function repeated(calls: readonly Call[], shop: Shop): string[] {
  const seen = new Set<string>();
  return calls.flatMap((call) => {
    if (!call.applied || !isOf(shop, parametersSchema.parse(call.parameters))) return [];
    // Weights go back and forth from one deployment to the next.
    if (call.operation === 'ModifyListener') return [];
    const key = `${call.operation} ${JSON.stringify(call.parameters)}`;
    if (seen.has(key)) return [key];
    seen.add(key);
    return [];
  });
}

type Parameters = z.infer<typeof parametersSchema>;

function isOf({ app }: Shop, { service, serviceName, family, ListenerArn, RuleArn }: Parameters): boolean {
  const place = ListenerArn ?? RuleArn;
  return place === undefined ? (service ?? serviceName ?? family) === app : place.includes(`/app/${app}/`);
}

function inWords(operation: string, parameters: Parameters, shop: Shop): string {
  const words = [operation];
  if (parameters.scale) words.push(`${parameters.scale.value} %`);
  const [balancer] = parameters.loadBalancers ?? [];
  if (balancer) words.push(colourOf(shop, balancer.targetGroupArn));
  for (const { ForwardConfig } of parameters.DefaultActions ?? parameters.Actions ?? []) {
    const groups = ForwardConfig?.TargetGroups.map(({ TargetGroupArn, Weight }) => [TargetGroupArn, Weight] as const);
    words.push(weightsInWords(shop, Object.fromEntries(groups ?? [])));
  }
  return words.join(' ');
}

function colourOf({ blue, white }: Shop, group: string | undefined): string {
  if (group === blue) return 'blue';
  return group === white ? 'white' : 'green';
}

/** `80/20`; with the third group, where the rule names it, `60/20/20`. */
function weightsInWords({ blue, green, white }: Shop, weights: Readonly<Record<string, number>>): string {
  const named = white !== undefined && white in weights ? [blue, green, white] : [blue, green];
  return named.map((arn) => weights[arn] ?? '-').join('/');
}

/** What stands of one application: the task sets that are not on their way out, the weights of its rules, its registered revisions. */
export function standing(state: ShownState, shop: Shop): { sets: string[]; weights: string[]; revisions: number } {
  const { app } = shop;
  return {
    sets: state.taskSets
      .filter(({ service, status }) => service === app && status !== 'DRAINING')
      .map(({ status, images, scale, targetGroup }) =>
        [status, images.join(), `${scale} %`, colourOf(shop, targetGroup)].join(' '),
      ),
    weights: state.rules
      .filter(({ listener }) => listener.includes(`/app/${app}/`))
      .map(({ weights }) => weightsInWords(shop, weights)),
    revisions: state.taskDefinitions.filter(({ family }) => family === app).length,
  };
}
