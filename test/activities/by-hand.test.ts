import { describe, expect, it } from 'vitest';
import { rollbackCommands } from '../../model/by-hand.js';
import type { DeliveryHandle } from '../../model/delivery.js';
import { BLUE, GREEN, NEW, OLD, releaseOf } from './harness.js';

const RULE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/lb/1/2/3';
const handle: DeliveryHandle = {
  app: 'shop',
  deployment: 'shop-7',
  uid: 'u-7',
  release: releaseOf(NEW),
  taskDefinitionArn: 'td',
  snapshot: {
    takenAt: 0,
    accountId: '123456789012',
    region: 'eu-central-1',
    loadBalancerArn: 'lb',
    primary: {
      taskSetArn: 'old-set',
      id: 'ecs-svc/1',
      taskDefinitionArn: 'old-td',
      taskDefinition: releaseOf(OLD).taskDefinition,
      scale: 100,
      createTaskSet: {},
      tags: [],
    },
    rules: [
      {
        ruleArn: RULE,
        listenerArn: 'listener',
        isDefault: false,
        weights: { primary: 100, canary: 0 },
        actions: [
          { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: { ClientId: "it's" } },
          {
            Type: 'forward',
            Order: 2,
            TargetGroupArn: BLUE,
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: BLUE, Weight: 100 },
                { TargetGroupArn: GREEN, Weight: 0 },
              ],
            },
          },
        ],
      },
    ],
    rulesOnCanary: [],
    leftovers: [],
  },
};

describe('the commands of a rollback by hand', () => {
  const commands = rollbackCommands(handle);

  it('bring the old version back before the new one goes', () => {
    expect(commands.map((command) => command.split(' ').slice(1, 3).join(' '))).toEqual([
      'ecs update-task-set',
      'elbv2 modify-rule',
      'ecs update-service-primary-task-set',
      'ecs describe-task-sets',
      'ecs delete-task-set',
    ]);
  });

  it('write actions that AWS takes: the log-in kept, no lone group beside weighted ones, quotes that a shell survives', () => {
    const [, rule = ''] = commands;
    const json = rule.slice(rule.indexOf("'") + 1, -1).replaceAll(String.raw`'\''`, "'");
    const [logIn, forward] = JSON.parse(json) as [{ AuthenticateOidcConfig: object }, object];
    expect(logIn.AuthenticateOidcConfig).toEqual({ ClientId: "it's", UseExistingClientSecret: true });
    expect(forward).not.toHaveProperty('TargetGroupArn');
  });

  it('of a first deployment only take off what it made', () => {
    const { primary, ...snapshot } = handle.snapshot;
    expect(primary).toBeDefined();
    const first = rollbackCommands({ ...handle, snapshot });
    expect(first.join()).not.toMatch(/update-task-set|primary-task-set/);
    expect(first.join()).toContain("'\\''u-7'\\''");
  });
});
