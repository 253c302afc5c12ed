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
  if (balancer) words.push(balancer.targetGroupArn === shop.blue ? 'blue' : 'green');
  for (const { ForwardConfig } of parameters.DefaultActions ?? parameters.Actions ?? []) {
    const weightOf = (arn: string): number | undefined =>
      ForwardConfig?.TargetGroups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight;
    words.push(`${weightOf(shop.blue) ?? '-'}/${weightOf(shop.green) ?? '-'}`);
  }
  return words.join(' ');
}

/** What stands of one application: the task sets that are not on their way out, the weights of its rules, its registered revisions. */
export function standing(
  state: ShownState,
  { app, blue, green }: Shop,
): { sets: string[]; weights: string[]; revisions: number } {
  return {
    sets: state.taskSets
      .filter(({ service, status }) => service === app && status !== 'DRAINING')
      .map(({ status, images, scale, targetGroup }) =>
        [status, images.join(), `${scale} %`, targetGroup === blue ? 'blue' : 'green'].join(' '),
      ),
    weights: state.rules
      .filter(({ listener }) => listener.includes(`/app/${app}/`))
      .map(({ weights }) => `${weights[blue] ?? '-'}/${weights[green] ?? '-'}`),
    revisions: state.taskDefinitions.filter(({ family }) => family === app).length,
  };
}
