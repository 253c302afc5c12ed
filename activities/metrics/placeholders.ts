import {
  LOAD_BALANCER_PLACEHOLDER,
  TASK_SET_PLACEHOLDER,
  type ThresholdMetric,
  type Variant,
  type VariantPlaces,
} from '../../model/metric.js';
import { SourceError } from './source.js';

/** `ecs-svc/0123456789` at the end of a task set's ARN: what its tasks carry as `startedBy`. */
function taskSetId(arn: string): string {
  return arn.split('/').slice(-2).join('/');
}

/**
 * A query with what is known only when the deployment runs put in.
 * @throws SourceError `refused` when it is not known
 */
export function fillPlaceholders(query: string, variant: Variant, places: VariantPlaces): string {
  const put = (text: string, placeholder: string, value: string | undefined, what: string): string => {
    if (!text.includes(placeholder)) return text;
    if (value === undefined) {
      throw new SourceError('refused', `The query names ${placeholder}, and the ${variant} has no ${what} now.`);
    }
    return text.replaceAll(placeholder, value);
  };
  const taskSet = places.taskSets?.[variant]?.taskSetArn;
  const filled = put(query, TASK_SET_PLACEHOLDER, taskSet && taskSetId(taskSet), 'task set');
  return put(filled, LOAD_BALANCER_PLACEHOLDER, places.loadBalancer, 'load balancer');
}

/** A metric with fixed bounds whose queries name the canary's places. @throws SourceError as `fillPlaceholders` */
export function withPlaces(metric: ThresholdMetric, places: VariantPlaces): ThresholdMetric {
  return {
    ...metric,
    query: fillPlaceholders(metric.query, 'canary', places),
    ...(metric.watermark !== undefined && { watermark: fillPlaceholders(metric.watermark, 'canary', places) }),
  };
}
