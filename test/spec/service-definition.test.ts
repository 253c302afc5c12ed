import { describe, expect, it } from 'vitest';
import { edited, errors, parse } from './support.js';

const SERVICE = 'servicedef.yaml';

describe('a service definition', () => {
  it('gives each field to the call that takes it', () => {
    const more = [
      'platformVersion: "1.4.0"',
      'placementStrategy: [{type: spread, field: "attribute:ecs.availability-zone"}]',
      'healthCheckGracePeriodSeconds: 30',
      'enableExecuteCommand: true',
      'serviceRegistries: [{registryArn: "arn:aws:servicediscovery:ap-northeast-1:123456789012:service/srv-1"}]',
      'tags: [{key: team, value: red}]',
      'launchType: FARGATE',
    ].join('\n');
    const { service } = parse(edited([SERVICE, 'launchType: FARGATE', more])).release!;
    const both = {
      placementStrategy: [{ type: 'spread', field: 'attribute:ecs.availability-zone' }],
      healthCheckGracePeriodSeconds: 30,
      enableECSManagedTags: true,
      propagateTags: 'SERVICE',
      enableExecuteCommand: true,
    };
    expect(service.updateService).toEqual(both);
    expect(service.createService).toEqual({
      ...both,
      deploymentController: { type: 'EXTERNAL' },
      schedulingStrategy: 'REPLICA',
    });
    expect(Object.keys(service.createTaskSet).sort()).toEqual([
      'launchType',
      'networkConfiguration',
      'platformVersion',
      'serviceRegistries',
    ]);
    expect(service.tags).toEqual([{ key: 'team', value: 'red' }]);
  });

  it('takes a capacity provider strategy for the task sets', () => {
    const parsed = parse(
      edited([
        SERVICE,
        'launchType: FARGATE',
        'capacityProviderStrategy: [{capacityProvider: FARGATE_SPOT, weight: 1}]',
      ]),
    );
    expect(parsed.release!.service.createTaskSet).toMatchObject({
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    });
    expect(parsed.release!.service.createTaskSet).not.toHaveProperty('launchType');
  });

  it.each([
    ['cluster: arn:aws:ecs:ap-northeast-1:123456789012:cluster/ecs-cluster', 'clusterArn: web', 'web'],
    ['cluster: arn:aws:ecs:ap-northeast-1:123456789012:cluster/ecs-cluster', 'cluster: web\nclusterArn: web', 'web'],
  ])('takes the cluster by either name', (from, to, cluster) => {
    expect(parse(edited([SERVICE, from, to])).release!.service.cluster).toBe(cluster);
  });

  it('refuses two clusters, and none', () => {
    expect(errors(parse(edited([SERVICE, 'serviceName', 'clusterArn: other\nserviceName'])))).toMatchObject([
      { field: 'clusterArn', line: 2 },
    ]);
    expect(errors(parse(edited([SERVICE, 'cluster:', '#'])))).toMatchObject([{ field: 'cluster' }]);
  });

  it('leaves the count alone where the file does', () => {
    expect(parse(edited([SERVICE, 'desiredCount: 2\n', ''])).release!.service).not.toHaveProperty('desiredCount');
  });
});
