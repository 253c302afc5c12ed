import { expect, it } from 'vitest';
import { consoleLink } from '../../api/temporal/console-link.js';

const REGIONS = { prod: 'eu-west-1', china: 'cn-north-1' };
const place = (cluster: string, provider = 'prod') => ({ cluster, name: 'web', provider });

it.each([
  ['arn:aws:ecs:eu-central-1:123456789012:cluster/main', 'eu-central-1', 'main'],
  ['main', 'eu-west-1', 'main'],
])('a service in %s is found in the console', (cluster, region, name) => {
  expect(consoleLink(place(cluster), REGIONS)).toEqual({
    aws: `https://${region}.console.aws.amazon.com/ecs/v2/clusters/${name}/services/web?region=${region}`,
  });
});

it('nothing is linked where it cannot be known, or is not AWS', () => {
  expect(consoleLink(undefined, REGIONS)).toEqual({});
  expect(consoleLink(place('main', 'unknown'), REGIONS)).toEqual({});
  expect(consoleLink(place('main', 'china'), REGIONS)).toEqual({});
  expect(consoleLink(place('arn:aws-cn:ecs:cn-north-1:123456789012:cluster/main', 'china'), REGIONS)).toEqual({});
  expect(consoleLink(place('main'), undefined)).toEqual({});
});
