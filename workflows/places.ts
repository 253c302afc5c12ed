import type { DeliveryHandle } from '../model/delivery.js';
import {
  isCompared,
  LOAD_BALANCER_PLACEHOLDER,
  TASK_SET_PLACEHOLDER,
  type Metric,
  type VariantPlaces,
} from '../model/metric.js';
import { reading } from './proxies.js';

function queriesOf(metric: Metric): string[] {
  const texts = [metric.query, metric.watermark ?? ''];
  if (!isCompared(metric)) return texts;
  return [...texts, ...Object.values(metric.canary), ...Object.values(metric.reference?.queries ?? {})];
}

function anyNames(metrics: readonly Metric[], placeholder: string): boolean {
  return metrics.some((metric) => queriesOf(metric).some((query) => query.includes(placeholder)));
}

/**
 * What metrics ask for that is known only now: the task sets' names, and the load balancer's as metrics spell it. Looks at AWS only
 * where a metric needs it.
 */
export async function placesFor(
  handle: DeliveryHandle,
  metrics: readonly Metric[],
): Promise<VariantPlaces | undefined> {
  const tasks = metrics.some(({ source }) => source === 'TASKS') || anyNames(metrics, TASK_SET_PLACEHOLDER);
  const taskSets = tasks
    ? await reading.locate.executeWithOptions({ summary: 'find the task sets of each version' }, [{ handle }])
    : undefined;
  const [, loadBalancer] = handle.snapshot.loadBalancerArn?.split(':loadbalancer/') ?? [];
  const named = anyNames(metrics, LOAD_BALANCER_PLACEHOLDER) && loadBalancer !== undefined;
  if (!taskSets && !named) return undefined;
  return { ...(taskSets && { taskSets }), ...(named && { loadBalancer }) };
}
