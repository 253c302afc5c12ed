import type { ServicePlace } from '../../model/release.js';

const CLUSTER_ARN = /^arn:aws:ecs:([a-z0-9-]+):\d{12}:cluster\/(.+)$/;

/**
 * The service in the AWS console.
 * @param regions of the ECS providers, by name; left out where another cloud than AWS is delivered to
 * @returns nothing for the partitions of China and the government, whose consoles are elsewhere
 */
export function consoleLink(
  service: ServicePlace | undefined,
  regions: Readonly<Record<string, string>> | undefined,
): { aws?: string } {
  if (!service || !regions) return {};
  const { cluster, name, provider } = service;
  const [, ofArn, ofName] = CLUSTER_ARN.exec(cluster) ?? [];
  const region = ofArn ?? (cluster.startsWith('arn:') ? undefined : regions[provider]);
  if (region === undefined || /^(cn|us-gov)-/.test(region)) return {};
  const [place, what] = [ofName ?? cluster, name].map(encodeURIComponent);
  return {
    aws: `https://${region}.console.aws.amazon.com/ecs/v2/clusters/${place ?? ''}/services/${what ?? ''}?region=${region}`,
  };
}
