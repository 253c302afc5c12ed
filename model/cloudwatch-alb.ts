import type { Term } from './cloudwatch-term.js';

/** Where Application Load Balancers report (the page *CloudWatch metrics for your Application Load Balancer*). */
export const ALB_NAMESPACE = 'AWS/ApplicationELB';

/**
 * Counts that a load balancer reports only when they are not zero. One that never answered 5xx has no such metric at all, so whether
 * CloudWatch lists it says nothing about the name.
 */
const REPORTED_WHEN_NOT_ZERO = new RegExp(
  `^(${[
    'HTTPCode_ELB_([345]XX|50[0234])_Count',
    'HTTPCode_Target_[2345]XX_Count',
    '(TargetConnection|ClientTLSNegotiation|TargetTLSNegotiation)ErrorCount',
    'RejectedConnectionCount',
  ].join('|')})$`,
);
/** The load balancer's own answers: counted for the whole of it and never for a target group. */
const WHOLE_LOAD_BALANCER_ONLY = /^(HTTPCode_ELB_\w+_Count|RejectedConnectionCount|ClientTLSNegotiationErrorCount)$/;
/** Counted for a target group of a load balancer and never for the whole. */
const TARGET_GROUP_ONLY = /^(Un)?HealthyHostCount$/;

/** All of these are; a few others are reported for a target group alone. */
const NEEDS_LOAD_BALANCER = /^(RequestCount|TargetResponseTime|HTTPCode_\w+_Count|(Un)?HealthyHostCount)$/;

type Named = Pick<Term, 'namespace' | 'metric'>;

/** Whether a metric is known to exist by its name alone, although nothing may have been counted yet. */
export function isReportedWhenNotZero({ namespace, metric }: Named): boolean {
  return namespace === ALB_NAMESPACE && REPORTED_WHEN_NOT_ZERO.test(metric);
}

/**
 * Why a load balancer's metric can never have a point with these dimensions, and what to write; undefined when it can. CloudWatch
 * does not add up: a metric that is reported with two dimensions is not found by one of them.
 */
export function neverReported(term: Named & Pick<Term, 'dimensions'>): { message: string; fix: string } | undefined {
  const { namespace, metric, dimensions } = term;
  if (namespace !== ALB_NAMESPACE) return undefined;
  const has = (wanted: string): boolean => dimensions.some(({ name }) => name === wanted);
  if (has('TargetGroup') && WHOLE_LOAD_BALANCER_ONLY.test(metric)) {
    return {
      message: `${metric} is counted for the whole load balancer: with the dimension TargetGroup it never has a point`,
      fix: 'Write HTTPCode_Target_5XX_Count, which each target group has.',
    };
  }
  if (TARGET_GROUP_ONLY.test(metric) && !has('TargetGroup')) {
    return {
      message: `${metric} is counted for each target group: without the dimension TargetGroup it never has a point`,
      fix: 'Add TargetGroup=targetgroup/….',
    };
  }
  if (NEEDS_LOAD_BALANCER.test(metric) && !has('LoadBalancer')) {
    return {
      message: `${metric} is reported for a load balancer: without the dimension LoadBalancer it never has a point`,
      fix: 'Add LoadBalancer=app/….',
    };
  }
  return undefined;
}
